import { RemovalPolicy } from "aws-cdk-lib";
import type { ISecurityGroup, ISubnet } from "aws-cdk-lib/aws-ec2";
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBSubnetGroup } from "aws-cdk-lib/aws-rds";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";

export interface TrackingDatabaseProps {
  readonly subnets: readonly ISubnet[];
  readonly securityGroup: ISecurityGroup;
  /** Seven days and no more than the shortest epoch: a backup that outlives a key's destruction is one that erasure has to wait for (docs/erasure.md). */
  readonly backupDays: number;
}

const engineVersion = "18.4";

/** Makes the others (`parcelkeep db roles`) and is nobody's afterwards. */
export const firstUser = "parcelkeep_root";

/** Aurora PostgreSQL, one instance in each zone. Processes log in by IAM, as their own database role; TLS is demanded by the server. */
export class TrackingDatabase extends Construct {
  readonly cluster: CfnDBCluster;
  /** Where the first user's password lies: `username` and `password`, as JSON. */
  readonly firstUserSecretArn: string;

  constructor(scope: EscStack, id: string, { subnets, securityGroup, backupDays }: TrackingDatabaseProps) {
    super(scope, id);
    const parameters = new CfnDBClusterParameterGroup(this, "Parameters", {
      family: "aurora-postgresql18",
      description: "Parcelkeep",
      parameters: {
        "rds.force_ssl": "1",
        ssl_min_protocol_version: "TLSv1.3",
        // Statements of ours hold tokens and ciphertext; texts of errors may quote a row, so they stay out of the log.
        log_error_verbosity: "terse",
        log_min_error_statement: "panic",
        log_connections: "1",
        log_disconnections: "1",
      },
    });
    const group = new CfnDBSubnetGroup(this, "Subnets", {
      dbSubnetGroupDescription: "Data subnets, one in each zone",
      subnetIds: subnets.map((subnet) => subnet.subnetId),
    });
    this.cluster = new CfnDBCluster(this, "Cluster", {
      dbClusterIdentifier: prefix,
      databaseName: prefix,
      engine: "aurora-postgresql",
      engineVersion,
      dbClusterParameterGroupName: parameters.ref,
      dbSubnetGroupName: group.ref,
      vpcSecurityGroupIds: [securityGroup.securityGroupId],
      storageEncrypted: true,
      kmsKeyId: keyArn(scope, "database"),
      enableIamDatabaseAuthentication: true,
      masterUsername: firstUser,
      // Nobody types it: RDS makes it and turns it over, one task is handed it (stacks/preparation.ts), and everybody else logs in by IAM.
      manageMasterUserPassword: true,
      masterUserSecret: { kmsKeyId: keyArn(scope, "secrets") },
      serverlessV2ScalingConfiguration: { minCapacity: 1, maxCapacity: 64 },
      backupRetentionPeriod: backupDays,
      copyTagsToSnapshot: true,
      deletionProtection: true,
      enableCloudwatchLogsExports: ["postgresql"],
    });
    this.cluster.applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
    this.firstUserSecretArn = this.cluster.attrMasterUserSecretSecretArn;
    for (const zone of scope.availabilityZones) {
      const instance = new CfnDBInstance(this, zone.slice(-1), {
        dbClusterIdentifier: this.cluster.ref,
        engine: "aurora-postgresql",
        dbInstanceClass: "db.serverless",
        availabilityZone: zone,
        publiclyAccessible: false,
        autoMinorVersionUpgrade: true,
        enablePerformanceInsights: true,
        performanceInsightsKmsKeyId: keyArn(scope, "database"),
      });
      instance.applyRemovalPolicy(RemovalPolicy.RETAIN);
    }
  }
}
