output "outputs" {
  description = "Outputs of the stack, for the parameters of the next."
  value       = aws_cloudformation_stack.stack.outputs
}
