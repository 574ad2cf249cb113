import { CfnFirewallPolicy, CfnRuleGroup } from "aws-cdk-lib/aws-networkfirewall";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";

/** Who may call what: hosts by name, for callers of some ranges alone. */
export interface AllowedHosts {
  readonly name: string;
  readonly from: readonly string[];
  readonly hosts: readonly string[];
}

/**
 * TLS to named hosts, by the name in the handshake; everything else is dropped and told. TLS is not opened here: the program's
 * egress guard looks into what goes out, before it is encrypted, and a firewall that could read it would be one more place with personal data.
 */
export class HostAllowList extends Construct {
  readonly policyArn: string;

  constructor(scope: EscStack, id: string, lists: readonly AllowedHosts[]) {
    super(scope, id);
    const groups = lists.map(
      ({ name, from, hosts }) =>
        new CfnRuleGroup(this, name, {
          ruleGroupName: `${prefix}-${name}`,
          type: "STATEFUL",
          capacity: 1000,
          ruleGroup: {
            // Who calls. The firewall's own network is another one: without this, it would look at nothing that comes across the transit gateway.
            ruleVariables: { ipSets: { HOME_NET: { definition: [...from] } } },
            rulesSource: {
              rulesSourceList: { generatedRulesType: "ALLOWLIST", targetTypes: ["TLS_SNI"], targets: [...hosts] },
            },
            statefulRuleOptions: { ruleOrder: "STRICT_ORDER" },
          },
        }),
    );
    const policy = new CfnFirewallPolicy(this, "Policy", {
      firewallPolicyName: `${prefix}-egress`,
      firewallPolicy: {
        statelessDefaultActions: ["aws:forward_to_sfe"],
        statelessFragmentDefaultActions: ["aws:drop"],
        statefulEngineOptions: { ruleOrder: "STRICT_ORDER", streamExceptionPolicy: "DROP" },
        statefulDefaultActions: ["aws:drop_established", "aws:alert_established"],
        statefulRuleGroupReferences: groups.map(({ attrRuleGroupArn }, index) => ({ resourceArn: attrRuleGroupArn, priority: index + 1 })),
      },
    });
    this.policyArn = policy.attrFirewallPolicyArn;
  }
}
