terraform {
  # Mocked providers in tests came with 1.7. The S3 backend knows the region of the sovereign cloud from a later version on: see ../../README.md.
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0"
    }
  }
}
