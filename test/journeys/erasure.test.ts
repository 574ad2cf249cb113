import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { type ErasureProof, verifyProof } from "../../src/vault/erasure-proof.ts";
import { ProgramKeys } from "../support/program-keys.ts";
import { RunningProgram } from "../support/running-program.ts";
import { VaultReader } from "../support/vault-reader.ts";

const json = { "content-type": "application/json" };

interface Person {
  readonly name: string;
  readonly email: string;
  readonly number: string;
}

const anna: Person = { name: "Anna Erfunden", email: "anna@erfunden.test", number: "ERASE100001" };
const bert: Person = { name: "Bert Ausgedacht", email: "bert@ausgedacht.test", number: "ERASE100002" };

/** A shop with its API key in a running program. */
class Shop {
  readonly program: RunningProgram;
  readonly key: string;
  readonly tenant: string;

  constructor(program: RunningProgram) {
    this.program = program;
    ({ tenant: this.tenant, apiKey: this.key } = JSON.parse(program.command("tenants", "create", "--name", "Erasure", "--json")));
  }

  async call(path: string, body?: object, method = body === undefined ? "GET" : "POST"): Promise<any> {
    const answer = await this.program.call(path, {
      key: this.key,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: json }),
    });
    return { status: answer.status, ...answer.json() };
  }

  /** @returns the receipt, when the index has the shipment. */
  async register({ name, email, number }: Person, trackingNumber = number): Promise<string> {
    const { receipt } = await this.call("/v1/shipments", { carrier: "fedex", trackingNumber, recipient: { name, email } });
    return this.#processed(receipt);
  }

  /** A carrier's scan that says nothing of the person but the number. */
  async scan({ number }: Person): Promise<string> {
    const body = JSON.stringify({
      output: {
        completeTrackResults: [
          {
            trackingNumber: number,
            trackResults: [
              {
                trackingNumberInfo: { trackingNumber: number },
                scanEvents: [{ date: "2026-11-20T10:00:00+01:00", eventType: "PU", derivedStatusCode: "PU" }],
              },
            ],
          },
        ],
      },
    });
    const answer = await this.program.call(`/v1/captured?tenant=${this.tenant}&source=fedex`, {
      key: this.program.operatorKey,
      body,
      headers: { "content-type": "application/octet-stream" },
    });
    return this.#processed(answer.json().receipt);
  }

  async search({ email }: Person): Promise<any[]> {
    return (await this.call("/v1/subjects/search", { identifiers: [{ category: "email", value: email }] })).items;
  }

  async erase(subject: string): Promise<string> {
    const answer = await this.call(`/v1/subjects/${subject}/erase`, { reason: "subject-request", requestedBy: "ticket-17" });
    assert.equal(answer.status, 202);
    return answer.erasure;
  }

  erasureIn(erasure: string, states: readonly string[]): Promise<any> {
    return this.program.until(
      async () => {
        const found = await this.call(`/v1/erasures/${erasure}`);
        return states.includes(found.state) && (found.state === "refused" || found.proof !== null) ? found : null;
      },
      `the erasure to be ${states.join(" or ")}`,
    );
  }

  async #processed(receipt: string): Promise<string> {
    await this.program.until(async () => (await this.call(`/v1/receipts/${receipt}`)).state === "processed", "the record to be processed");
    return receipt;
  }
}

const ended = ["proven"];

