import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { auditQueries } from "../lib/audit-queries.ts";
import { configOf } from "../lib/build-app.ts";
import { lockedBucketNames } from "../policies/context.ts";

/*
 * Every query of the day finds a row that was made up for it, and none that is as it should be. SQLite stands in for Athena: functions of Trino that it does not have are defined here, dates are two
 * words, and the one nested column has a flat name. That Athena takes the text is not shown by it.
 */

const config = configOf("production");
const queries = new Map(auditQueries(config).map(({ name, sql }) => [name, sql]));

type Row = Readonly<Record<string, string | number | null>>;

const listed = {
  dt: "2 day ago",
  bucket: "b",
  key: "k",
  version_id: "v",
  is_delete_marker: 0,
  last_modified_date: "then",
  replication_status: "",
  encryption_status: "SSE-KMS",
  object_lock_mode: "COMPLIANCE",
  object_access_control_list: "{}",
} satisfies Row;

const called = {
  day: "1 day ago",
  eventtime: "then",
  eventsource: "s3.amazonaws.com",
  eventname: "GetObject",
  awsregion: config.region,
  errorcode: null,
  requestparameters: "{}",
  responseelements: "{}",
  useridentity_arn: "arn:x:sts::1:assumed-role/parcelkeep-front/1",
} satisfies Row;

function asked(name: string, rows: Readonly<Record<string, readonly Row[]>>): readonly unknown[] {
  const database = new DatabaseSync(":memory:");
  const bool = (is: boolean): number => (is ? 1 : 0);
  database.function("regexp_like", (text, form) => bool(new RegExp(String(form)).test(String(text))));
  database.function("regexp_extract", (text, form) => new RegExp(String(form)).exec(String(text))?.[0] ?? null);
  database.function("json_extract_scalar", (text, path) => {
    const found = String(path)
      .slice(2)
      .split(/[.[\]]+/)
      .filter((key) => key !== "")
      .reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], JSON.parse(String(text)));
    return found === undefined ? null : String(found);
  });
  for (const [table, form] of [
    ["trail", called],
    ...lockedBucketNames.map((bucket) => [`inventory_${bucket}`, listed] as const),
  ] as const) {
    database.exec(`create table ${table} (${Object.keys(form).join(", ")})`);
    for (const row of rows[table] ?? []) {
      const all: Row = { ...form, ...row };
      database
        .prepare(
          `insert into ${table} values (${Object.keys(all)
            .map(() => "?")
            .join(", ")})`,
        )
        .run(...Object.values(all));
    }
  }
  const sql = queries
    .get(name)!
    .replaceAll(/date_format\(current_date - interval '(\d)' day, '[^']+'\)/g, "'$1 day ago'")
    .replaceAll("useridentity.arn", "useridentity_arn");
  return database.prepare(sql).all();
}

