import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import type { RegisterEntry } from "../domain/register-entry.ts";
import { loadRegister, registerStore } from "./register-store.ts";

const gls: RegisterEntry = {
  source: "gls",
  legalName: "General Logistics Systems B.V.",
  country: "NL",
  owner: "its owners",
  ultimateOwner: { name: "its owners", country: "CZ" },
  role: "carrier",
  contract: null,
  transferTool: "none-needed",
  lawfulBasis: "contract",
  hosts: ["api.gls-group.net"],
  fieldsAllowed: ["trackingNumber"],
  path: "public",
  breachContact: null,
  push: false,
  limits: null,
  sources: [],
};
const byOperator = { changedBy: "operator", approval: null };
const approval = "00000000-0000-4000-8000-00000000a001";
const ups: RegisterEntry = { ...gls, source: "ups", hosts: ["onlinetools.ups.com"] };

test("a file becomes a version, and a changed one the next; the same file again is nothing new", async (t) => {
  const { load, store, tenant } = await register(t);
  assert.deepEqual(await load([gls, ups]), ["gls", "ups"]);
  assert.deepEqual(await load([ups, gls]), []);
  assert.deepEqual(await load([{ ...gls, owner: "others" }, ups]), ["gls"]);
  const entries = await store.of(tenant);
  assert.deepEqual(
    entries.map(({ entry, version }) => [entry.source, entry.owner, version]),
    [
      ["gls", "others", 2],
      ["ups", "its owners", 1],
    ],
  );
});

test("what was changed in the database stays until the file changes", async (t) => {
  const { load, store, tenant, owner } = await register(t);
  await load([gls]);
  await owner.query(
    "insert into parcelkeep.register_entries (source, version, content, changed_by) select source, 2, jsonb_set(content, '{owner}', '\"an operator''s\"'), 'operator' from parcelkeep.register_entries",
  );
  assert.deepEqual(await load([gls]), []);
  assert.equal((await store.of(tenant))[0]!.entry.owner, "an operator's");
  assert.deepEqual(await load([{ ...gls, owner: "others" }]), ["gls"]);
  assert.deepEqual([(await store.of(tenant))[0]!.entry.owner, (await store.of(tenant))[0]!.version], ["others", 3]);
});

test("a tenant's agreement is its own, and leaves what it does not speak of", async (t) => {
  const { load, store, tenant, another } = await register(t);
  await load([gls]);
  const contract = { reference: "C-2026-7", date: "2026-02-01" };
  const agreement = { contract, lawfulBasis: null, transferTool: null, fieldsAllowed: ["name", "trackingNumber"] as const };
  assert.equal(await store.agree(tenant, "gls", agreement, byOperator), true);
  assert.equal(await store.agree(tenant, "gls", { ...agreement, fieldsAllowed: null }, { changedBy: "operator", approval }), true);
  const mine = (await store.of(tenant))[0]!;
  assert.deepEqual(
    [mine.entry.contract, mine.entry.fieldsAllowed, mine.entry.lawfulBasis, mine.agreementVersion],
    [contract, ["trackingNumber"], "contract", 2],
  );
  const others = (await store.of(another))[0]!;
  assert.deepEqual([others.entry, others.agreementVersion], [gls, null]);
  assert.equal(await store.agree(tenant, "no-such-source", agreement, byOperator), false);
  assert.equal(await store.agree(randomUUID(), "gls", agreement, byOperator), false);
  const versions = await store.agreements(tenant, "gls");
  assert.deepEqual(
    versions.map(({ version, changedBy, approval: approved, content }) => [version, changedBy, approved, content.fieldsAllowed]),
    [
      [2, "operator", approval, null],
      [1, "operator", null, ["name", "trackingNumber"]],
    ],
  );
  assert.deepEqual(await store.agreements(another, "gls"), []);
});

test("a tenant's policy is its own, names recipients of the register, and each change is a version with an entry in the audit log", async (t) => {
  const { load, store, tenant, another, owner } = await register(t);
  await load([gls, ups]);
  assert.equal(await store.policy(tenant), null);
  const policy = { refusesOwnersOutsideEea: true, refusedRecipients: new Set(["ups", "gls"]) };
  assert.equal(await store.setPolicy(tenant, policy, byOperator), 1);
  const narrower = { refusesOwnersOutsideEea: false, refusedRecipients: new Set(["ups"]) };
  assert.equal(await store.setPolicy(tenant, narrower, { changedBy: "operator", approval }), 2);
  const held = (await store.policy(tenant))!;
  assert.deepEqual([held.version, held.content, held.approval], [2, narrower, approval]);
  assert.equal(await store.policy(another), null);
  assert.equal(await store.setPolicy(tenant, { ...policy, refusedRecipients: new Set(["no-such-source"]) }, byOperator), null);
  assert.equal(await store.setPolicy(randomUUID(), policy, byOperator), null);
  const { rows } = await owner.query("select tenant, facts from parcelkeep.audit_outbox where type = 'policy.changed' order by id");
  assert.deepEqual(
    rows.map(({ tenant: of, facts }) => [of, facts.policy, facts.version, facts.approval, facts.sha256.length]),
    [
      [tenant, "transfer", 1, null, 64],
      [tenant, "transfer", 2, approval, 64],
    ],
  );
});

async function register(t: TestContext) {
  const database = await testDatabase(t);
  const owner = database.pool("parcelkeep_owner");
  const [tenant, another] = [randomUUID(), randomUUID()];
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'One'), ($2, 'Two')", [tenant, another]);
  const load = async (entries: readonly RegisterEntry[]): Promise<readonly string[]> => {
    const client = await owner.connect();
    try {
      return await loadRegister(client, entries);
    } finally {
      client.release();
    }
  };
  return { load, store: registerStore(database.pool("parcelkeep_api")), tenant, another, owner };
}
