import type { Config } from "../config/schema.ts";
import { lockedBucketNames, type LockedBucketName, lockedByWriter, lockOf } from "../policies/context.ts";

export interface AuditQuery {
  readonly name: string;
  readonly why: string;
  /** SQL for Athena. Every row is a finding; none is the answer that everybody hopes for. */
  readonly sql: string;
}

const yesterday = "date_format(current_date - interval '1' day, '%Y/%m/%d')";

/** What is asked of the evidence every day (guide, E3): has anything left, does anything lie open, was anything opened that nobody approved. */
export function auditQueries({ region, accounts }: Config): readonly AuditQuery[] {
  const perBucket = (condition: string, buckets = lockedBucketNames, which: (name: LockedBucketName) => string = () => ""): string =>
    buckets
      .map((name) => `SELECT bucket, key, version_id FROM inventory_${name} WHERE ${latestList(name)} AND (${condition})${which(name)}`)
      .join("\nUNION ALL\n");
  return [
    {
      name: "objects_outside_the_region",
      why: "Objects that were written, copied or replicated anywhere but in the one region",
      sql: `SELECT eventtime, eventname, awsregion, useridentity.arn, requestparameters FROM trail
WHERE day = ${yesterday}
  AND eventsource = 's3.amazonaws.com'
  AND (eventname IN ('PutBucketReplication', 'PutReplicationConfiguration')
    OR (eventname = 'CreateBucket' AND coalesce(json_extract_scalar(requestparameters, '$.CreateBucketConfiguration.LocationConstraint'), '${region}') <> '${region}'))
UNION ALL
SELECT cast(last_modified_date AS varchar), 'replicated', bucket, replication_status, key FROM inventory_raw
WHERE ${latestList("raw")} AND replication_status IS NOT NULL AND replication_status <> ''`,
    },
    {
      name: "calls_outside_the_region",
      why: "Calls in another region of the partition: the trail keeps each region's in a folder of its own, and the table above looks into ours alone",
      sql: `SELECT bucket, key, version_id FROM inventory_trail
WHERE ${latestList("trail")} AND regexp_like(key, '/CloudTrail/') AND NOT regexp_like(key, '/CloudTrail/${region}/')`,
    },
    {
      name: "wrong_key",
      why: "Objects that were written under a key that is not of the security account",
      sql: `SELECT eventtime, eventname, useridentity.arn, requestparameters FROM trail
WHERE day = ${yesterday}
  AND eventsource = 's3.amazonaws.com' AND eventname IN ('PutObject', 'CopyObject', 'CompleteMultipartUpload') AND errorcode IS NULL
  AND NOT regexp_like(coalesce(json_extract_scalar(responseelements, '$.x-amz-server-side-encryption-aws-kms-key-id'), ''), ':kms:${region}:${accounts.security}:key/')`,
    },
    {
      name: "unencrypted",
      why: "Versions of objects that are not encrypted with a key of KMS",
      sql: perBucket("NOT is_delete_marker AND coalesce(encryption_status, 'NOT-SSE') NOT IN ('SSE-KMS', 'DSSE-KMS')"),
    },
    {
      name: "public",
      why: "Objects with an access list, and buckets that were opened",
      sql: `${perBucket("object_access_control_list LIKE '%AllUsers%' OR object_access_control_list LIKE '%AuthenticatedUsers%'")}
UNION ALL
SELECT eventname, requestparameters, eventtime FROM trail
WHERE day = ${yesterday}
  AND eventname IN ('PutBucketAcl', 'PutObjectAcl', 'DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock') AND errorcode IS NULL`,
    },
    {
      name: "without_a_lock",
      why: "Segments and evidence that could be deleted",
      sql: perBucket(
        "NOT is_delete_marker AND coalesce(object_lock_mode, '') <> 'COMPLIANCE'",
        lockedBucketNames.filter((name) => lockOf[name] !== "replaced"),
        (name) => (lockOf[name] === "by-its-writer" ? ` AND key LIKE '${lockedByWriter}%'` : ""),
      ),
    },
    {
      name: "decrypts_without_approval",
      why: "Personal values that were opened by somebody else than an opener, or by one whose grant no workflow has started a task for",
      sql: `WITH opened AS (
  SELECT eventtime, useridentity.arn AS arn, regexp_extract(useridentity.arn, '[^/]+$') AS session,
    json_extract_scalar(requestparameters, '$.encryptionContext.purpose') AS purpose
  FROM trail WHERE day = ${yesterday} AND eventsource = 'kms.amazonaws.com' AND eventname = 'Decrypt' AND errorcode IS NULL
), approved AS (
  SELECT json_extract_scalar(requestparameters, '$.overrides.containerOverrides[0].command[2]') AS grant_id
  FROM trail WHERE day >= date_format(current_date - interval '2' day, '%Y/%m/%d')
    AND eventsource = 'ecs.amazonaws.com' AND eventname = 'RunTask' AND errorcode IS NULL
    AND useridentity.arn LIKE '%/parcelkeep-approvals/%'
)
SELECT * FROM opened
WHERE purpose IN ('personal-values', 'raw-records')
  AND NOT (arn LIKE '%/parcelkeep-opener/%' AND session IN (SELECT grant_id FROM approved))`,
    },
  ];
}

/** The newest list of a bucket. Lists come once a day, at a time of S3's choice. */
function latestList(name: string): string {
  return `dt = (SELECT max(dt) FROM inventory_${name} WHERE dt >= date_format(current_date - interval '2' day, '%Y-%m-%d'))`;
}
