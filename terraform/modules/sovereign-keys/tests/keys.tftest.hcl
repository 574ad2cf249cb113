mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-eusc" }
  }
}

variables {
  accounts      = { security = "200000000002", processing = "600000000006", analytics = "700000000007" }
  kms_endpoints = ["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"]
}

run "keys_in_kms" {
  command = plan

  assert {
    condition     = length(aws_kms_custom_key_store.store) == 0 && aws_kms_key.derivation.key_usage == "GENERATE_VERIFY_MAC"
    error_message = "Without a store, index keys come from an HMAC key."
  }

  assert {
    condition     = !aws_kms_key.wrapping["1"].multi_region && aws_kms_key.wrapping["1"].deletion_window_in_days == 30
    error_message = "No replica, and no quick end."
  }

  assert {
    condition     = strcontains(aws_kms_key.wrapping["1"].policy, "arn:aws-eusc:iam::600000000006:role/parcelkeep-opener")
    error_message = "The opener's role opens."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_kms_key.wrapping["1"].policy).Statement :
      try(tolist(statement.Condition.StringNotEquals["aws:SourceVpce"]) == tolist(var.kms_endpoints), false)
    ])
    error_message = "The key is used through our endpoints."
  }

  assert {
    condition     = strcontains(aws_kms_key.wrapping["1"].policy, "$${aws:PrincipalTag/tenant}")
    error_message = "IAM's own variables stay as they are."
  }

  assert {
    condition     = !strcontains(aws_kms_key.wrapping["1"].policy, "Rewrap")
    error_message = "The rekeyer opens during a rotation only."
  }
}

run "no_storage_keys_unless_asked_for" {
  command = plan

  assert {
    condition     = length(aws_kms_key.storage) == 0
    error_message = "The stack storage-keys makes them."
  }
}

run "storage_keys" {
  command = plan

  variables {
    storage = {
      organization_id = "o-parcelkeep1"
      accounts        = { log_archive = "300000000003", network = "400000000004", ingest = "500000000005" }
      buckets = {
        raw = "pk-raw", audit = "pk-audit", anchor = "pk-anchor", trail = "pk-trail", evidence = "pk-evidence", access = "pk-access", queries = "pk-queries"
      }
    }
  }

  assert {
    condition     = toset(keys(aws_kms_key.storage)) == toset(["raw", "audit", "queue", "database", "logs", "secrets"])
    error_message = "A key for each kind of storage."
  }

  assert {
    condition     = alltrue([for key in aws_kms_key.storage : key.enable_key_rotation && !key.multi_region && key.deletion_window_in_days == 30])
    error_message = "Rotated by KMS, no replica, and no quick end."
  }

  assert {
    condition     = strcontains(aws_kms_key.storage["audit"].policy, "arn:aws-eusc:s3:::pk-anchor") && strcontains(aws_kms_key.storage["audit"].policy, "arn:aws-eusc:iam::400000000004:role/parcelkeep-recorder")
    error_message = "Buckets and accounts are named as they were given."
  }

  assert {
    condition     = aws_kms_alias.storage["queue"].name == "alias/parcelkeep-queue"
    error_message = "Names are those of the stack."
  }
}

run "while_keys_are_rotated" {
  command = plan

  variables {
    rotating = true
    epochs   = { "1" = {}, "2" = {} }
  }

  assert {
    condition     = length(aws_kms_key.wrapping) == 2 && strcontains(aws_kms_key.wrapping["2"].policy, "Rewrap")
    error_message = "The rekeyer is named in every epoch's key."
  }
}

run "keys_in_an_external_store" {
  command = plan

  variables {
    origin                = "EXTERNAL_KEY_STORE"
    epochs                = { "1" = { xks_key_id = "kek-1" } }
    derivation_xks_key_id = "derive-1"
    external_store = {
      endpoint_service  = "eu.amazonaws.vpce.eusc-de-east-1.vpce-svc-0123456789abcdef0"
      uri_endpoint      = "https://hsm.parcelkeep.example"
      uri_path          = "/kms/xks/v1"
      access_key_id     = "ABCDEFGHIJKLMNOPQRST"
      secret_access_key = "not-a-secret-but-long-enough-for-the-test-xx"
    }
  }

  assert {
    condition     = aws_kms_custom_key_store.store[0].xks_proxy_connectivity == "VPC_ENDPOINT_SERVICE" && aws_kms_key.derivation.key_usage == "ENCRYPT_DECRYPT"
    error_message = "The store is reached privately, and index keys come from a secret."
  }

  assert {
    condition     = strcontains(aws_kms_key.derivation.policy, "derivation-root")
    error_message = "The derivation key opens that secret alone."
  }
}

run "a_key_outside_the_sovereign_cloud" {
  command = plan

  variables {
    region = "eu-central-1"
  }

  expect_failures = [var.region]
}

run "an_external_key_without_its_id" {
  command = plan

  variables {
    epochs = { "1" = { xks_key_id = "kek-1" } }
  }

  expect_failures = [aws_kms_key.wrapping]
}

run "no_endpoint" {
  command = plan

  variables {
    kms_endpoints = []
  }

  expect_failures = [var.kms_endpoints]
}

run "storage_of_no_organisation" {
  command = plan

  variables {
    storage = {
      organization_id = "parcelkeep"
      accounts        = { log_archive = "300000000003", network = "400000000004", ingest = "500000000005" }
      buckets = {
        raw = "pk-raw", audit = "pk-audit", anchor = "pk-anchor", trail = "pk-trail", evidence = "pk-evidence", access = "pk-access", queries = "pk-queries"
      }
    }
  }

  expect_failures = [var.storage]
}
