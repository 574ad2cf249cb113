import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { subkey } from "../../domain/keyed-hash.ts";
import { ingestStore } from "../../store/ingest-store.ts";
import { type TokenBudget, tokenReads, tokenStore } from "../../store/token-store.ts";
import { IngestSessions } from "../../vault/ingest-session.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import { openGroup } from "../../vault/seal-group.ts";
import { parseToken } from "../../vault/token.ts";
import type { KnownToken } from "../../vault/tokenise.ts";
import type { LooseValue } from "../../vault/tokenise-values.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";
import { TenantVault } from "../keys/tenant-vault.ts";
import { TokenIntake, type TokenOutcome } from "./token-intake.ts";
import { VaultPolicies } from "../keys/vault-policy.ts";

const tenant = "00000000-0000-4000-8000-000000000001";
const plenty: TokenBudget = { tokensPerDay: 1_000_000, missesPerHour: 1_000_000, alarmIdentifiers: 1_000, alarmRatio: 0.9 };
const keys = {
  currentEpoch: 1,
  derive: async (label: string) => subkey(Buffer.alloc(32, 7), label),
  generateDataKey: async () => ({ plaintext: randomBytes(32), wrapped: randomBytes(60) }),
} as unknown as SealingKeys;

describe("a batch of values", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  const pool = database.pool("parcelkeep_ingress");
  const reads = tokenReads(database.pool("parcelkeep_api"));

  /** As one intake thread, with a memory and session keys of its own. */
  function thread(budget: TokenBudget = plenty) {
    const store = ingestStore(pool);
    const sessions = new IngestSessions(keys, (owner, epoch, wrapped) => store.openSession(owner, epoch, wrapped), Date.now);
    const known = new Map<string, KnownToken>();
    const tokens = tokenStore(pool);
    const intake = new TokenIntake({
      store: tokens,
      sessions,
      keys: new TenantKeys(keys, async () => []),
      vault: new TenantVault(keys),
      policies: new VaultPolicies((of) => tokens.policy(of)),
      cell: "eu1",
      budget,
      now: Date.now,
      known: (blind) => known.get(blind),
      settle: (blind, token, subject) => known.set(blind, { token, subject }),
      forget: (subjects) => {
        for (const [blind, { subject }] of known) if (subjects.has(subject)) known.delete(blind);
      },
    });
    const receive = (values: readonly LooseValue[], caller = "a", idempotencyKey: string | null = null): Promise<TokenOutcome> =>
      intake.receive({
        tenant,
        endpoint: caller,
        source: "tokens",
        contentType: "application/json",
        contentEncoding: "",
        idempotencyKey,
        body: Buffer.from(JSON.stringify({ values, short: false })),
      });
    const tokenise = async (values: readonly LooseValue[], caller?: string, idempotencyKey?: string): Promise<string[]> => {
      const outcome = await receive(values, caller, idempotencyKey ?? null);
      assert.equal(outcome.state, "tokenised");
      return outcome.state === "tokenised" ? JSON.parse(outcome.answer).items.map((item: { token: string }) => item.token) : [];
    };
    return { receive, tokenise, known, sessions };
  }

  const subjectOf = async (token: string): Promise<string | undefined> => (await reads.metadata(tenant, parseToken(token)!.bytes))?.subject;
  const linked = async (one: string, other: string): Promise<boolean> =>
    (
      await owner.query("select from parcelkeep.subject_links where (subject, same_as) in (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))", [
        one,
        other,
      ])
    ).rowCount! > 0;

  test("is opened again by whoever may, value by value", async () => {
    const { tokenise, sessions } = thread();
    const values: LooseValue[] = [
      { category: "phone", value: "+49151000001", person: 1 },
      { category: "name", value: "Ida Musterweg", person: 1 },
      { category: "trackingNumber", value: "1Z1", person: 1 },
    ];
    const tokens = await tokenise(values);
    const session = await sessions.take(tenant, 0);
    for (const [at, token] of tokens.entries()) {
      const { bytes } = parseToken(token)!;
      const { rows } = await owner.query("select * from parcelkeep.sealed_groups where id = $1", [bytes.subarray(0, 19)]);
      const purpose = rows[0].purpose === "n" ? "tracking-numbers" : "personal-values";
      const fields = openGroup(session.keys[purpose], session.id, tenant, bytes.subarray(0, 19), { ...rows[0], purpose });
      const field = fields.find((each) => each.position === bytes[19]);
      assert.deepEqual([field?.category, field?.value], [values[at]!.category, values[at]!.value]);
    }
  });

  test("of which two threads met the same values at once has the same tokens at both, each sealed once", async () => {
    const values = Array.from({ length: 200 }, (_, at): LooseValue => ({ category: "phone", value: `+4916${1_000_000 + at}` }));
    const before = (await owner.query("select count(*)::int as groups from parcelkeep.sealed_groups")).rows[0].groups;
    const answers = await Promise.all(["a", "b", "c"].map((caller) => thread().tokenise(values, caller)));
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual(answers[2], answers[0]);
    const { rows } = await owner.query("select count(*)::int as groups from parcelkeep.sealed_groups");
    assert.equal(rows[0].groups - before, 200);
  });

  test("of a person whom another thread knows belongs to that person", async () => {
    const [mail] = await thread().tokenise([{ category: "email", value: "ida@beispiel.example" }]);
    const other = thread();
    const tokens = await other.tokenise([
      { category: "phone", value: "+49151000002", person: 5 },
      { category: "email", value: "ida@beispiel.example", person: 5 },
      { category: "name", value: "Ida", person: 5 },
    ]);
    assert.equal(tokens[1], mail);
    const subject = await subjectOf(mail!);
    assert.deepEqual(await Promise.all(tokens.map(subjectOf)), [subject, subject, subject]);
    // The index too: what comes later with the phone number alone belongs to the same person.
    const [, name] = await thread().tokenise([
      { category: "phone", value: "+49151000002", person: 5 },
      { category: "name", value: "I. Musterweg", person: 5 },
    ]);
    assert.equal(await subjectOf(name!), subject);
    assert.ok([...other.known.values()].every((known) => known.subject === subject));
  });

  for (const memory of ["of its own", "of another thread"] as const) {
    test(`links two persons that it shows to be one, met in the memory ${memory}`, async () => {
      const first = thread();
      const serial = memory.length;
      const phone: LooseValue = { category: "phone", value: `+491510001${serial}` };
      const mail: LooseValue = { category: "email", value: `ida${serial}@beispiel.example` };
      const [one] = await first.tokenise([phone]);
      const [two] = await first.tokenise([mail]);
      const [, , name] = await (memory === "of its own" ? first : thread()).tokenise([
        { ...phone, person: 1 },
        { ...mail, person: 1 },
        { category: "name", value: "Ida", person: 1 },
      ]);
      const [phones, mails, names] = (await Promise.all([one!, two!, name!].map(subjectOf))) as [string, string, string];
      assert.equal(names, mails, "e-mail says more than a phone number");
      assert.ok(await linked(mails, phones));
    });
  }

  test("that comes again under its key has the same tokens, at another thread too, and stores nothing twice", async () => {
    const values: LooseValue[] = [
      { category: "name", value: "Ida", person: 1 },
      { category: "phone", value: "+49151000004", person: 1 },
    ];
    const [first, other] = [thread(), thread()];
    const tokens = await first.tokenise(values, "a", "key");
    const groups = (await owner.query("select count(*) from parcelkeep.sealed_groups")).rows[0].count;
    assert.deepEqual(await other.tokenise(values, "a", "key"), tokens);
    assert.deepEqual(await first.tokenise(values, "a", "key"), tokens);
    assert.equal((await owner.query("select count(*) from parcelkeep.sealed_groups")).rows[0].count, groups);
    const subject = await subjectOf(tokens[0]!);
    assert.ok([...other.known.values()].every((known) => known.subject === subject));
  });

  test("spends its caller's budget whatever thread takes it, and is refused whole when that is gone", async () => {
    const budget = { ...plenty, missesPerHour: 100, tokensPerDay: 1_000 };
    const phones = (from: number, count: number): LooseValue[] =>
      Array.from({ length: count }, (_, at) => ({ category: "phone", value: `+4917${1_000_000 + from + at}` }));
    const outcomes = await Promise.all([0, 60, 120, 180].map((from) => thread(budget).receive(phones(from, 60), "prober")));
    assert.deepEqual(outcomes.map((outcome) => outcome.state).toSorted(), ["spent", "spent", "tokenised", "tokenised"]);
    const refused = await thread(budget).receive(phones(0, 1), "prober");
    assert.ok(refused.state === "spent" && refused.budget === "misses" && refused.retryAfterS > 0 && refused.retryAfterS <= 3_600);
    const names = Array.from({ length: 900 }, (): LooseValue => ({ category: "name", value: "Ida" }));
    const spent = await thread(budget).receive(names, "prober");
    assert.ok(spent.state === "spent" && spent.budget === "tokens" && spent.retryAfterS <= 86_400);
    assert.equal((await thread(budget).receive(names.slice(0, 800), "prober")).state, "tokenised");
    assert.equal((await thread(budget).receive(phones(0, 1), "other")).state, "tokenised");
  });

  test("tells once an hour of a caller whose identifiers are mostly unknown, and not of one that knows its own", async () => {
    const budget = { ...plenty, alarmIdentifiers: 50 };
    const phones = (from: number, count: number): LooseValue[] =>
      Array.from({ length: count }, (_, at) => ({ category: "phone", value: `+4918${1_000_000 + from + at}` }));
    const alarms = async (caller: string, batches: readonly (readonly [number, number])[]): Promise<boolean[]> => {
      const told: boolean[] = [];
      for (const [from, count] of batches) {
        const outcome = await thread(budget).receive(phones(from, count), caller);
        told.push(outcome.state === "tokenised" && outcome.alarm);
      }
      return told;
    };
    assert.deepEqual(await alarms("guesser", [[0, 40], [40, 40], [80, 40]]), [false, true, false]); // prettier-ignore
    assert.deepEqual(await alarms("shop", [[0, 100], [100, 10], [0, 100]]), [false, false, false]); // prettier-ignore
  });

  test("that fails half way is not stored at all", async () => {
    const failing = thread();
    const value: LooseValue = { category: "phone", value: "+49151000009" };
    await owner.query("alter table parcelkeep.sealed_groups add constraint never check (false) not valid");
    await assert.rejects(failing.receive([value]));
    await owner.query("alter table parcelkeep.sealed_groups drop constraint never");
    assert.equal(failing.known.size, 0);
    const [token] = await thread().tokenise([value]);
    assert.ok(await subjectOf(token!));
  });
});
