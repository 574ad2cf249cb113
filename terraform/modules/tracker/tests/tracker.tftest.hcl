mock_provider "aws" {}

variables {
  name              = "parcelkeep-production-data"
  template_url      = "https://templates.s3.eusc-de-east-1.amazonaws.eu/1.0.0/data.json"
  parameters        = { RawKeyArn = "arn:aws-eusc:kms:eusc-de-east-1:200000000002:key/44444444-4444-4444-8444-444444444444" }
  deployer_role_arn = "arn:aws-eusc:iam::600000000006:role/parcelkeep-deployer"
}

run "one_stack" {
  command = plan

  assert {
    condition     = strcontains(aws_cloudformation_stack.stack.policy_body, "AWS::KMS::Key")
    error_message = "Keys are not made anew by an update."
  }
}

run "a_template_from_elsewhere" {
  command = plan

  variables {
    template_url = "https://templates.s3.eu-central-1.amazonaws.com/1.0.0/data.json"
  }

  expect_failures = [var.template_url]
}

run "a_key_of_another_partition" {
  command = plan

  variables {
    parameters = { RawKeyArn = "arn:aws:kms:eusc-de-east-1:200000000002:key/44444444-4444-4444-8444-444444444444" }
  }

  expect_failures = [var.parameters]
}

run "a_key_of_another_region" {
  command = plan

  variables {
    parameters = { RawKeyArn = "arn:aws-eusc:kms:eu-central-1:200000000002:key/44444444-4444-4444-8444-444444444444" }
  }

  expect_failures = [var.parameters]
}
