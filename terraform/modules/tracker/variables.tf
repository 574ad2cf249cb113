variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "region" {
  type    = string
  default = "eusc-de-east-1"

  validation {
    condition     = startswith(var.region, "eusc-")
    error_message = "The platform runs in the AWS European Sovereign Cloud."
  }
}

variable "template_url" {
  description = "The published template, in a bucket of yours in the region."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9-]+\\.s3\\.eusc-[a-z0-9-]+\\.amazonaws\\.eu/", var.template_url))
    error_message = "A template is read from a bucket of the sovereign cloud."
  }
}

variable "parameters" {
  description = "The template's parameters; keys by their ARNs (module sovereign-keys, key_arns)."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for value in values(var.parameters) : !startswith(value, "arn:") || can(regex("^arn:aws-eusc:[a-z0-9-]+:(eusc-[a-z0-9-]+)?:", value))])
    error_message = "An ARN is of another partition or region."
  }
}

variable "deployer_role_arn" {
  description = "The role that CloudFormation works under."
  type        = string
}
