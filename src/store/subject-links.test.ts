import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { type GroupRow, ingestStore } from "./ingest-store.ts";
import { ownerRole } from "./roles.ts";

async function vault(t: TestContext) {
  const database = await testDatabase(t);
  const store = ingestStore(database.pool("parcelkeep_ingress"));
  const tenant = randomUUID();
  const owner = database.pool(ownerRole);
  const group = (subject: string): GroupRow => ({
    id: randomBytes(19),
    tenant,
    subject,
    record: randomBytes(16),
    session: 1,
    purpose: "personal-values",
    salt: randomBytes(16),
    commitment: randomBytes(16),
    sealed: randomBytes(60),
  });
  /** A record in which this process takes the person for `subject`, and meets an identifier. @returns whose it is from now on. */
  const meet = async (blind: Buffer, subject: string): Promise<string> => {
    const held = group(subject);
    const token = Buffer.concat([held.id, Buffer.from([0])]);
    const [result] = await store.claimTokens([{ blind, former: null, version: 1, tenant, token, group: 0, strength: 1 }], [held]);
    return result!.subject;
  };
  const links = async (): Promise<string[]> => {
    const { rows } = await owner.query<{ pair: string[] }>(
      "select array[subject::text, same_as::text] as pair from parcelkeep.subject_links",
    );
    return rows.map(({ pair }) => pair.toSorted().join(" = ")).toSorted();
  };
  return { store, tenant, meet, links };
}

const pair = (one: string, other: string): string => [one, other].toSorted().join(" = ");

test("a person who was known, and by a new identifier is somebody else, is linked with them", async (t) => {
  const { meet, links } = await vault(t);
  const [email, phone] = [randomBytes(16), randomBytes(16)];
  const [first, second] = [randomUUID(), randomUUID()];
  assert.equal(await meet(email, first), first);
  assert.equal(await meet(phone, second), second);
  assert.deepEqual(await links(), []);
  assert.equal(await meet(email, second), first);
  assert.deepEqual(await links(), [pair(first, second)]);
});

test("a candidate who was never anybody leaves no link", async (t) => {
  const { meet, links } = await vault(t);
  const email = randomBytes(16);
  const first = await meet(email, randomUUID());
  assert.equal(await meet(email, randomUUID()), first);
  assert.deepEqual(await links(), []);
});

test("a link that is stored twice is one", async (t) => {
  const { store, tenant, links } = await vault(t);
  const link = { tenant, subject: randomUUID(), sameAs: randomUUID() };
  await store.linkSubjects([link, link]);
  await store.linkSubjects([link]);
  assert.deepEqual(await links(), [pair(link.subject, link.sameAs)]);
});
