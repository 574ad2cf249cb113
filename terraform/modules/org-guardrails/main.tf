data "aws_partition" "here" {}

locals {
  context = {
    partition       = data.aws_partition.here.partition
    region          = var.region
    zones           = var.zones
    prefix          = var.prefix
    organization_id = var.organization_id
    accounts        = var.accounts
    key_origins     = var.key_origins
    forge           = var.forge
  }
  places      = { root = var.root_id, members = var.members_unit_id }
  attachments = jsondecode(file("${path.module}/policies/attachments.json"))
  guards      = merge([for place, names in local.attachments : { for name in names : name => local.places[place] }]...)
}

resource "aws_organizations_policy" "guard" {
  for_each = local.guards

  name        = "${var.prefix}-${each.key}"
  description = "infra/policies: ${each.key}"
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode(jsondecode(templatefile("${path.module}/policies/scp-${each.key}.json.tftpl", local.context)))

  # Who takes this module away has not taken the guards away.
  skip_destroy = true

  lifecycle {
    postcondition {
      condition     = length(self.content) <= 5120
      error_message = "A service control policy has 5,120 characters at most."
    }
  }
}

resource "aws_organizations_policy_attachment" "guard" {
  for_each = local.guards

  policy_id    = aws_organizations_policy.guard[each.key].id
  target_id    = each.value
  skip_destroy = true
}

resource "aws_organizations_policy" "perimeter" {
  name         = "${var.prefix}-perimeter"
  description  = "infra/policies: perimeter"
  type         = "RESOURCE_CONTROL_POLICY"
  content      = jsonencode(jsondecode(templatefile("${path.module}/policies/rcp-perimeter.json.tftpl", local.context)))
  skip_destroy = true
}

resource "aws_organizations_policy_attachment" "perimeter" {
  policy_id    = aws_organizations_policy.perimeter.id
  target_id    = var.root_id
  skip_destroy = true
}
