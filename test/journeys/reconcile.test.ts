import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { type FakeKms, fakeKms } from "../support/fake-kms.ts";
import { RunningProgram } from "../support/running-program.ts";

const cli = join(import.meta.dirname, "..", "..", "bin", "parcelkeep");
const folder = mkdtempSync(join(tmpdir(), "pk-reconcile-"));
/** Well before and after everything, so that what was opened is not left to another file of the trail, however fast the program starts. */
const [begin, end] = [-60, 60].map((minutes) => new Date(Date.now() + minutes * 60_000).toISOString()) as [string, string];

interface Report {
  readonly unwraps: number;
  readonly intents: number;
  readonly unexplained: readonly { readonly tenant: string; readonly purpose: string }[];
  readonly missing: readonly { readonly tenant: string; readonly purpose: string }[];
}

interface TrailRecord {
  readonly eventName: string;
  readonly eventTime: string;
  readonly requestParameters: { readonly encryptionContext: Readonly<Record<string, string>> };
}

suite("reconciling a program's log with its key service's trail", () => {
  let kms: FakeKms;
  let program: RunningProgram;
  let tenant: string;
  let key: string;
  let exported: string;
  before(async () => {
    kms = await fakeKms();
    const credentials = join(folder, "credentials");
    writeFileSync(credentials, "[default]\naws_access_key_id = everything\naws_secret_access_key = none\n");
    program = new RunningProgram({
      PARCELKEEP_AUDIT_PUBLISH_MS: "1",
      PARCELKEEP_KEYS: "aws-kms",
      PARCELKEEP_AWS_TEST_ENDPOINT: kms.endpoint,
      PARCELKEEP_KMS_KEYS: `1=${kms.createKey("SYMMETRIC_DEFAULT")}`,
      PARCELKEEP_KMS_DERIVATION_KEYS: `1=${kms.createKey("HMAC_256")}`,
      PARCELKEEP_KMS_SIGNING_KEY: kms.createKey("ECC_NIST_P256"),
      AWS_SHARED_CREDENTIALS_FILE: credentials,
    });
    await program.start();
    program.command("approvals", "stand-alone");
    await openOnce();
    exported = join(folder, "exported");
    program.command("audit", "export", exported);
    key = (await program.call("/v1/audit/keys")).text.trim();
  });
  after(async () => {
    await program.remove();
    await kms.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A parcel comes in, and its recipient's data is exported. */
  async function openOnce(): Promise<void> {
    const json = { "content-type": "application/json" };
    const call = async (path: string, body: object, headers: Record<string, string> = {}): Promise<any> =>
      (await program.call(path, { key: program.operatorKey, body: JSON.stringify(body), headers: { ...json, ...headers } })).json();
    tenant = (await call("/v1/tenants", { name: "Shop" })).tenant;
    const source = { source: "fedex", auth: "none", allowFrom: ["127.0.0.1"] };
    const { url } = await call("/v1/endpoints", source, { "parcelkeep-tenant": tenant });
    const recipientInformation = { contact: { personName: "Ida Musterweg", phoneNumber: "+4915112345678" } };
    const trackingNumber = "770000000001";
    const scanEvents = [{ date: "2026-11-20T10:00:00+01:00", eventType: "DL", eventDescription: "Delivered", derivedStatusCode: "DL" }];
    const trackResults = [{ trackingNumberInfo: { trackingNumber }, recipientInformation, scanEvents }];
    const scan = { output: { completeTrackResults: [{ trackingNumber, trackResults }] } };
    assert.equal((await fetch(url, { method: "POST", headers: json, body: JSON.stringify(scan) })).status, 202);
    const database = new pg.Client({ connectionString: program.databaseUrl });
    await database.connect();
    const { subject } = (await database.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups")).rows[0]!;
    await database.end();
    const headers = { "parcelkeep-tenant": tenant };
    const answer = await program.call(`/v1/subjects/${subject}/export`, { method: "POST", key: program.operatorKey, headers });
    assert.equal(answer.status, 200, answer.text);
    await program.until(async () => {
      const { items } = (await program.call("/v1/audit/entries?type=opening.intended", { key: program.operatorKey })).json();
      const index = (items as { index: number }[])[0]?.index;
      const size = Number((await program.call("/checkpoint")).text.split("\n")[1]);
      return index !== undefined && size > index;
    }, "a head with the intent");
  }

  function reconciled(records: readonly object[]): { readonly status: number | null; readonly report: Report } {
    const file = join(folder, "trail.json.gz");
    writeFileSync(file, gzipSync(JSON.stringify({ Records: records })));
    const args = ["audit", "reconcile", "--provider", file, "--key", key, "--log", exported, "--from", begin, "--to", end, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
    assert.notEqual(stdout, "", stderr);
    return { status, report: JSON.parse(stdout) as Report };
  }

  const trail = (): readonly TrailRecord[] => kms.cloudTrail().Records as readonly TrailRecord[];

  test("finds no difference where there is none", () => {
    const { status, report } = reconciled(trail());
    assert.deepEqual([report.unexplained, report.missing], [[], []]);
    assert.ok(report.unwraps >= 2 && report.intents === 1, JSON.stringify(report));
    assert.equal(status, 0);
  });

  test("finds what was opened beside the log: for nobody that it knows, and long after", () => {
    const [decrypt] = trail().filter(({ eventName }) => eventName === "Decrypt");
    const beside = (context: object, lateMs: number): object => ({
      ...decrypt!,
      eventTime: new Date(Date.parse(decrypt!.eventTime) + lateMs).toISOString(),
      requestParameters: {
        ...decrypt!.requestParameters,
        encryptionContext: { ...decrypt!.requestParameters.encryptionContext, ...context },
      },
    });
    const other = "0198f2a0-0000-7000-8000-000000000001";
    const { status, report } = reconciled([...trail(), beside({ tenant: other }, 0), beside({ purpose: "personal-values" }, 10 * 60_000)]);
    assert.equal(status, 2);
    assert.deepEqual(
      report.unexplained.map((each) => each.tenant),
      [other, tenant],
    );
    assert.deepEqual(report.missing, []);
  });

  test("finds an opening that the trail does not know", () => {
    const { status, report } = reconciled(trail().filter(({ eventName }) => eventName !== "Decrypt"));
    assert.equal(status, 2);
    assert.deepEqual(
      report.missing.map((each) => [each.tenant, each.purpose]),
      [[tenant, "stand-alone-export"]],
    );
  });
});
