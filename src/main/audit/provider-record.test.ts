import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readRecord } from "./provider-record.ts";

const key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const tenant = "0198f2a0-0000-7000-8000-000000000001";
const grant = "0198f2a0-0000-7000-8000-0000000000aa";
const context = { tenant, purpose: "personal-values", epoch: "1" };

/** As docs.aws.amazon.com has it, "Decrypt" in the log entries of KMS; read 2026-11-26. */
const event = (more: object = {}): object => ({
  eventVersion: "1.11",
  userIdentity: { type: "AssumedRole", arn: "arn:aws-eusc:sts::111122223333:assumed-role/opener/session" },
  eventTime: "2026-11-26T12:00:00Z",
  eventSource: "kms.amazonaws.com",
  eventName: "Decrypt",
  requestParameters: { encryptionAlgorithm: "SYMMETRIC_DEFAULT", keyId: key, encryptionContext: context },
  responseElements: null,
  resources: [{ accountId: "111122223333", type: "AWS::KMS::Key", ARN: key }],
  ...more,
});
const file = (...records: readonly object[]): Buffer => Buffer.from(JSON.stringify({ Records: records }));
const atMs = Date.parse("2026-11-26T12:00:00Z");

test("CloudTrail's events are read, compressed or not, in a file or one a line", () => {
  const expected = [{ atMs, tenant, purpose: "personal-values", grant: null }];
  const lines = Buffer.from(`${JSON.stringify(event())}\n${JSON.stringify(event())}\n`);
  assert.deepEqual(readRecord(file(event())).unwraps, expected);
  assert.deepEqual(readRecord(gzipSync(file(event()))).unwraps, expected);
  assert.deepEqual(readRecord(lines).unwraps, [...expected, ...expected]);
  assert.deepEqual(readRecord(Buffer.from(JSON.stringify(event()))).unwraps, expected);
});

test("a grant is in the context, or the session's name", () => {
  const identity = { type: "AssumedRole", arn: `arn:aws-eusc:sts::111122223333:assumed-role/opener/${grant}` };
  assert.equal(readRecord(file(event({ userIdentity: identity }))).unwraps[0]!.grant, grant);
  const parameters = { keyId: key, encryptionContext: { ...context, grant } };
  assert.equal(readRecord(file(event({ requestParameters: parameters }))).unwraps[0]!.grant, grant);
});

test("only what was decrypted under keys of ours counts, and what was refused counts apart", () => {
  const other = "arn:aws:kms:eu-central-1:1:key/other";
  const { unwraps, denied, span } = readRecord(
    file(
      event(),
      event({ requestParameters: { keyId: key } }),
      event({ requestParameters: { keyId: other, encryptionContext: { app: "x" } }, resources: [{ ARN: other }] }),
      event({ errorCode: "AccessDenied" }),
      event({ eventName: "GenerateDataKey" }),
      event({ eventName: "GenerateMac", eventTime: "2026-11-26T13:00:00Z" }),
      event({ eventSource: "s3.amazonaws.com", eventTime: "2026-11-27T00:00:00Z" }),
    ),
  );
  assert.deepEqual(
    unwraps.map(({ purpose }) => purpose),
    ["personal-values", null],
  );
  assert.equal(denied, 1);
  assert.deepEqual(span, { fromMs: atMs, toMs: Date.parse("2026-11-26T13:00:00Z") });
});

test("CloudHSM's unwraps are read from its audit log", () => {
  const block = (opcode: string, usecs: number, response = "0x0:HSM Return: SUCCESS"): string =>
    [
      `Time: 11/26/26 12:00:00.000000, usecs:${usecs}`,
      "Version No : 1.0",
      "Sequence No : 0x2",
      "Reboot counter : 0x107e",
      `Opcode : ${opcode}`,
      "Command Type(hex) : CN_KEY_MGMT_CMD (0x1)",
      "Session Handle : 0x1008005",
      `Response : ${response}`,
      "Log type : MINIMAL_LOG_ENTRY (0)",
      "",
    ].join("\n");
  const usecs = atMs * 1000;
  const log = [
    block("CN_LOGIN (0xd)", usecs - 5_000_000),
    block("CN_UNWRAP_KEY (0x1e)", usecs + 250),
    block("CN_UNWRAP_KEY (0x1e)", usecs + 1_000, "0xb5:HSM Error: FAILED"),
    block("CN_APP_FINALIZE (0x2)", usecs + 9_000_000),
  ].join("\n");
  const { format, unwraps, denied, span } = readRecord(Buffer.from(log));
  assert.deepEqual([format, denied, span], ["cloudhsm", 1, { fromMs: atMs - 5_000, toMs: atMs + 9_000 }]);
  assert.deepEqual(unwraps, [{ atMs, tenant: null, purpose: null, grant: null }]);
});

test("what is neither is refused, and nothing else is thrown", () => {
  for (const text of ["", "hello", "{", "[1,2]", "{}\n{"]) {
    try {
      assert.equal(readRecord(Buffer.from(text)).unwraps.length, 0);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "not-a-record", text);
    }
  }
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.jsonValue().map((value) => JSON.stringify({ Records: value })),
      ),
      (text) => {
        try {
          readRecord(Buffer.from(text));
        } catch (error) {
          assert.equal((error as Error).name, "RecordError");
        }
      },
    ),
  );
});
