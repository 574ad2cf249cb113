import { CfnHostedZone, CfnRecordSet } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { FrontDoor } from "../constructs/front-door.ts";
import { ProgramTask } from "../constructs/program-task.ts";
import { RoleService } from "../constructs/role-service.ts";
import { frontAddresses, frontHost } from "../lib/addresses.ts";
import { EscStack } from "../lib/esc-stack.ts";
import type { Surroundings } from "../lib/program-environment.ts";
import { serviceRoles } from "../lib/service-roles.ts";
import type { NetworkStack } from "./network.ts";
import type { PreparationStack } from "./preparation.ts";

/** The program: a service for each role that always runs, a task for each that runs once. The stack that changes with every release; it comes after the tasks of the preparation stack have run. */
export class ServiceStack extends EscStack {
  readonly clusterName: string;
  readonly door: FrontDoor;

  constructor(scope: Construct, config: Config, network: NetworkStack, { cluster, surroundings }: PreparationStack) {
    super(scope, config, "processing", "service", "The program's processes");
    this.clusterName = cluster.ref;
    this.door = new FrontDoor(this, "Door", {
      vpc: network.vpc,
      subnets: network.subnets("entry"),
      securityGroup: network.securityGroup("entry"),
    });
    this.nameTheFront(network);
    for (const role of serviceRoles) {
      const { service } = new RoleService(this, role.name, {
        role,
        cluster,
        subnets: network.subnets(role.subnets),
        securityGroup: network.securityGroup(role.name),
        surroundings,
        ...(role.name === "front" ? { targetGroupArn: this.door.targetGroupArn } : {}),
      });
      if (role.name === "front") service.addResourceDependency(this.door.listener);
    }
    this.runOnce(surroundings);
  }

  /** The name in the front's certificate, for processes of this network: the outbound process hands answers in there. */
  private nameTheFront(network: NetworkStack): void {
    const name = frontHost(this.config);
    const zone = new CfnHostedZone(this, "FrontZone", { name, vpcs: [{ vpcId: network.vpc.vpcId, vpcRegion: this.config.region }] });
    new CfnRecordSet(this, "FrontRecord", {
      hostedZoneId: zone.attrId,
      name,
      type: "A",
      ttl: "60",
      resourceRecords: [...frontAddresses(this.config)],
    });
  }

  private runOnce(surroundings: Surroundings): void {
    const small = { cpu: 512, memoryMiB: 1024, drainSeconds: 30, surroundings };
    // Started by the workflow, for one grant, whose id and tenant it adds to the command. Told to end, the opener finishes what it has begun, in a minute at the most.
    new ProgramTask(this, "OpenerTask", { ...small, process: "opener", command: ["open"], drainSeconds: 90 });
    // By a person, while the wrapping key's policy names it (docs/operations/key-rotation.md).
    new ProgramTask(this, "RekeyerTask", { ...small, process: "rekeyer", command: ["keys", "rotate", "epoch"], drainSeconds: 120 });
  }
}
