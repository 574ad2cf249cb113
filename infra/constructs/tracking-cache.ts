import type { ISecurityGroup, ISubnet } from "aws-cdk-lib/aws-ec2";
import { CfnReplicationGroup, CfnSubnetGroup, CfnUser, CfnUserGroup } from "aws-cdk-lib/aws-elasticache";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";

export interface TrackingCacheProps {
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
}

/** What the front's cache asks (src/cloud/redis-cache.ts) and nothing else, of its own keys alone. */
export const cacheAccess = "on ~pk:* resetchannels -@all +mget +set +get +del +eval +evalsha";

/** Whom IAM lets in: the front's role (policies/roles/processes.ts). Id and name are the same, as IAM wants it (ElastiCache user guide, "Authenticating with IAM"). */
export const cacheUser = `${prefix}-front`;

/** Valkey with TLS and one user, whom IAM lets in without a password. Holds pseudonymous tracking states for seconds; losing all of it costs a little time. */
export class TrackingCache extends Construct {
  readonly group: CfnReplicationGroup;

  constructor(scope: EscStack, id: string, { subnets, securityGroup }: TrackingCacheProps) {
    super(scope, id);
    const user = new CfnUser(this, "User", {
      userId: cacheUser,
      userName: cacheUser,
      engine: "valkey",
      accessString: cacheAccess,
      authenticationMode: { Type: "iam" },
    });
    const users = new CfnUserGroup(this, "Users", { userGroupId: `${prefix}-cache`, engine: "valkey", userIds: [user.ref] });
    const group = new CfnSubnetGroup(this, "Subnets", {
      description: "Data subnets, one in each zone",
      subnetIds: subnets.map((subnet) => subnet.subnetId),
    });
    this.group = new CfnReplicationGroup(this, "Group", {
      replicationGroupId: prefix,
      replicationGroupDescription: "Pseudonymous tracking states",
      engine: "valkey",
      engineVersion: "8.2",
      cacheNodeType: "cache.r7g.large",
      numNodeGroups: 1,
      replicasPerNodeGroup: scope.config.zones.length - 1,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      cacheSubnetGroupName: group.ref,
      securityGroupIds: [securityGroup.securityGroupId],
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      atRestEncryptionEnabled: true,
      kmsKeyId: keyArn(scope, "database"),
      userGroupIds: [users.ref],
      autoMinorVersionUpgrade: true,
      // A cache has no history: a snapshot would be a copy of states that have since been erased.
      snapshotRetentionLimit: 0,
    });
  }
}
