import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { subkey } from "../../domain/keyed-hash.ts";
import { unpackMessage } from "../../domain/packed-message.ts";
import { ingestStore, type IngestStore } from "../../store/ingest-store.ts";
import { IngestSessions } from "../../vault/ingest-session.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import { type Commit, Committer } from "./committer.ts";
import { Intake, type IntakeOutcome } from "./intake.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";

const tenant = "00000000-0000-4000-8000-000000000001";
const keys = {
  currentEpoch: 1,
  derive: async (label: string) => subkey(Buffer.alloc(32, 7), label),
  generateDataKey: async () => ({ plaintext: randomBytes(32), wrapped: randomBytes(60) }),
} as unknown as SealingKeys;

/** One scan of a parcel; each scan is another record. */
function scan(number: string, serial: number, phone?: string): string {
  const contact = phone === undefined ? {} : { recipientInformation: { contact: { phoneNumber: phone } } };
  const result = {
    trackingNumberInfo: { trackingNumber: number },
    ...contact,
    scanEvents: [{ date: `2026-11-2${serial}T10:00:00+01:00` }],
  };
  return JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } });
}

describe("records that come at the same time", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  const pool = database.pool("parcelkeep_ingress");
  beforeEach(() =>
    owner.query(
      "truncate parcelkeep.records, parcelkeep.inbox, parcelkeep.sealed_groups, parcelkeep.token_index, parcelkeep.record_subjects, parcelkeep.subject_links cascade",
    ),
  );

  /** An ingress process with a memory of its own. */
  async function process(override: Partial<IngestStore> = {}) {
    const commits: Commit[] = [];
    const real = ingestStore(pool);
    let claims = 0;
    const store: IngestStore = {
      ...real,
      claimTokens: (rows, groups) => {
        claims += rows.length;
        return real.claimTokens(rows, groups);
      },
      ...override,
    };
    const sessions = new IngestSessions(keys, (of, epoch, wrapped) => store.openSession(of, epoch, wrapped), Date.now);
    const tenantKeys = new TenantKeys(keys, async () => []);
    await tenantKeys.of(tenant);
    const committer = new Committer(store, sessions, "eu1", "never", {
      settled: (blind, token, subject) => intake.settle(blind, token, subject),
      closed: (subjects) => intake.forget(new Set(subjects)),
      newestIndexKeys: (of) => tenantKeys.renewed(of),
      ended: (commit) => void commits.push(commit),
      failed: (error) => override.commit === undefined && assert.fail(error as Error),
    });
    const intake = new Intake(committer, tenantKeys, "eu1", Date.now, () => {});
    /** All in one turn of the loop: one batch. */
    const receive = (bodies: readonly string[]): Promise<IntakeOutcome[]> =>
      Promise.all(
        bodies.map(
          (body) =>
            new Promise<IntakeOutcome>((resolve) => {
              const request = { tenant, endpoint: "e", source: "fedex", contentType: "", contentEncoding: "", idempotencyKey: null };
              intake.receive({ ...request, body: Buffer.from(body) }, resolve);
            }),
        ),
      );
    return { receive, claims: () => claims, commits };
  }

  const messages = async () =>
    (await owner.query<{ message: string }>("select message from parcelkeep.inbox order by record")).rows.map(({ message }) =>
      unpackMessage(message),
    );
  const indexed = async () =>
    (await owner.query<{ token: Buffer; subject: string }>("select token, subject from parcelkeep.token_index")).rows;
  /** Everybody whom an erasure of one of the index's persons takes. */
  const sameAs = async (subject: string): Promise<Set<string>> =>
    new Set(
      (await owner.query<{ subject: string }>("select subject from parcelkeep.same_subjects($1, $2)", [tenant, subject])).rows.map(
        (row) => row.subject,
      ),
    );
  /** Whose groups there are, and whom records name. */
  const persons = async (): Promise<Set<string>> =>
    new Set(
      (
        await owner.query<{ subject: string }>(
          "select subject from parcelkeep.sealed_groups union select subject from parcelkeep.record_subjects",
        )
      ).rows.map((row) => row.subject),
    );
  const accepted = (outcomes: readonly IntakeOutcome[]): boolean => outcomes.every(({ state }) => state === "accepted");

  test("are told as the commits that they made, with those that failed", async () => {
    const bodies = [1, 2].map((serial) => scan("794600000009", serial));
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    const shown = (commits: readonly Commit[]) => commits.map((commit) => [commit.records, commit.bytes, commit.isFailed]);
    const sound = await process();
    assert.ok(accepted(await sound.receive(bodies)));
    assert.deepEqual(shown(sound.commits), [[2, bytes, false]]);
    const broken = await process({ commit: () => Promise.reject(Object.assign(new Error("away"), { code: "57P01" })) });
    await broken.receive(bodies);
    assert.deepEqual(shown(broken.commits), [[2, bytes, true]]);
  });

  test("claim a value that they all name once, and have one token and one person for it", async () => {
    const { receive, claims } = await process();
    assert.ok(accepted(await receive([1, 2, 3, 4, 5].map((serial) => scan("794600000001", serial, "+4915112345678")))));
    assert.equal(claims(), 2);
    const all = await messages();
    assert.equal(all.length, 5);
    assert.equal(new Set(all.map(({ number }) => number)).size, 1);
    assert.equal(new Set(all.map(({ personal }) => personal[0]!.token)).size, 1);
    assert.equal((await indexed()).length, 2);
    assert.equal((await persons()).size, 1);
    const { rows } = await owner.query("select count(*)::int as n from parcelkeep.record_subjects");
    assert.equal(rows[0].n, 4, "each record but the one that holds the values names the person");
  });

  test("take the token that another process has given to the value, also those that had taken over a candidate", async () => {
    const first = await process();
    assert.ok(accepted(await first.receive([scan("794600000002", 1)])));
    const [known] = await messages();
    const second = await process();
    assert.ok(accepted(await second.receive([2, 3, 4].map((serial) => scan("794600000002", serial)))));
    assert.deepEqual(new Set((await messages()).map(({ number }) => number)), new Set([known!.number]));
    const entries = await indexed();
    assert.equal(entries.length, 1);
    assert.ok([...(await persons())].includes(entries[0]!.subject));
    const { rows } = await owner.query("select count(*)::int as n from parcelkeep.record_subjects where subject = $1", [
      entries[0]!.subject,
    ]);
    assert.ok(rows[0].n >= 2, "an erasure finds the records that took over the candidate");
  });

  test("belong to the person whom another process knows, whichever of them shows it", async () => {
    const first = await process();
    assert.ok(accepted(await first.receive([scan("794600000003", 1)])));
    const [{ subject } = assert.fail()] = await indexed();
    const second = await process();
    // The first names the number that is known elsewhere; the second brings a new phone under the first's candidate.
    assert.ok(accepted(await second.receive([scan("794600000003", 2), scan("794600000003", 3, "+4915112340003")])));
    const entries = await indexed();
    assert.equal(entries.length, 2);
    const same = await sameAs(subject);
    for (const entry of entries) assert.ok(same.has(entry.subject), "both identifiers find the person");
    const { rows } = await owner.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups");
    for (const group of rows) assert.ok(same.has(group.subject), "all sealed values are the person's");
  });

  test("of two processes that meet the same values for the first time have one token for each", async () => {
    const processes = [await process(), await process()];
    const outcomes = await Promise.all(
      processes.map(({ receive }, nth) =>
        receive([1, 2, 3, 4].map((serial) => scan(`79460000001${serial % 2}`, nth * 4 + serial, "+4915112340004"))),
      ),
    );
    assert.ok(accepted(outcomes.flat()));
    const all = await messages();
    assert.equal(all.length, 8);
    assert.equal(new Set(all.map(({ number }) => number)).size, 2);
    assert.equal(new Set(all.map(({ personal }) => personal[0]!.token)).size, 1);
    const entries = await indexed();
    assert.equal(entries.length, 3);
    const same = await sameAs(entries[0]!.subject);
    for (const entry of entries) assert.ok(same.has(entry.subject));
    const { rows } = await owner.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups");
    for (const group of rows) assert.ok(same.has(group.subject));
  });

  test("and are the same are stored once, beside others that bring new values", async () => {
    const first = await process();
    assert.ok(accepted(await first.receive([scan("794600000020", 1)])));
    const second = await process();
    const outcomes = await second.receive([scan("794600000020", 1), scan("794600000021", 1), scan("794600000022", 1)]);
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ["duplicate", "accepted", "accepted"],
    );
    assert.equal((await indexed()).length, 3);
    assert.equal((await messages()).length, 3);
  });

  test("and are one request that came again have the receipt of the first, which is durable by then", async () => {
    const { receive } = await process();
    const body = scan("794600000030", 1);
    const [first, ...again] = await receive([body, body, body]);
    assert.equal(first!.state, "accepted");
    const { receipt } = first as { receipt: string };
    assert.deepEqual(again, [
      { state: "duplicate", receipt },
      { state: "duplicate", receipt },
    ]);
    assert.deepEqual(await receive([body]), [{ state: "duplicate", receipt }]);
    assert.equal((await messages()).length, 1);
  });

  test("and are one request that came again: where the first fails, the next is stored in its place", async () => {
    let commits = 0;
    const real = ingestStore(pool);
    const failingOnce: IngestStore["commit"] = async (...batch) => {
      if (commits++ === 0) throw Object.assign(new Error("away"), { code: "57P01" });
      await real.commit(...batch);
    };
    const { receive } = await process({ commit: failingOnce });
    const body = scan("794600000031", 1);
    const [first, second, third] = await receive([body, body, body]);
    assert.deepEqual(first, { state: "refused", code: "busy" });
    assert.equal(second!.state, "accepted");
    assert.deepEqual(third, { state: "duplicate", receipt: (second as { receipt: string }).receipt });
    assert.equal((await messages()).length, 1);
  });
});
