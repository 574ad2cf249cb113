# The compliant definition exists once, as the published templates: this only puts one up.
resource "aws_cloudformation_stack" "stack" {
  name         = var.name
  region       = var.region
  template_url = var.template_url
  parameters   = var.parameters
  capabilities = ["CAPABILITY_NAMED_IAM"]
  iam_role_arn = var.deployer_role_arn
  on_failure   = "ROLLBACK"

  # What holds data is neither deleted nor made anew by an update.
  policy_body = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "Update:*", Principal = "*", Resource = "*" },
      {
        Effect    = "Deny"
        Action    = ["Update:Replace", "Update:Delete"]
        Principal = "*"
        Resource  = "*"
        Condition = { StringEquals = { ResourceType = ["AWS::KMS::Key", "AWS::S3::Bucket", "AWS::RDS::DBCluster", "AWS::SQS::Queue"] } }
      },
    ]
  })

  lifecycle {
    prevent_destroy = true
  }
}
