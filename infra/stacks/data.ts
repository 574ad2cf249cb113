import { CfnEventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { LockedBucket } from "../constructs/locked-bucket.ts";
import { ProgramSecrets } from "../constructs/program-secrets.ts";
import { TrackingCache } from "../constructs/tracking-cache.ts";
import { TrackingDatabase } from "../constructs/tracking-database.ts";
import { TrackingQueue } from "../constructs/tracking-queue.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { queueNames } from "../policies/context.ts";
import type { NetworkStack } from "./network.ts";

/** Where everything is kept: it outlives every version of the program. Nothing in it is replicated, shared or public, and all of it is under our keys. */
export class DataStack extends EscStack {
  readonly secrets: ProgramSecrets;
  readonly databaseHost: string;
  readonly databaseResourceId: string;
  readonly firstUserSecretArn: string;
  readonly cacheHost: string;

  constructor(scope: Construct, config: Config, network: NetworkStack) {
    super(scope, config, "processing", "data", "Segments, queues, database, cache and secrets");
    new LockedBucket(this, "Segments", { name: "raw", lockDays: config.retention.segmentDays });
    for (const name of queueNames) new TrackingQueue(this, name);
    new CfnEventBus(this, "Bus", { name: prefix, kmsKeyIdentifier: keyArn(this, "queue") });
    this.secrets = new ProgramSecrets(this, "Secrets");
    const { cluster, firstUserSecretArn } = new TrackingDatabase(this, "Database", {
      subnets: network.subnets("data"),
      securityGroup: network.securityGroup("database"),
      backupDays: 7,
    });
    const { group } = new TrackingCache(this, "Cache", {
      subnets: network.subnets("data"),
      securityGroup: network.securityGroup("cache"),
    });
    this.databaseHost = cluster.attrEndpointAddress;
    this.databaseResourceId = cluster.attrDbClusterResourceId;
    this.firstUserSecretArn = firstUserSecretArn;
    this.cacheHost = group.attrPrimaryEndPointAddress;
  }
}
