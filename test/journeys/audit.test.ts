import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { leafHash } from "../../src/audit/merkle.ts";
import { RunningProgram } from "../support/running-program.ts";

const folder = mkdtempSync(join(tmpdir(), "parcelkeep-audit-journey-"));
const program = new RunningProgram({ PARCELKEEP_AUDIT_PUBLISH_MS: "1", PARCELKEEP_AUDIT_ORIGIN: "log.example.eu/parcelkeep" });

interface Entry {
  readonly index: number;
  readonly entry: { readonly type: string; readonly tenant?: string };
}

suite("the audit log of a running program", () => {
  let tenant: { tenant: string; apiKey: string };
  before(async () => {
    await program.start();
    tenant = JSON.parse(program.command("tenants", "create", "--name", "Shop", "--json")) as typeof tenant;
  });
  after(async () => {
    await program.stop();
    rmSync(program.dataDir, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  /** Asks until the answer has it; the program publishes within moments. */
  async function eventually<Value>(ask: () => Promise<Value | undefined>): Promise<Value> {
    for (let asked = 0; asked < 600; asked++) {
      const value = await ask();
      if (value !== undefined) return value;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("it did not come to pass");
  }

  const entryOfType = (type: string): Promise<Entry> =>
    eventually(async () => {
      const { items } = (await program.call("/v1/audit/entries", { key: tenant.apiKey })).json() as { items: Entry[] };
      return items.find(({ entry }) => entry.type === type);
    });

  test("shows a tenant its own acts and nothing else", async () => {
    await entryOfType("tenant.created");
    const { items } = (await program.call("/v1/audit/entries?limit=500", { key: tenant.apiKey })).json() as { items: Entry[] };
    assert.deepEqual(items.map(({ entry }) => entry.type).toSorted(), ["api-key.created", "tenant.created"]);
    assert.ok(items.every(({ entry }) => entry.tenant === tenant.tenant));
    assert.equal((await program.call("/v1/audit/entries")).status, 401);
    assert.equal((await program.call("/v1/audit/entries/0", { key: tenant.apiKey })).status, 404);
  });

  test("gives a receipt that is checked offline with the entry and the key alone", async () => {
    const { index } = await entryOfType("tenant.created");
    const proof = await eventually(async () => {
      const answer = await program.call(`/v1/audit/entries/${index}/proof`, { key: tenant.apiKey });
      return answer.status === 200 ? answer.text : undefined;
    });
    const entry = await program.call(`/v1/audit/entries/${index}`, { key: tenant.apiKey });
    const [key] = (await program.call("/v1/audit/keys")).text.trim().split("\n");
    writeFileSync(join(folder, "receipt.tlog-proof"), proof);
    writeFileSync(join(folder, "entry.json"), entry.text);
    const verify = (): string =>
      program.command("audit", "verify", join(folder, "receipt.tlog-proof"), "--key", key!, "--entry", join(folder, "entry.json"));
    assert.match(verify(), /^verified: entry \d+ of log\.example\.eu\/parcelkeep\/audit\/\d{4}/);
    writeFileSync(join(folder, "entry.json"), entry.text.replace("tenant.created", "tenant.deleted"));
    assert.throws(verify);
  });

  test("serves its checkpoint and tiles to anybody, as the specification names them", async () => {
    const checkpoint = await eventually(async () => {
      const answer = await program.call("/checkpoint");
      return answer.status === 200 ? answer.text : undefined;
    });
    const size = Number(checkpoint.split("\n")[1]);
    const tile = await fetch(`${program.url}/tile/0/000${size === 256 ? "" : `.p/${size}`}`);
    const hashes = Buffer.from(await tile.arrayBuffer());
    assert.equal(hashes.length, 32 * size);
    const bundle = `${program.url}/tile/entries/000.p/${size}`;
    assert.equal((await fetch(bundle)).status, 401);
    assert.equal((await fetch(bundle, { headers: { authorization: `Bearer ${tenant.apiKey}` } })).status, 403);
    const operatorKey = readFileSync(join(program.dataDir, "secrets", "operator.key"), "utf8").trim();
    const first = Buffer.from(await (await fetch(bundle, { headers: { authorization: `Bearer ${operatorKey}` } })).arrayBuffer());
    assert.ok(leafHash(first.subarray(2, 2 + first.readUInt16BE())).equals(hashes.subarray(0, 32)));
    for (const path of ["/tile/0/..%2f..%2fcheckpoint", "/tile/9/999", "/tile/x", "/tile/0/000.p/0"]) {
      assert.equal((await program.call(path)).status, 404, path);
    }
  });

  test("an export of the whole log is verified", async () => {
    await entryOfType("tenant.created");
    const exported = join(folder, "exported");
    program.command("audit", "export", exported);
    const [key] = (await program.call("/v1/audit/keys")).text.trim().split("\n");
    assert.match(program.command("audit", "verify", exported, "--key", key!), /^verified: \d+ entries/);
  });
});
