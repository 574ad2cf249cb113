import { Fn } from "aws-cdk-lib";
import { CfnCluster } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { ProgramTask } from "../constructs/program-task.ts";
import { frontHost } from "../lib/addresses.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";
import type { Surroundings } from "../lib/program-environment.ts";
import type { DataStack } from "./data.ts";
import type { NetworkStack } from "./network.ts";

/**
 * What runs before a release's services: the cluster, and two tasks for the database, which somebody starts and waits for (docs/operations/aws.md, "Tasks of the database"). A stack apart from `service`,
 * since its services do not become healthy before the database is ready, and a release's migrations are those of its own image.
 */
export class PreparationStack extends EscStack {
  readonly cluster: CfnCluster;
  readonly surroundings: Surroundings;

  constructor(scope: Construct, config: Config, network: NetworkStack, data: DataStack) {
    super(scope, config, "processing", "preparation", "The cluster, and the tasks that make the database ready for a release");
    this.cluster = new CfnCluster(this, "Cluster", {
      clusterName: prefix,
      clusterSettings: [{ name: "containerInsights", value: "enabled" }],
      // A shell in a container would be a way around everything else; the organisation refuses it too.
      configuration: { executeCommandConfiguration: { logging: "DEFAULT" } },
    });
    this.surroundings = {
      databaseHost: data.databaseHost,
      cacheHost: data.cacheHost,
      frontHost: frontHost(config),
      secretArn: (name) => data.secrets.arnOf(name),
      firstUserSecretArn: data.firstUserSecretArn,
    };
    const small = { cpu: 512, memoryMiB: 1024, drainSeconds: 30, surroundings: this.surroundings };
    const roleMaker = new ProgramTask(this, "RoleMaker", { ...small, process: "role-maker", command: ["db", "roles"] });
    const migrator = new ProgramTask(this, "Migrator", { ...small, process: "migrator", command: ["migrate"] });
    // What `aws ecs run-task` has to be told.
    this.gives("RoleMakerTask", roleMaker.definition.ref);
    this.gives("RoleMakerGroup", network.securityGroup("role-maker").securityGroupId);
    this.gives("MigratorTask", migrator.definition.ref);
    this.gives("MigratorGroup", network.securityGroup("migrator").securityGroupId);
    this.gives(
      "TaskSubnets",
      Fn.join(
        ",",
        network.subnets("service").map(({ subnetId }) => subnetId),
      ),
    );
  }
}
