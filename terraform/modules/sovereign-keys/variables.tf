variable "region" {
  description = "Region of the keys. Another one than that of the sovereign cloud is refused."
  type        = string
  default     = "eusc-de-east-1"

  validation {
    condition     = startswith(var.region, "eusc-")
    error_message = "Keys live in the AWS European Sovereign Cloud."
  }
}

variable "prefix" {
  description = "Begins the names of the roles, as in the stacks."
  type        = string
  default     = "parcelkeep"
}

variable "accounts" {
  description = "Account ids, by what each account is for."
  type = object({
    security   = string
    processing = string
    analytics  = string
  })

  validation {
    condition     = alltrue([for id in values(var.accounts) : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has twelve digits."
  }
}

variable "kms_endpoints" {
  description = "Ids of the interface endpoints for KMS that the processes use. The vault's keys are used through them and from nowhere else."
  type        = list(string)

  validation {
    condition     = length(var.kms_endpoints) > 0 && alltrue([for id in var.kms_endpoints : startswith(id, "vpce-")])
    error_message = "At least one endpoint, by its id."
  }
}

variable "origin" {
  description = "Where the material of the wrapping and derivation keys is. CloudHSM is not offered in the region as of August 2026."
  type        = string
  default     = "AWS_KMS"

  validation {
    condition     = contains(["AWS_KMS", "EXTERNAL_KEY_STORE", "AWS_CLOUDHSM"], var.origin)
    error_message = "AWS_KMS, EXTERNAL_KEY_STORE or AWS_CLOUDHSM."
  }
}

variable "epochs" {
  description = "Epochs of the wrapping key, by number; in an external key store each with the id of its key there. One that is taken out must have been retired (docs/operations/keys-aws.md)."
  type        = map(object({ xks_key_id = optional(string) }))
  default     = { "1" = {} }

  validation {
    condition     = length(var.epochs) > 0 && alltrue([for epoch in keys(var.epochs) : can(regex("^[1-9][0-9]*$", epoch))])
    error_message = "At least one epoch, by its number."
  }
}

variable "derivation_xks_key_id" {
  description = "In an external key store: id of the key there that the derivation secret is wrapped under."
  type        = string
  default     = null
}

variable "external_store" {
  description = "The proxy of an external key store, reached through an endpoint service in the VPC."
  type = object({
    endpoint_service  = string
    uri_endpoint      = string
    uri_path          = string
    access_key_id     = string
    secret_access_key = string
  })
  default   = null
  sensitive = true
}

variable "hsm_store" {
  description = "A CloudHSM cluster, initialised by hand."
  type = object({
    cluster_id   = string
    password     = string
    trust_anchor = string
  })
  default   = null
  sensitive = true
}

variable "signing_key_spec" {
  description = "Of the key that signs checkpoints and proofs."
  type        = string
  default     = "ECC_NIST_EDWARDS25519"

  validation {
    condition     = contains(["ECC_NIST_EDWARDS25519", "ECC_NIST_P256"], var.signing_key_spec)
    error_message = "ECC_NIST_EDWARDS25519 or ECC_NIST_P256."
  }
}

variable "rotating" {
  description = "True while `keys rotate` runs, and no longer: the rekeyer may open and wrap again."
  type        = bool
  default     = false
}

variable "storage" {
  description = "Makes the keys of buckets, queues, database, logs and secrets too, in the place of the stack `storage-keys`: the organisation, the accounts that are not among `accounts`, and the names of the buckets. Left out, no such key is made."
  type = object({
    organization_id = string
    accounts = object({
      log_archive = string
      network     = string
      ingest      = string
    })
    buckets = object({
      raw      = string
      audit    = string
      anchor   = string
      trail    = string
      evidence = string
      access   = string
      queries  = string
    })
  })
  default = null

  validation {
    condition     = var.storage == null ? true : alltrue([for id in values(var.storage.accounts) : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has twelve digits."
  }

  validation {
    condition     = var.storage == null ? true : can(regex("^o-[a-z0-9]{10,32}$", var.storage.organization_id))
    error_message = "An organisation's id begins with o-."
  }
}
