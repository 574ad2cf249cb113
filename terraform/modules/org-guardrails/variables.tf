variable "region" {
  description = "The one region that anything is done in."
  type        = string
  default     = "eusc-de-east-1"

  validation {
    condition     = startswith(var.region, "eusc-")
    error_message = "The platform runs in the AWS European Sovereign Cloud."
  }
}

variable "zones" {
  description = "Zones that anything may be placed in. Two were seen in the region in 2026."
  type        = list(string)
  default     = ["eusc-de-east-1a", "eusc-de-east-1b"]
}

variable "prefix" {
  description = "Begins the names of the roles, as in the stacks."
  type        = string
  default     = "parcelkeep"
}

variable "organization_id" {
  type = string

  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "An organisation's id, such as o-exampleorgid."
  }
}

variable "root_id" {
  description = "Root of the organisation, or the outer of two nested units."
  type        = string
}

variable "members_unit_id" {
  description = "The unit below it that every account but the management account is in. Five policies hang at one place at most, so that they are on two."
  type        = string
}

variable "accounts" {
  description = "Account ids, by what each account is for."
  type = object({
    security   = string
    network    = string
    processing = string
  })

  validation {
    condition     = alltrue([for id in values(var.accounts) : can(regex("^[0-9]{12}$", id))])
    error_message = "An account id has twelve digits."
  }
}

variable "key_origins" {
  description = "Origins that a key may be made with."
  type        = list(string)
  default     = ["AWS_KMS", "EXTERNAL_KEY_STORE"]
}

variable "forge" {
  description = "Who signs the identities of the runners that deploy, and of which branch: issuer without https://, and the whole sub."
  type        = object({ issuer = string, subject = string })
}
