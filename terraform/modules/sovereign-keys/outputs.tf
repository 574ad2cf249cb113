output "settings" {
  description = "What the processes are told, by the names of their settings."
  value = {
    PARCELKEEP_KEYS                = "aws-kms"
    PARCELKEEP_KMS_KEYS            = join(",", [for epoch in sort(keys(var.epochs)) : "${epoch}=${aws_kms_key.wrapping[epoch].arn}"])
    PARCELKEEP_KMS_DERIVATION_KEYS = "1=${aws_kms_key.derivation.arn}"
    PARCELKEEP_KMS_SIGNING_KEY     = aws_kms_key.signing.arn
  }
}

output "key_arns" {
  description = "For the parameters of the stacks."
  value = {
    wrapping   = { for epoch, key in aws_kms_key.wrapping : epoch => key.arn }
    derivation = aws_kms_key.derivation.arn
    signing    = aws_kms_key.signing.arn
  }
}

output "storage_key_arns" {
  description = "For the parameters of the stacks, by the name of each: `raw` is `RawKeyArn`. Empty without `storage`."
  value       = { for name, key in aws_kms_key.storage : name => key.arn }
}
