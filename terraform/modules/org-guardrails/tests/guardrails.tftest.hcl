mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-eusc" }
  }
}

variables {
  organization_id = "o-parcelkeep1"
  root_id         = "r-ab12"
  members_unit_id = "ou-ab12-34567890"
  accounts        = { security = "200000000002", network = "400000000004", processing = "600000000006" }
  forge           = { issuer = "forge.parcelkeep.example/oidc", subject = "repo:parcelkeep/parcelkeep:ref:refs/heads/main" }
}

run "guards" {
  command = plan

  assert {
    condition     = alltrue([for place in ["r-ab12", "ou-ab12-34567890"] : length([for each in aws_organizations_policy_attachment.guard : each if each.target_id == place]) <= 4])
    error_message = "Four beside FullAWSAccess is the most that one place takes."
  }

  assert {
    condition     = alltrue([for each in aws_organizations_policy.guard : length(each.content) <= 5120]) && length(aws_organizations_policy.perimeter.content) <= 5120
    error_message = "A policy is too long."
  }

  assert {
    condition     = strcontains(aws_organizations_policy.guard["region"].content, "eusc-de-east-1") && strcontains(aws_organizations_policy.guard["keys"].content, "arn:aws-eusc:iam::200000000002:role/parcelkeep-break-glass")
    error_message = "Places and roles are filled in."
  }

  assert {
    condition     = alltrue([for each in aws_organizations_policy.guard : !strcontains(each.content, "arn:aws:")])
    error_message = "An ARN is of the commercial partition."
  }
}

run "a_region_outside" {
  command = plan

  variables {
    region = "eu-central-1"
  }

  expect_failures = [var.region]
}
