import assert from "node:assert/strict";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { RunningProgram } from "../support/running-program.ts";

const json = { "content-type": "application/json" };

interface Person {
  readonly name: string;
  readonly email: string;
  readonly number: string;
  tenant: string;
  subject: string;
}

/** What came of an opening: the values, and how many groups did not open, by reason. */
interface Export {
  readonly values: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
}

/*
 * Rows that were tampered with or swapped, by somebody who writes to the tables, and key files that are gone or not what they should be; on the whole program
 * with keys in files. Faults of a KMS stand in keys-aws.test.ts, those of a token in test/services/pkcs11.test.ts.
 */
describe("rows that were tampered with, and key files that are not what they should be", async () => {
  const program = new RunningProgram({ PARCELKEEP_KEYS: "local", PARCELKEEP_INTAKE_THREADS: "1", PARCELKEEP_AUDIT_PUBLISH_MS: "1" });
  const key = (name: string): string => join(program.dataDir, "keys", `${name}.json`);
  const [ada, ben, eve] = ["Ada Erdacht", "Ben Erdacht", "Eve Erdacht"].map((name, at): Person => ({
    name,
    email: `p${at}@erdacht.test`,
    number: `FAULT10000${at}`,
    tenant: "",
    subject: "",
  })) as [Person, Person, Person];
  let database: pg.Client;
  let apiKeys: Record<string, string> = {};

  const query = async (text: string, values: unknown[] = []): Promise<any[]> => (await database.query(text, values)).rows;
  const register = (apiKey: string, { name, email, number }: Omit<Person, "tenant" | "subject">) =>
    program.call("/v1/shipments", {
      method: "POST",
      key: apiKey,
      body: JSON.stringify({ carrier: "gls", trackingNumber: number, recipient: { name, email } }),
      headers: json,
    });
  const exported = ({ tenant, subject }: Pick<Person, "tenant" | "subject">) =>
    program.call(`/v1/subjects/${subject}/export`, { method: "POST", key: program.operatorKey, headers: { "parcelkeep-tenant": tenant } });
  const opened = async (person: Pick<Person, "tenant" | "subject">): Promise<Export> => {
    const answer = await exported(person);
    assert.equal(answer.status, 200, answer.text);
    const { values, refused } = answer.json();
    return { values: values.map((each: { value: string }) => each.value).toSorted(), refused };
  };
  const whole = ({ name, email, number }: Person): Export => ({ values: [name, number, email], refused: {} });
  /** Nobody's export has a word of another's, whatever was done to the rows. */
  const allOf = (...persons: readonly Person[]): RegExp =>
    new RegExp(persons.flatMap(({ name, email, number }) => [name, email, number]).join("|"));

  before(async () => {
    await program.start();
    program.command("approvals", "stand-alone");
    const newTenant = (name: string) => JSON.parse(program.command("tenants", "create", "--name", name, "--json"));
    const [one, two] = [newTenant("One"), newTenant("Two")];
    apiKeys = { [one.tenant]: one.apiKey, [two.tenant]: two.apiKey };
    database = new pg.Client(program.databaseUrl);
    database.on("error", () => {});
    await database.connect();
    for (const [person, tenant] of [
      [ada, one.tenant],
      [ben, one.tenant],
      [eve, two.tenant],
    ] as const) {
      assert.equal((await register(apiKeys[tenant]!, person)).status, 202);
      const [{ subject }] = await query(
        `select subject from parcelkeep.sealed_groups where tenant = $1 and subject <> all($2::uuid[]) limit 1`,
        [tenant, [ada, ben].map((each) => each.subject).filter((id) => id !== "")],
      );
      Object.assign(person, { tenant, subject });
    }
    for (const person of [ada, ben, eve]) assert.deepEqual(await opened(person), whole(person));
  });
  after(async () => {
    await database.end().catch(() => {});
    await program.remove();
  });

  /** Changes rows, has a look, and puts back what was there. */
  async function tampered(change: string, values: unknown[], look: () => Promise<void>): Promise<void> {
    await query("create table public.groups_before as table parcelkeep.sealed_groups");
    await query("create table public.sessions_before as table parcelkeep.ingest_sessions");
    try {
      await query(change, values);
      await look();
    } finally {
      await query("delete from parcelkeep.sealed_groups");
      await query("insert into parcelkeep.sealed_groups table public.groups_before");
      await query("delete from parcelkeep.ingest_sessions");
      await query("insert into parcelkeep.ingest_sessions table public.sessions_before");
      await query("drop table public.groups_before, public.sessions_before");
    }
  }

  for (const [what, columns] of [
    ["the seal", "sealed"],
    ["the commitment", "commitment"],
    ["the salt", "salt"],
  ] as const) {
    test(`${what} of a person's values with one bit changed is refused, and what is beside it opens`, () =>
      tampered(
        `update parcelkeep.sealed_groups set ${columns} = set_bit(${columns}, octet_length(${columns}) * 8 - 1, 1 - get_bit(${columns}, octet_length(${columns}) * 8 - 1))
         where subject = $1 and purpose = 'p'`,
        [ada.subject],
        async () => {
          assert.deepEqual(await opened(ada), { values: [ada.number], refused: { refused: 1 } });
          assert.deepEqual(await opened(ben), whole(ben));
        },
      ));
  }

  const swap = `update parcelkeep.sealed_groups g set salt = o.salt, commitment = o.commitment, sealed = o.sealed, session = o.session
    from parcelkeep.sealed_groups o where (g.subject, o.subject) in (($1, $2), ($2, $1)) and g.purpose = o.purpose`;

  test("the seals of two persons of a tenant that were swapped open for neither", () =>
    tampered(swap, [ada.subject, ben.subject], async () => {
      for (const person of [ada, ben]) assert.deepEqual(await opened(person), { values: [], refused: { refused: 2 } });
    }));

  test("the seals of persons of two tenants that were swapped open for neither", () =>
    tampered(swap, [ada.subject, eve.subject], async () => {
      // The session's wrap is of the other tenant: the root refuses it before the seal is looked at.
      for (const person of [ada, eve]) assert.deepEqual(await opened(person), { values: [], refused: { "refused-wrap": 2 } });
      assert.deepEqual(await opened(ben), whole(ben));
    }));

  test("a row that was given to a person of another tenant does not open there", () =>
    tampered(
      "update parcelkeep.sealed_groups set tenant = $2, subject = $3 where subject = $1",
      [ada.subject, eve.tenant, eve.subject],
      async () => {
        const answer = await opened(eve);
        assert.deepEqual(answer, { ...whole(eve), refused: { "refused-wrap": 2 } });
        assert.deepEqual(await opened(ada), { values: [], refused: {} });
      },
    ));

  for (const [what, change] of [
    ["with one bit changed", "wrapped_values = set_bit(wrapped_values, 7, 1 - get_bit(wrapped_values, 7))"],
    ["of another purpose", "wrapped_values = wrapped_numbers"],
    ["of raw records", "wrapped_values = wrapped_raw"],
    ["cut short", "wrapped_values = substr(wrapped_values, 1, 20)"],
    ["that is empty", "wrapped_values = ''"],
  ] as const) {
    test(`a wrap ${what} is refused, and what is under the others opens`, () =>
      tampered(`update parcelkeep.ingest_sessions set ${change} where tenant = $1`, [ada.tenant], async () => {
        assert.deepEqual(await opened(ada), { values: [ada.number], refused: { "refused-wrap": 1 } });
        assert.deepEqual(await opened(eve), whole(eve));
      }));
  }

  test("the wraps of two tenants' sessions that were swapped open for neither", () =>
    tampered(
      `update parcelkeep.ingest_sessions s set wrapped_values = o.wrapped_values, wrapped_numbers = o.wrapped_numbers
       from parcelkeep.ingest_sessions o where s.tenant <> o.tenant`,
      [],
      async () => {
        for (const person of [ada, eve]) assert.deepEqual(await opened(person), { values: [], refused: { "refused-wrap": 2 } });
      },
    ));

  test("a wrap of an epoch that there is not is told from one that was tampered with", () =>
    tampered("update parcelkeep.ingest_sessions set epoch = 9 where tenant = $1", [ada.tenant], async () => {
      assert.deepEqual(await opened(ada), { values: [], refused: { "unknown-epoch": 2 } });
    }));

  /** While a key file is not what it should be. */
  async function withFile(name: string, change: (path: string) => void, look: () => Promise<void>): Promise<void> {
    const kept = `${key(name)}.kept`;
    writeFileSync(kept, readFileSync(key(name)), { mode: 0o600 });
    try {
      change(key(name));
      await look();
    } finally {
      renameSync(kept, key(name));
    }
  }
  const gone = (path: string): void => renameSync(path, `${path}.gone`);
  const keysSaid = (): string | undefined => [...program.output.matchAll(/"keys":"([a-z-]+)","purpose":"stand-alone-export"/g)].at(-1)?.[1];

  for (const [what, change, code] of [
    ["is gone", gone, "unavailable"],
    ["can be read by others", (path: string) => chmodSync(path, 0o644), "bad-key-file"],
    ["is cut short", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 40)), "bad-key-file"],
    [
      "holds something else",
      (path: string) => writeFileSync(path, '{"version":3,"currentEpoch":1,"minimumEpoch":1,"epochs":null}'),
      "bad-key-file",
    ],
  ] as const) {
    test(`while the opening half ${what} nothing opens, with a code for the caller and one in the log; ingest goes on`, () =>
      withFile("opening", change, async () => {
        const answer = await exported(ada);
        assert.deepEqual([answer.status, answer.json().code], [503, "opening_failed"]);
        assert.doesNotMatch(answer.text, allOf(ada, ben, eve));
        await program.until(async () => keysSaid() === code, `the log to say ${code}`);
        const number = `FAULT2${code.length}${what.length}`;
        assert.equal((await register(apiKeys[ben.tenant]!, { ...ben, number })).status, 202);
      }).then(async () => assert.equal((await exported(ada)).status, 200)));
  }

  test("ingest goes on while the sealing half is gone, also for a tenant that it has not met", () =>
    withFile("sealing", gone, async () => {
      assert.equal((await register(apiKeys[ada.tenant]!, { ...ada, number: "FAULT300001" })).status, 202);
      const third = JSON.parse(program.command("tenants", "create", "--name", "Three", "--json"));
      assert.equal((await register(third.apiKey, { ...eve, number: "FAULT300002" })).status, 202);
    }));

  test("the program does not start without a key file, or with one that is damaged, and says which; nothing is lost", async () => {
    await database.end();
    await program.stop();
    for (const [name, change, message] of [
      ["opening", gone, /does not hold .*opening\.json/],
      ["sealing", (path: string) => chmodSync(path, 0o640), /sealing\.json is readable by others; its mode must be 0600/],
      ["sealing", (path: string) => writeFileSync(path, "{}"), /sealing\.json is not a Parcelkeep key file/],
    ] as const) {
      await withFile(name, change, async () => {
        const before = program.output.length;
        await assert.rejects(program.start());
        assert.match(program.output.slice(before), message);
      });
    }
    await program.start();
    for (const person of [ada, ben, eve]) {
      const { values, refused } = await opened(person);
      assert.deepEqual(refused, {});
      for (const value of [person.name, person.email, person.number]) assert.ok(values.includes(value), value);
    }
    database = new pg.Client(program.databaseUrl);
    await database.connect();
  });
});
