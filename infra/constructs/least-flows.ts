import { Peer, Port, SecurityGroup, type ISecurityGroup, type IVpc } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { type Flow, type Member, type Outside, outsides } from "../lib/flows.ts";

/** One security group for each member of a network, with exactly the rules of the table. Groups name groups, so an address that changes hands opens nothing. */
export class LeastFlows extends Construct {
  private readonly groups: ReadonlyMap<Member, SecurityGroup>;

  constructor(scope: EscStack, id: string, vpc: IVpc, flows: readonly Flow[]) {
    super(scope, id);
    const members = new Set(flows.flatMap(({ from, to }) => (isOutside(to) ? [from] : [from, to])));
    this.groups = new Map(
      [...members].map((member) => [
        member,
        new SecurityGroup(this, member, { vpc, description: `parcelkeep ${member}`, allowAllOutbound: false }),
      ]),
    );
    const objectStore = Peer.prefixList(scope.config.network.objectStorePrefixList);
    for (const { from, to, port, why } of flows) {
      const group = this.of(from);
      if (to === "object-store") group.addEgressRule(objectStore, Port.tcp(port), why);
      // The firewall knows the hosts; a range says nothing about somebody who moves between addresses.
      else if (isOutside(to)) group.addEgressRule(Peer.anyIpv4(), Port.tcp(port), why);
      else {
        group.addEgressRule(this.of(to), Port.tcp(port), why);
        this.of(to).addIngressRule(group, Port.tcp(port), why);
      }
    }
  }

  of(member: Member): ISecurityGroup & { addEgressRule: SecurityGroup["addEgressRule"] } {
    const group = this.groups.get(member);
    if (group === undefined) throw new TypeError(`${member} takes part in no flow of this network`);
    return group;
  }
}

function isOutside(to: Flow["to"]): to is Outside {
  return (outsides as readonly string[]).includes(to);
}
