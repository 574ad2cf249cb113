import type { CfnTable } from "aws-cdk-lib/aws-glue";
import type { EscStack } from "./esc-stack.ts";
import { bucketName } from "./policy-context.ts";
import { lockedBucketNames, type LockedBucketName } from "../policies/context.ts";

export interface AuditTable {
  readonly name: string;
  readonly input: CfnTable.TableInputProperty;
}

/** What audit queries read: the organisation's trail, and what S3 says is in each bucket. Partitions are computed, so no crawler is needed. */
export function auditTables(stack: EscStack): readonly AuditTable[] {
  return [trailTable(stack), ...lockedBucketNames.map((name) => inventoryTable(stack, name))];
}

function trailTable(stack: EscStack): AuditTable {
  const { accounts, region, organisation } = stack.config;
  const root = `s3://${bucketName(stack, "trail")}/AWSLogs/${organisation.id}`;
  return {
    name: "trail",
    input: {
      name: "trail",
      tableType: "EXTERNAL_TABLE",
      parameters: {
        EXTERNAL: "TRUE",
        classification: "cloudtrail",
        "projection.enabled": "true",
        "projection.account.type": "enum",
        "projection.account.values": Object.values(accounts).join(","),
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": "2026/01/01,NOW",
        "storage.location.template": `${root}/\${account}/CloudTrail/${region}/\${day}`,
      },
      partitionKeys: ["account", "day"].map((name) => ({ name, type: "string" })),
      storageDescriptor: {
        location: `${root}/`,
        inputFormat: "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
        outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        serdeInfo: { serializationLibrary: "org.apache.hive.hcatalog.data.JsonSerDe" },
        columns: [
          { name: "eventtime", type: "string" },
          { name: "eventsource", type: "string" },
          { name: "eventname", type: "string" },
          { name: "awsregion", type: "string" },
          { name: "errorcode", type: "string" },
          { name: "requestparameters", type: "string" },
          { name: "responseelements", type: "string" },
          { name: "additionaleventdata", type: "string" },
          { name: "recipientaccountid", type: "string" },
          { name: "vpcendpointid", type: "string" },
          {
            name: "useridentity",
            type: "struct<type:string,arn:string,accountid:string,sessioncontext:struct<sessionissuer:struct<arn:string>>>",
          },
          { name: "resources", type: "array<struct<arn:string,accountid:string,type:string>>" },
        ],
      },
    },
  };
}

function inventoryTable(stack: EscStack, name: LockedBucketName): AuditTable {
  const bucket = bucketName(stack, name);
  return {
    name: `inventory_${name}`,
    input: {
      name: `inventory_${name}`,
      tableType: "EXTERNAL_TABLE",
      parameters: {
        EXTERNAL: "TRUE",
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd-HH-mm",
        "projection.dt.range": "2026-01-01-01-00,NOW",
        "projection.dt.interval": "1",
        "projection.dt.interval.unit": "DAYS",
      },
      partitionKeys: [{ name: "dt", type: "string" }],
      storageDescriptor: {
        location: `s3://${bucketName(stack, "evidence")}/inventory/${name}/${bucket}/daily/hive/`,
        inputFormat: "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
        outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        serdeInfo: { serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
        columns: [
          { name: "bucket", type: "string" },
          { name: "key", type: "string" },
          { name: "version_id", type: "string" },
          { name: "is_latest", type: "boolean" },
          { name: "is_delete_marker", type: "boolean" },
          { name: "size", type: "bigint" },
          { name: "last_modified_date", type: "timestamp" },
          { name: "storage_class", type: "string" },
          { name: "replication_status", type: "string" },
          { name: "encryption_status", type: "string" },
          { name: "object_lock_retain_until_date", type: "timestamp" },
          { name: "object_lock_mode", type: "string" },
          { name: "checksum_algorithm", type: "string" },
          { name: "object_access_control_list", type: "string" },
        ],
      },
    },
  };
}
