import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { problems } from "../../src/ingress/problems.ts";
import { type Answer, RunningProgram } from "../support/running-program.ts";

const json = { "content-type": "application/json" };
const bearer = "secret-of-the-endpoint";
const payload = '{"parcels": []}';

describe("somebody outside", () => {
  const program = new RunningProgram();
  let tenant = "";
  let key = "";

  before(async () => {
    await program.start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Outside", "--json")));
  });
  after(() => program.remove());

  const refused = (answer: Answer, status: number, code: string): void => {
    assert.deepEqual([answer.status, answer.json().code], [status, code], answer.text);
    assert.match(answer.headers.get("content-type")!, /^application\/problem\+json/);
  };
  const created = (body: object, headers: Record<string, string> = {}) =>
    program.call("/v1/endpoints", { key, body: JSON.stringify(body), headers: { ...json, ...headers } });
  const hook = (id: string, headers: Record<string, string>) =>
    program.call(`/v1/hooks/${id}`, { body: payload, headers: { ...json, ...headers } });

  test("is told which methods a path offers, and that there is no such path", async () => {
    for (const [method, path, allow] of [
      ["DELETE", "/v1/shipments", "GET, HEAD, POST"],
      ["GET", "/v1/hooks/ep_00000000000000000000", "POST"],
      ["PUT", "/v1/hooks/ep_00000000000000000000", "POST"],
      ["OPTIONS", "/v1/receipts/x", "GET, HEAD"],
      ["POST", "/healthz/", "GET, HEAD"],
    ] as const) {
      const answer = await program.call(path, { method, ...(method === "PUT" ? { body: "{}", headers: json } : {}) });
      refused(answer, 405, "method_not_allowed");
      assert.equal(answer.headers.get("allow"), allow);
    }
    refused(await program.call("/v1/nothing"), 404, "not_found");
    refused(await program.call("/v1/shipments/a/b"), 404, "not_found");
  });

  test("without a key learns nothing about a body's fields", async () => {
    for (const path of ["/v1/shipments", "/v1/endpoints", "/v1/tokens", "/v1/subjects/search"])
      refused(await program.call(path, { body: '{"wrong": 1', headers: json }), 401, "not_authenticated");
  });

  test("finds each problem's meaning where its type points", async () => {
    const page = await program.call("/docs/errors");
    assert.equal(page.status, 200);
    for (const code of Object.keys(problems)) assert.match(page.text, new RegExp(`id="${code}"`));
  });

  test("is refused a cursor that was made up", async () => {
    for (const text of ["x", "1.", "1.00000000-0000-0000-0000-00000000000g", `1.${"-".repeat(36)}`, `-1.${"0".repeat(36)}`])
      refused(await program.call(`/v1/shipments?cursor=${Buffer.from(text).toString("base64url")}`, { key }), 400, "invalid_cursor");
  });

  test("cannot send under a misspelt source or one of the program's own", async () => {
    for (const source of ["shopfy", "api", "tokens", "FEDEX", "__proto__", "captured:gls"]) {
      refused(await created({ source }), 400, "unknown_source");
      const path = `/v1/captured?tenant=${tenant}&source=${encodeURIComponent(source)}`;
      const answer = await program.call(path, {
        key: program.operatorKey,
        body: "no json",
        headers: { "content-type": "application/octet-stream" },
      });
      refused(answer, 400, "unknown_source");
    }
    for (const source of ["cainiao", "magento", "unknown", "dhl-parcel-de"]) assert.equal((await created({ source })).status, 201);
  });

  test("is trusted by address only where addresses are named, and only from there", async () => {
    refused(await created({ source: "gls", auth: "none" }), 400, "invalid_field");
    refused(await created({ source: "gls", auth: "none", allowFrom: ["300.0.0.1/8"] }), 400, "invalid_field");
    const { id: here } = (await created({ source: "gls", auth: "none", allowFrom: ["127.0.0.0/8", "::1"] })).json();
    assert.equal((await hook(here, {})).status, 202);
    const { id: elsewhere } = (await created({ source: "gls", auth: "none", allowFrom: ["10.0.0.0/8"] })).json();
    refused(await hook(elsewhere, { "x-forwarded-for": "10.0.0.1", "parcelkeep-remote": "10.0.0.1" }), 401, "not_authenticated");
    const { id: both } = (await created({ source: "gls", secret: bearer, allowFrom: ["10.0.0.0/8"] })).json();
    refused(await hook(both, { "x-api-key": bearer }), 401, "not_authenticated");
  });

  test("is InPost by ShipX's addresses where the endpoint has no secret, and by any of the Group's ways where it has one", async () => {
    const { id: shipx, secret: none } = (await created({ source: "inpost" })).json();
    assert.equal(none, undefined);
    refused(await hook(shipx, { "x-forwarded-for": "91.216.25.7" }), 401, "not_authenticated");
    const { id: relayed } = (await created({ source: "inpost", allowFrom: ["127.0.0.0/8", "::1"] })).json();
    assert.equal((await hook(relayed, {})).status, 202);
    const { id: group } = (await created({ source: "inpost", secret: bearer })).json();
    const signed = (text: string) => createHmac("sha256", bearer).update(text).digest("base64");
    const time = "2026-11-26T10:00:00Z";
    for (const headers of [
      { "x-inpost-signature": signed(payload) },
      { "x-inpost-signature": signed(`${time}.${payload}`), "x-inpost-timestamp": time },
      { authorization: `Basic ${Buffer.from(`inpost:${bearer}`).toString("base64")}` },
      { "x-api-key": bearer },
    ])
      assert.equal((await hook(group, headers)).status, 202);
    for (const headers of [{}, { "x-inpost-signature": signed(`${payload} `) }, { "x-inpost-signature": signed(`${time}.${payload}`) }])
      refused(await hook(group, headers), 401, "not_authenticated");
  });

  test("gets the same endpoint for the same Idempotency-Key, and another tenant another one", async () => {
    const first = await created({ source: "gls" }, { "idempotency-key": "once" });
    assert.deepEqual((await created({ source: "gls" }, { "idempotency-key": "once" })).json(), first.json());
    assert.equal((await hook(first.json().id, { "x-api-key": first.json().secret })).status, 202);
    for (const other of [{ source: "ups" }, { source: "gls", secret: bearer }, { source: "gls", allowFrom: ["10.0.0.1"] }])
      refused(await created(other, { "idempotency-key": "once" }), 422, "idempotency_key_reused");
    const { apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Second", "--json"));
    const theirs = await program.call("/v1/endpoints", {
      key: apiKey,
      body: '{"source":"gls"}',
      headers: { ...json, "idempotency-key": "once" },
    });
    assert.notEqual(theirs.json().id, first.json().id);
    assert.notEqual(theirs.json().secret, first.json().secret);
  });

  test("names a tenant that exists", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000";
    const asOperator = { key: program.operatorKey, headers: { ...json, "parcelkeep-tenant": nobody } };
    refused(await program.call("/v1/endpoints", { ...asOperator, body: '{"source":"gls"}' }), 404, "unknown_tenant");
    for (const name of [nobody, "nobody"])
      refused(await program.call(`/v1/captured?tenant=${name}&source=gls`, { ...asOperator, body: payload }), 404, "unknown_tenant");
  });

  test("gets an access token for client credentials and for no other grant", async () => {
    const { clientId } = (await created({ source: "ups", secret: bearer })).json();
    const token = (grant: string) =>
      program.call("/v1/oauth/token", {
        body: `grant_type=${grant}&client_id=${encodeURIComponent(clientId)}&client_secret=${bearer}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
    assert.equal((await token("client_credentials")).json().token_type, "Bearer");
    refused(await token("password"), 400, "malformed_request");
  });

  test("is told by a command what was wrong and what would work", () => {
    const file = join(program.dataDir, "captured.json");
    writeFileSync(file, payload);
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { env: program.env, encoding: "utf8" });
      return { status, stdout, stderr };
    };
    for (const [args, says] of [
      [
        ["ingest", "--tenant", tenant, "--source", "shopfy", "--json", file],
        /^error: unknown_source: .*\nhint: one of 17track, aftership, .*\n$/,
      ],
      [
        ["ingest", "--tenant", "nobody", "--source", "gls", "--json", file],
        /^error: unknown_tenant: .*\nhint: parcelkeep tenants create .*\n$/,
      ],
      [
        ["ingest", "--tenant", tenant, "--source", "gls", "--json", `${file}.not`],
        /^error: .*captured\.json\.not cannot be read \(ENOENT\)\n$/,
      ],
      [
        ["endpoints", "create", "--tenant", tenant, "--source", "gls", "--auth", "none"],
        /^error: invalid_field: .*allowFrom needed without/,
      ],
      [["endpoints", "create", "--tenant", tenant, "--source", "gls", "--auth", "basic"], /^error: .*Allowed choices are none/],
      [["start", "--no-demo"], /^error: another program holds the data folder .*\nhint: /],
      [["migrate"], /^error: another program holds the data folder .*\nhint: /],
    ] as const) {
      const { status, stdout, stderr } = run(...args);
      assert.deepEqual([status, stdout], [1, ""], args.join(" "));
      assert.match(stderr, says);
    }
  });
});

test("an import waits for the tenant's rate in place of losing rows", async (t) => {
  const program = new RunningProgram({ PARCELKEEP_TENANT_RATE: "20", PARCELKEEP_TENANT_BURST: "20" });
  t.after(() => program.remove());
  await program.start();
  const { apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Import", "--json"));
  const rows = Array.from({ length: 60 }, (_, row) => `WAITS${1000 + row},gls`);
  const answer = await program.call("/v1/shipments/import", {
    key,
    body: `tracking_number,carrier\n${rows.join("\n")}\n`,
    headers: { "content-type": "text/csv" },
  });
  const report = answer.text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([report.length, report.filter(({ receipt }) => receipt !== undefined).length], [60, 60]);
});

test("a start says where it cannot listen and where it cannot keep its data", async (t) => {
  const program = new RunningProgram();
  t.after(() => program.remove());
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const start = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [cli, "start", "--no-demo"], { env: { ...program.env, ...env }, encoding: "utf8" });
  const listening = start({ PARCELKEEP_HTTP: `127.0.0.1:${port}` });
  assert.equal(listening.status, 1);
  assert.match(listening.stderr, /^error: something else listens on 127\.0\.0\.1:\d+\nhint: set PARCELKEEP_HTTP/);
  for (const folder of ["/proc/parcelkeep/data", "/dev/null", "/dev/null/data"]) {
    const { status, stderr } = start({ PARCELKEEP_DATA: folder });
    assert.equal(status, 1);
    assert.match(stderr, /^error: the data folder \S+ cannot be made\nhint: set PARCELKEEP_DATA/);
  }
});

test("a start says that it may not write to its data folder, whoever owns it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pk-read-only-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o555);
  // Root may write anywhere, so the program is somebody else then.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const env = { ...process.env, PARCELKEEP_DATA: folder, PARCELKEEP_HTTP: "127.0.0.1:0" };
  for (const command of [["start", "--no-demo"], ["migrate"], ["tenants", "create", "--name", "Nobody"]]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...command], { ...user, env, encoding: "utf8" });
    assert.deepEqual([status, stdout], [1, ""], command[0]);
    assert.match(stderr, /^error: the data folder \S+ cannot be written to\nhint: \S/, command[0]);
  }
});

test("readiness and metrics answer while the database does not", async (t) => {
  const program = new RunningProgram();
  t.after(() => program.remove());
  await program.start();
  const { apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Hanging", "--json"));
  assert.equal((await program.call("/readyz")).status, 200);
  const server = spawnSync("sh", ["-c", `head -1 "$(find "$PARCELKEEP_DATA" -name postmaster.pid)"`], {
    env: program.env,
    encoding: "utf8",
  });
  const pid = Number(server.stdout);
  const all = [
    pid,
    ...spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .stdout.trim()
      .split("\n")
      .map(Number),
  ];
  for (const each of all) process.kill(each, "SIGSTOP");
  try {
    const ready = await program.call("/readyz");
    assert.deepEqual([ready.status, ready.json().reason], [503, "the database does not answer"]);
    const metrics = (await program.call("/metrics")).text;
    assert.match(metrics, /^parcelkeep_database_up 0$/m);
    assert.doesNotMatch(metrics, /^parcelkeep_inbox_depth \d/m);
    assert.equal((await program.call("/healthz")).status, 200);
  } finally {
    for (const each of all) process.kill(each, "SIGCONT");
  }
  await program.until(async () => (await program.call("/readyz")).status === 200, "the database to answer again");
  assert.equal((await program.call("/v1/shipments", { key })).status, 200);
});

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
