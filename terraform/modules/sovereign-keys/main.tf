data "aws_partition" "here" {}

locals {
  in_store = var.origin != "AWS_KMS"
  context = {
    partition     = data.aws_partition.here.partition
    region        = var.region
    prefix        = var.prefix
    accounts      = var.accounts
    kms_endpoints = var.kms_endpoints
  }
  policies = {
    wrapping   = templatefile("${path.module}/policies/${var.rotating ? "wrapping-rotating" : "wrapping"}.json.tftpl", local.context)
    derivation = templatefile("${path.module}/policies/${local.in_store ? "derivation-secret" : "derivation-hmac"}.json.tftpl", local.context)
    signing    = templatefile("${path.module}/policies/signing.json.tftpl", local.context)
  }
  # Keys of the stacks' storage (infra/stacks/storage-keys.ts): what services of AWS encrypt with what they keep for us.
  storage_policies = var.storage == null ? {} : {
    for name in ["raw", "audit", "queue", "database", "logs", "secrets"] : name => templatefile(
      "${path.module}/policies/storage-${name}.json.tftpl",
      merge(local.context, {
        organization_id = var.storage.organization_id
        accounts        = merge(var.accounts, var.storage.accounts)
        buckets         = var.storage.buckets
      })
    )
  }
  # KMS waits this long at most before a key is gone; the organisation's policies refuse less.
  deletion_window_days = 30
}

resource "aws_kms_custom_key_store" "store" {
  count = local.in_store ? 1 : 0

  region                = var.region
  custom_key_store_name = var.prefix
  custom_key_store_type = var.origin

  cloud_hsm_cluster_id     = var.origin == "AWS_CLOUDHSM" ? var.hsm_store.cluster_id : null
  key_store_password       = var.origin == "AWS_CLOUDHSM" ? var.hsm_store.password : null
  trust_anchor_certificate = var.origin == "AWS_CLOUDHSM" ? var.hsm_store.trust_anchor : null

  xks_proxy_connectivity              = var.origin == "EXTERNAL_KEY_STORE" ? "VPC_ENDPOINT_SERVICE" : null
  xks_proxy_vpc_endpoint_service_name = var.origin == "EXTERNAL_KEY_STORE" ? var.external_store.endpoint_service : null
  xks_proxy_uri_endpoint              = var.origin == "EXTERNAL_KEY_STORE" ? var.external_store.uri_endpoint : null
  xks_proxy_uri_path                  = var.origin == "EXTERNAL_KEY_STORE" ? var.external_store.uri_path : null

  dynamic "xks_proxy_authentication_credential" {
    for_each = var.origin == "EXTERNAL_KEY_STORE" ? [1] : []
    content {
      access_key_id         = var.external_store.access_key_id
      raw_secret_access_key = var.external_store.secret_access_key
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Neither replicated nor rotated by KMS: epochs rotate, and KMS's own rotation would leave old wraps open for good.
resource "aws_kms_key" "wrapping" {
  for_each = var.epochs

  region                  = var.region
  description             = "Epoch ${each.key}: wraps the data keys of persons and records"
  policy                  = local.policies.wrapping
  custom_key_store_id     = local.in_store ? aws_kms_custom_key_store.store[0].id : null
  xks_key_id              = each.value.xks_key_id
  multi_region            = false
  enable_key_rotation     = false
  deletion_window_in_days = local.deletion_window_days

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = (var.origin == "EXTERNAL_KEY_STORE") == (each.value.xks_key_id != null)
      error_message = "A key in an external key store, and no other, names its key there."
    }
  }
}

# A custom key store makes no HMAC: there the key wraps a secret that index keys come from.
resource "aws_kms_key" "derivation" {
  region                   = var.region
  description              = "Derives the keys of the blind index"
  policy                   = local.policies.derivation
  key_usage                = local.in_store ? "ENCRYPT_DECRYPT" : "GENERATE_VERIFY_MAC"
  customer_master_key_spec = local.in_store ? "SYMMETRIC_DEFAULT" : "HMAC_256"
  custom_key_store_id      = local.in_store ? aws_kms_custom_key_store.store[0].id : null
  xks_key_id               = var.derivation_xks_key_id
  multi_region             = false
  deletion_window_in_days  = local.deletion_window_days

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = (var.origin == "EXTERNAL_KEY_STORE") == (var.derivation_xks_key_id != null)
      error_message = "A key in an external key store, and no other, names its key there."
    }
  }
}

# What it signs is public, and a custom key store holds no such key.
resource "aws_kms_key" "signing" {
  region                   = var.region
  description              = "Signs checkpoints of the audit log and proofs of erasure"
  policy                   = local.policies.signing
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = var.signing_key_spec
  multi_region             = false
  deletion_window_in_days  = local.deletion_window_days

  lifecycle {
    prevent_destroy = true
  }
}

# They see ciphertext of the vault at most, so their material may be AWS's, and KMS rotates it.
resource "aws_kms_key" "storage" {
  for_each = local.storage_policies

  region                  = var.region
  description             = "What is kept in ${each.key}"
  policy                  = each.value
  multi_region            = false
  enable_key_rotation     = true
  deletion_window_in_days = local.deletion_window_days

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "storage" {
  for_each = local.storage_policies

  region        = var.region
  name          = "alias/${var.prefix}-${each.key}"
  target_key_id = aws_kms_key.storage[each.key].key_id
}

# For people: the program takes ARNs only, since somebody could point an alias at another key.
resource "aws_kms_alias" "wrapping" {
  for_each = var.epochs

  region        = var.region
  name          = "alias/${var.prefix}-wrapping-${each.key}"
  target_key_id = aws_kms_key.wrapping[each.key].key_id
}
