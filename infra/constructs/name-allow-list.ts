import { CfnFirewallDomainList, CfnFirewallRuleGroup, CfnFirewallRuleGroupAssociation } from "aws-cdk-lib/aws-route53resolver";
import type { IVpc } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import { frontHost } from "../lib/addresses.ts";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";

export interface NameAllowListProps {
  readonly vpc: IVpc;
  /** Those that processes call outside. */
  readonly hosts: readonly string[];
}

/**
 * Names that are resolved in the network: those that are called, and AWS's own. The resolver is the one way to the outside that no firewall stands in:
 * a name that nobody should ask for can carry a value out of a network without any route.
 */
export class NameAllowList extends Construct {
  constructor(scope: EscStack, id: string, { vpc, hosts }: NameAllowListProps) {
    super(scope, id);
    const known = new CfnFirewallDomainList(this, "Known", {
      name: `${prefix}-known`,
      domains: [...hosts, frontHost(scope.config), `*.${scope.urlSuffix}`],
    });
    const everything = new CfnFirewallDomainList(this, "Everything", { name: `${prefix}-everything`, domains: ["*"] });
    const rules = new CfnFirewallRuleGroup(this, "Rules", {
      name: `${prefix}-names`,
      firewallRules: [
        { priority: 1, action: "ALLOW", firewallDomainListId: known.attrId },
        { priority: 2, action: "BLOCK", blockResponse: "NODATA", firewallDomainListId: everything.attrId },
      ],
    });
    new CfnFirewallRuleGroupAssociation(this, "Association", {
      name: `${prefix}-names`,
      firewallRuleGroupId: rules.attrId,
      vpcId: vpc.vpcId,
      // Rules of the organisation, if there are any, come first.
      priority: 1000,
      mutationProtection: "ENABLED",
    });
  }
}