/** What each is there to find, and what it must leave alone. */
const found: Readonly<Record<string, readonly (readonly [what: string, rows: Readonly<Record<string, readonly Row[]>>])[]>> = {
  objects_outside_the_region: [
    ["a bucket that is copied elsewhere", { trail: [{ eventname: "PutBucketReplication" }] }],
    [
      "a bucket that is made elsewhere",
      {
        trail: [
          {
            eventname: "CreateBucket",
            requestparameters: '{"CreateBucketConfiguration":{"LocationConstraint":"eusc-xx-east-9"}}',
          },
        ],
      },
    ],
    ["a segment that was copied", { inventory_raw: [{ replication_status: "COMPLETED" }] }],
  ],
  calls_outside_the_region: [
    ["a file of the trail from another region", { inventory_trail: [{ key: "AWSLogs/o-1/1/CloudTrail/eusc-xx-east-9/2026/11/26/a.gz" }] }],
  ],
  wrong_key: [
    [
      "an object under a stranger's key",
      {
        trail: [
          {
            eventname: "PutObject",
            responseelements: '{"x-amz-server-side-encryption-aws-kms-key-id":"arn:x:kms:eusc-de-east-1:999999999999:key/1"}',
          },
        ],
      },
    ],
    ["an object under no key", { trail: [{ eventname: "PutObject" }] }],
  ],
  unencrypted: lockedBucketNames.map((name) => [`an object of ${name}`, { [`inventory_${name}`]: [{ encryption_status: "SSE-S3" }] }]),
  public: [
    ["an object for everybody", { inventory_audit: [{ object_access_control_list: "AllUsers" }] }],
    ["an object for everybody with an account", { inventory_raw: [{ object_access_control_list: "AuthenticatedUsers" }] }],
    ["a block that was taken away", { trail: [{ eventname: "DeleteBucketPublicAccessBlock" }] }],
  ],
  without_a_lock: [
    ["a segment", { inventory_raw: [{ object_lock_mode: null }] }],
    ["a file of the audit log", { inventory_audit: [{ key: "audit/2026/tile/0/000", object_lock_mode: "" }] }],
    ["evidence", { inventory_evidence: [{ key: "releases/1", object_lock_mode: "GOVERNANCE" }] }],
  ],
  decrypts_without_approval: [
    [
      "an opening by the front",
      {
        trail: [
          {
            eventsource: "kms.amazonaws.com",
            eventname: "Decrypt",
            requestparameters: '{"encryptionContext":{"purpose":"personal-values"}}',
          },
        ],
      },
    ],
  ],
};

const key = `arn:x:kms:${config.region}:${config.accounts.security}:key/1`;
const sound: Readonly<Record<string, readonly Row[]>> = {
  trail: [
    { eventname: "PutObject", responseelements: `{"x-amz-server-side-encryption-aws-kms-key-id":"${key}"}` },
    { eventname: "CreateBucket" },
    // Of another day: what was found then was told then.
    { day: "9 day ago", eventname: "PutBucketReplication" },
  ],
  inventory_raw: [{ key: "segments/1" }, { dt: "0", object_access_control_list: "AllUsers" }],
  inventory_audit: [{ key: "audit/2026/tile/0/000" }, { key: "pointers/2026/checkpoint", object_lock_mode: null }],
  inventory_anchor: [{ key: "anchor/2026/signed-checkpoint", object_lock_mode: null }],
  inventory_trail: [{ key: `AWSLogs/o-1/1/CloudTrail/${config.region}/2026/11/26/a.gz` }, { key: "AWSLogs/o-1/1/CloudTrail-Digest/x" }],
  inventory_evidence: [{ key: "inventory/raw/1" }],
};

test("every query has rows that it finds", () => assert.deepEqual(Object.keys(found), [...queries.keys()]));

for (const [name, rows] of Object.entries(found))
  describe(name, () => {
    for (const [what, planted] of rows) test(`finds ${what}`, () => assert.equal(asked(name, planted).length, 1));
    test("finds nothing where all is as it should be", () => assert.deepEqual(asked(name, sound), []));
  });

test("an opening by a task that the workflow started for its grant is none of decrypts_without_approval", () => {
  const opened = {
    eventsource: "kms.amazonaws.com",
    eventname: "Decrypt",
    requestparameters: '{"encryptionContext":{"purpose":"raw-records"}}',
    useridentity_arn: "arn:x:sts::1:assumed-role/parcelkeep-opener/g1",
  };
  const started = {
    // It may be one of those before: here any text that is greater.
    day: "5",
    eventsource: "ecs.amazonaws.com",
    eventname: "RunTask",
    useridentity_arn: "arn:x:sts::1:assumed-role/parcelkeep-approvals/1",
    requestparameters: '{"overrides":{"containerOverrides":[{"name":"opener","command":["open","--grant","g1","--tenant","t"]}]}}',
  };
  const found = (...others: readonly Row[]): number => asked("decrypts_without_approval", { trail: [opened, ...others] }).length;
  assert.equal(found(), 1);
  assert.equal(found(started), 0);
  assert.equal(found({ ...started, useridentity_arn: "arn:x:sts::1:assumed-role/somebody/1" }), 1);
  assert.equal(found({ ...started, requestparameters: started.requestparameters.replace("g1", "g2") }), 1);
});
