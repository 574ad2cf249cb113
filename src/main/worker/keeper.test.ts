import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { type TestContext, test } from "node:test";
import { advanceErasure, type ErasureSteps } from "../../process/erase.ts";
import { uuidText } from "../../store/binary-array.ts";
import { keeperStore } from "../../store/keeper-store.ts";
import { personStore } from "../../store/person-store.ts";
import { verifyProof } from "../../vault/erasure-proof.ts";
import type { SigningKeys, SigningPublicKey } from "../../vault/keys/provider.ts";
import { signingKeyId } from "../../vault/keys/signature.ts";
import { OpenerError, type OpenSubject } from "../../vault/opening.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { failOnce } from "../../../test/support/fail-once.ts";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.ts";
import { erasureSteps } from "./keeper.ts";
import { Tombstones } from "./tombstones.ts";
import { uuid7 } from "../intake/uuid7.ts";

const tenant = randomUUID();
const nothingOpens: OpenSubject = async () => ({ purpose: "erasure-probe", opened: 0, refused: {} });

function signingKeys(): Pick<SigningKeys, "sign" | "publicKey"> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ format: "der", type: "spki" });
  const key: SigningPublicKey = { algorithm: "Ed25519", keyId: signingKeyId(spki), spki };
  return {
    publicKey: async () => key,
    sign: async (message) => ({ algorithm: "Ed25519", keyId: key.keyId, signature: sign(null, message, privateKey) }),
  };
}

async function kept(t: TestContext) {
  const database = await testDatabase(t);
  const owner = database.pool("parcelkeep_owner");
  const store = keeperStore(database.pool("parcelkeep_keeper"));
  const persons = personStore(database.pool("parcelkeep_api"));
  const keys = signingKeys();
  const tombstones = new Tombstones(new MemoryObjectStore());

  /** Somebody with one sealed group and one index entry. */
  async function person(): Promise<string> {
    const subject = randomUUID();
    const group = randomBytes(19);
    await owner.query("insert into parcelkeep.sealed_groups values ($1, $2, $3, $4, 1, 'p', 'salt', $5, '')", [
      group,
      tenant,
      subject,
      uuidText(uuid7(Date.now())),
      randomBytes(16),
    ]);
    await owner.query("insert into parcelkeep.token_index values (gen_random_uuid(), $1, $2, $3)", [
      tenant,
      Buffer.concat([group, Buffer.alloc(1)]),
      subject,
    ]);
    return subject;
  }
  const erase = async (subject: string): Promise<string> =>
    (await persons.requestErasure(tenant, subject, { id: randomUUID(), reason: "objection", requestedBy: null }))!;
  const steps = (open: OpenSubject = nothingOpens) => erasureSteps(store, tombstones, keys, open);
  /** As the keeper does, round after round, until nothing is open. */
  async function finish(given: ErasureSteps): Promise<number> {
    for (let rounds = 0; rounds < 10; rounds++) {
      const open = await store.openErasures(true);
      if (open.length === 0) return rounds;
      for (const erasure of open) await advanceErasure(erasure, given).catch(() => {});
    }
    throw new Error("the erasure does not end");
  }
  return { owner, store, persons, keys, tombstones, person, erase, steps, finish };
}

for (const step of ["freeze", "destroy", "writeTombstone", "probe", "prove"] as const) {
  for (const when of ["before", "after"] as const) {
    test(`an erasure ends with one proof when ${step} fails ${when} its effect`, async (t) => {
      const { owner, persons, keys, tombstones, person, erase, steps, finish, store } = await kept(t);
      const [subject, other] = [await person(), await person()];
      const erasure = await erase(subject);
      const failing = failOnce<ErasureSteps>(steps(), step, when);
      assert.ok((await finish(failing)) <= 2);
      const row = (await persons.erasure(tenant, erasure))!;
      assert.equal(row.state, "proven");
      const proof = verifyProof(await keys.publicKey(), { proof: row.proof!, signature: row.signature as never })!;
      assert.deepEqual(proof.destroyed, { valueGroups: 1, indexEntries: 1, rawRecordKeys: 0 });
      assert.equal(proof.keyCommitments.count, 1);
      assert.deepEqual((await owner.query("select subject from parcelkeep.sealed_groups")).rows, [{ subject: other }]);
      assert.deepEqual((await owner.query("select subject from parcelkeep.token_index")).rows, [{ subject: other }]);
      assert.equal((await owner.query("select from parcelkeep.frozen_index")).rowCount, 0);
      // The tombstone is known here, so nothing is done again.
      assert.equal(await tombstones.reapply(store), 0);
    });
  }
}

test("where nobody may start an opener the erasure stays destroyed, and its proof says that nothing was probed", async (t) => {
  const { persons, keys, person, erase, steps, store } = await kept(t);
  const erasure = await erase(await person());
  const denied = steps(() => Promise.reject(new OpenerError("not-permitted", "nobody to start an opener")));
  for (const open of await store.openErasures(true)) await advanceErasure(open, denied);
  assert.equal(denied.canProbe(), false);
  assert.deepEqual(await store.openErasures(false), []);
  const row = (await persons.erasure(tenant, erasure))!;
  assert.equal(row.state, "destroyed");
  const proof = verifyProof(await keys.publicKey(), { proof: row.proof!, signature: row.signature as never })!;
  assert.deepEqual([proof.probe, proof.steps.probed], [{ result: "not-run" }, null]);
  // A later program that may probe makes up for it.
  for (const open of await store.openErasures(true)) await advanceErasure(open, steps());
  assert.equal((await persons.erasure(tenant, erasure))!.state, "proven");
});

test("what came of a person while a refused erasure froze them is linked to them", async (t) => {
  const { owner, persons, person, erase, steps, finish, store } = await kept(t);
  const subject = await person();
  const { blind } = (await owner.query("select blind from parcelkeep.token_index where subject = $1", [subject])).rows[0];
  const erasure = await erase(subject);
  await store.freeze(erasure);
  const successor = randomUUID();
  await owner.query("insert into parcelkeep.token_index values ($1, $2, $3, $4)", [blind, tenant, randomBytes(20), successor]);
  assert.equal(await persons.placeHold(tenant, subject, null), true);
  await finish(steps());
  assert.equal((await persons.erasure(tenant, erasure))!.state, "refused");
  const entry = { blind: Buffer.from(blind.replaceAll("-", ""), "hex"), former: null };
  const found = await persons.searchPersons(tenant, "test", [entry], { missesPerHour: 1, alarmIdentifiers: 1, alarmRatio: 1 });
  assert.deepEqual(found, { state: "found", persons: [[subject, successor].sort()], misses: 0, alarm: false });
  assert.equal((await owner.query("select from parcelkeep.tombstones")).rowCount, 0);
});
