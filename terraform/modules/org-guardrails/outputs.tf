output "policy_ids" {
  description = "Ids of the policies, by name."
  value       = merge({ for name, policy in aws_organizations_policy.guard : name => policy.id }, { perimeter = aws_organizations_policy.perimeter.id })
}
