import { CfnNamedQuery, CfnWorkGroup } from "aws-cdk-lib/aws-athena";
import { CfnDatabase, CfnTable } from "aws-cdk-lib/aws-glue";
import { CfnDataLakeSettings, CfnPrincipalPermissions } from "aws-cdk-lib/aws-lakeformation";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { CfnStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { NamedRole } from "../constructs/named-role.ts";
import { PrivateLogGroup } from "../constructs/private-log-group.ts";
import { ShortLivedBucket } from "../constructs/short-lived-bucket.ts";
import { auditQueries, type AuditQuery } from "../lib/audit-queries.ts";
import { auditTables } from "../lib/audit-tables.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";
import { queryStates } from "../lib/query-states.ts";

const database = `${prefix}_audit`;
const workgroup = `${prefix}-audit`;

/** Who asks of the evidence what, in an account that cannot change it: by day a machine, at any time an auditor. */
export class AuditQueriesStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "analytics", "audit-queries", "Daily questions to the evidence, and the auditors' way to it");
    const auditor = new NamedRole(this, "auditor");
    const inspector = new NamedRole(this, "inspector");
    const answers = new ShortLivedBucket(this, "Answers", { name: "queries", days: 30 });
    this.lake([auditor.arn, inspector.arn]);
    const queries = auditQueries(config);
    this.workgroup(answers.name, queries);
    const machine = this.daily(inspector.arn, queries, new AlarmTopic(this, "Alarms").arn);
    new CfnSchedule(this, "Daily", {
      name: `${prefix}-audit`,
      description: "After the inventories of the day have come",
      scheduleExpression: "cron(0 6 * * ? *)",
      scheduleExpressionTimezone: "Europe/Berlin",
      flexibleTimeWindow: { mode: "OFF" },
      kmsKeyArn: keyArn(this, "logs"),
      target: { arn: machine, roleArn: inspector.arn, input: "{}" },
    });
  }

  /** The catalogue, with Lake Formation in the place of IAM's "everybody in the account may read": two roles see tables, and nobody by default. */
  private lake(readers: readonly string[]): void {
    const settings = new CfnDataLakeSettings(this, "LakeSettings", {
      admins: [{ dataLakePrincipalIdentifier: `arn:${this.partition}:iam::${this.account}:role/${prefix}-deployer` }],
      createDatabaseDefaultPermissions: [],
      createTableDefaultPermissions: [],
    });
    const catalogue = new CfnDatabase(this, "Catalogue", { catalogId: this.account, databaseInput: { name: database } });
    catalogue.addResourceDependency(settings);
    for (const { name, input } of auditTables(this)) {
      const table = new CfnTable(this, `Table-${name}`, { catalogId: this.account, databaseName: database, tableInput: input });
      table.addResourceDependency(catalogue);
      for (const [index, reader] of readers.entries())
        new CfnPrincipalPermissions(this, `Read-${name}-${index}`, {
          principal: { dataLakePrincipalIdentifier: reader },
          resource: { table: { catalogId: this.account, databaseName: database, name } },
          permissions: ["SELECT", "DESCRIBE"],
          permissionsWithGrantOption: [],
        }).addResourceDependency(table);
    }
  }

  private workgroup(answers: string, queries: readonly AuditQuery[]): void {
    const group = new CfnWorkGroup(this, "Workgroup", {
      name: workgroup,
      description: "Audit queries: whoever asks, answers go where this says",
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        // A slip in a query does not read the trail of years.
        bytesScannedCutoffPerQuery: 100_000_000_000,
        resultConfiguration: {
          outputLocation: `s3://${answers}/`,
          expectedBucketOwner: this.account,
          encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKey: keyArn(this, "audit") },
        },
      },
    });
    for (const { name, why, sql } of queries)
      new CfnNamedQuery(this, `Query-${name}`, {
        name,
        description: why,
        database,
        queryString: sql,
        workGroup: workgroup,
      }).addResourceDependency(group);
  }

  private daily(roleArn: string, queries: readonly AuditQuery[], topicArn: string): string {
    const logs = new PrivateLogGroup(this, "QueryLogs", { name: "audit-queries" });
    const machine = new CfnStateMachine(this, "Machine", {
      stateMachineName: `${prefix}-audit`,
      roleArn,
      definitionString: this.toJsonString(queryStates(this, queries, { database, workgroup, topicArn })),
      encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: keyArn(this, "logs"), kmsDataKeyReusePeriodSeconds: 300 },
      loggingConfiguration: {
        level: "ERROR",
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.group.logGroupArn } }],
      },
      tracingConfiguration: { enabled: false },
    });
    return machine.ref;
  }
}