async function ownerOf(program: RunningProgram): Promise<pg.Client> {
  const client = new pg.Client(program.databaseUrl);
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function archived(program: RunningProgram, owner: pg.Client): Promise<void> {
  await program.until(
    async () => (await owner.query("select from parcelkeep.raw_batches")).rowCount === 0,
    "the archive to hold every record",
  );
}

const settings = { PARCELKEEP_SEGMENT_AGE_MS: "100", PARCELKEEP_LOG_LEVEL: "warn" };

describe("a person who is erased", () => {
  const program = new RunningProgram(settings);
  let shop: Shop;
  let owner: pg.Client;
  let vault: VaultReader;

  before(async () => {
    await program.start();
    shop = new Shop(program);
    owner = await ownerOf(program);
    vault = new VaultReader(program.env, owner);
  });
  after(async () => {
    await owner.end().catch(() => {});
    await program.remove();
  });

  test("is gone from vault, raw records and search, with a signed proof; others and the segments stay as they are", async () => {
    const annas = [await shop.register(anna), await shop.scan(anna), await shop.register(anna, "ERASE100003")];
    const berts = [await shop.register(bert), await shop.scan(bert)];
    await archived(program, owner);
    const segments = await vault.segments();
    for (const record of [...annas, ...berts]) assert.match((await vault.raw(record))!, /ERASE1/);
    const [person] = await shop.search(anna);
    assert.equal(person.records, 3);
    assert.deepEqual(person.values, { email: 1, name: 2 });
    assert.equal(person.shipments.length, 2);
    assert.equal(person.onHold, false);
    const { token } = await emailToken(person.shipments[0]);

    const erasure = await shop.erase(person.id);
    const done = await shop.erasureIn(erasure, ended);

    assert.deepEqual(await shop.search(anna), []);
    const values = await vault.values();
    assert.doesNotMatch(JSON.stringify([...values]), /Erfunden|erfunden|ERASE100001|ERASE100003/);
    assert.match(JSON.stringify([...values]), /Bert Ausgedacht.*bert@ausgedacht.test/);
    for (const record of annas) assert.equal(await vault.raw(record), "key-destroyed");
    for (const record of berts) assert.match((await vault.raw(record))!, /ERASE100002/);
    const now = await vault.segments();
    for (const [name, bytes] of segments) assert.ok(now.get(name)?.equals(bytes), "a segment has other bytes than before");
    // The shipment is still tracked; its tokens lead nowhere.
    const shipment = await shop.call(`/v1/shipments/${person.shipments[0]}`);
    assert.equal(shipment.status !== undefined && (await program.call(`/v1/track/${shipment.publicId}`)).status, 200);
    assert.equal((await owner.query("select from parcelkeep.token_index where subject = $1", [person.id])).rowCount, 0);

    const proof = await verified(done.proof);
    assert.equal(proof.erasure, erasure);
    assert.equal(proof.subjectSha256, hash("sha256", person.id, "hex"));
    assert.equal(proof.destroyed.rawRecordKeys, 3);
    assert.ok(proof.destroyed.valueGroups >= 3);
    assert.equal(proof.keyCommitments.count, proof.destroyed.valueGroups);
    assert.ok(proof.segments.length > 0);
    assert.deepEqual(proof.probe, { opened: 0, refused: {}, result: "nothing-opens" });
    assert.deepEqual(proof.caches, { evicted: 1, silent: 0 });
    const forged = done.proof.proof.replace('"rawRecordKeys":3', '"rawRecordKeys":4');
    assert.equal(verifyProof(await publicKey(), { ...done.proof, proof: forged }), null);
    assert.doesNotMatch(JSON.stringify(done), /erfunden|ERASE1/i);
    // Asked for once more, it is the same erasure.
    assert.equal(await shop.erase(person.id), erasure);

    await shop.register(anna, "ERASE100004");
    const [again] = await shop.search(anna);
    assert.notEqual(again.id, person.id);
    assert.equal(again.records, 1);
    assert.notEqual((await emailToken(again.shipments[0])).token, token);
  });

  test("does not come back through what a process remembers, however late it hears of the erasure", async () => {
    const carla: Person = { name: "Carla Niemals", email: "carla@niemals.test", number: "ERASE200001" };
    await shop.register(carla);
    const [person] = await shop.search(carla);
    const { token } = await emailToken(person.shipments[0]);
    // Closed and destroyed behind the processes' backs: nobody is told to forget.
    const erasure = "00000000-0000-4000-8000-0000000000e1";
    await owner.query("begin");
    await owner.query("insert into parcelkeep.tombstones (subject, tenant, erasure, destroyed_at) values ($1, $2, $3, now())", [
      person.id,
      shop.tenant,
      erasure,
    ]);
    await owner.query("delete from parcelkeep.sealed_groups where subject = $1", [person.id]);
    await owner.query("delete from parcelkeep.token_index where subject = $1", [person.id]);
    await owner.query("commit");
    // Names her by her number alone, which the process knows; then by her e-mail.
    await shop.scan(carla);
    await shop.register(carla, "ERASE200002");
    const [again] = await shop.search(carla);
    assert.notEqual(again.id, person.id);
    assert.notEqual((await emailToken(again.shipments[0])).token, token);
    assert.equal((await owner.query("select from parcelkeep.sealed_groups where subject = $1", [person.id])).rowCount, 0);
    assert.equal((await owner.query("select from parcelkeep.record_subjects where subject = $1", [person.id])).rowCount, 0);
  });

  test("is not erased while a legal hold lies on them, and is as before", async () => {
    const dora: Person = { name: "Dora Verwahrt", email: "dora@verwahrt.test", number: "ERASE300001" };
    const receipt = await shop.register(dora);
    const [person] = await shop.search(dora);
    assert.equal((await shop.call(`/v1/subjects/${person.id}/hold`, { reference: "case-4711" })).status, 200);
    const refused = await shop.erasureIn(await shop.erase(person.id), ["refused"]);
    assert.equal(refused.proof, null);
    const [held] = await shop.search(dora);
    assert.deepEqual([held.id, held.onHold, held.records], [person.id, true, 1]);
    await archived(program, owner);
    assert.match((await vault.raw(receipt))!, /Dora/);
    assert.equal((await shop.call(`/v1/subjects/${person.id}/hold`, undefined, "DELETE")).onHold, false);
    await shop.erasureIn(await shop.erase(person.id), ended);
    assert.equal(await vault.raw(receipt), "key-destroyed");
  });

  test("is unknown to other tenants, and values are not repeated", async () => {
    const [person] = await shop.search(bert);
    const other = new Shop(program);
    assert.deepEqual(await other.search(bert), []);
    assert.equal((await other.call(`/v1/subjects/${person.id}/erase`, { reason: "objection" })).status, 404);
    assert.equal((await other.call(`/v1/subjects/${person.id}/hold`, {})).status, 404);
    const wrong = await shop.call("/v1/subjects/search", { identifiers: [{ category: "name", value: bert.name }] });
    assert.deepEqual([wrong.status, wrong.code], [400, "invalid_field"]);
    assert.doesNotMatch(JSON.stringify(wrong), /Bert/);
    assert.equal((await shop.call(`/v1/subjects/${person.id}/erase`, { reason: "because" })).code, "invalid_field");
    // What is kept after the erasure takes no e-mail address.
    const named = { reason: "objection", requestedBy: bert.email };
    assert.equal((await shop.call(`/v1/subjects/${person.id}/erase`, named)).code, "invalid_field");
    const { paths } = (await program.call("/openapi.json")).json();
    for (const path of ["/v1/subjects/search", "/v1/subjects/{id}/erase", "/v1/subjects/{id}/hold", "/v1/erasures/{id}"])
      assert.ok(paths[path], path);
  });

  test("is erased again where the database is restored from before it", async () => {
    const emil: Person = { name: "Emil Vergangen", email: "emil@vergangen.test", number: "ERASE400001" };
    const receipt = await shop.register(emil);
    await archived(program, owner);
    await owner.query("create schema backup");
    const tables = [
      "records",
      "sealed_groups",
      "token_index",
      "record_subjects",
      "subject_links",
      "erasures",
      "tombstones",
      "frozen_index",
    ];
    for (const table of tables) await owner.query(`create table backup.${table} as table parcelkeep.${table}`);
    const [person] = await shop.search(emil);
    const erasure = await shop.erase(person.id);
    await shop.erasureIn(erasure, ended);
    await owner.query("begin");
    for (const table of tables) {
      await owner.query(`alter table parcelkeep.${table} disable trigger user`);
      await owner.query(`delete from parcelkeep.${table}`);
      await owner.query(`insert into parcelkeep.${table} table backup.${table}`);
      await owner.query(`alter table parcelkeep.${table} enable trigger user`);
    }
    await owner.query("commit");
    assert.match((await vault.raw(receipt))!, /Emil/);
    await owner.end();
    await program.stop();
    await program.start();
    owner = await ownerOf(program);
    vault = new VaultReader(program.env, owner);
    assert.equal(await vault.raw(receipt), "key-destroyed");
    assert.doesNotMatch(JSON.stringify([...(await vault.values())]), /Vergangen/);
    assert.deepEqual(await shop.search(emil), []);
    const proof = await verified((await shop.erasureIn(erasure, ended)).proof);
    assert.equal(proof.reapplied, true);
  });

  async function emailToken(shipment: string): Promise<{ token: string }> {
    const { rows } = await owner.query("select state from parcelkeep.shipments where id = $1", [shipment]);
    return { token: /ptk_eu1_em1_\w{38}/.exec(rows[0].state)![0] };
  }

  async function publicKey() {
    return (await new ProgramKeys(program.env).signing()).publicKey();
  }

  async function verified(proof: any): Promise<ErasureProof> {
    const found = verifyProof(await publicKey(), proof);
    assert.ok(found !== null, "the proof does not verify");
    return found;
  }
});

test("an erasure that kill -9 cuts short goes on where it was", async (t) => {
  const program = new RunningProgram(settings);
  t.after(() => program.remove());
  await program.start();
  const shop = new Shop(program);
  const persons = Array.from({ length: 3 }, (_, index): Person => {
    return { name: `Person ${index}`, email: `person${index}@erfunden.test`, number: `ERASE90000${index}` };
  });
  for (const person of persons) await shop.register(person);
  const erasures: string[] = [];
  for (const [index, person] of persons.entries()) {
    const [found] = await shop.search(person);
    erasures.push(await shop.erase(found.id));
    // At another place of the erasure each time.
    await new Promise((resolve) => setTimeout(resolve, index * 40));
    await program.stop("SIGKILL");
    await program.start();
  }
  for (const erasure of erasures) await shop.erasureIn(erasure, ended);
  const owner = await ownerOf(program);
  t.after(() => owner.end());
  assert.deepEqual([...(await new VaultReader(program.env, owner).values()).values()].flat(), []);
  assert.equal((await owner.query("select from parcelkeep.frozen_index")).rowCount, 0);
});
