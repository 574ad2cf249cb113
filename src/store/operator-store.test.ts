import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import type { OperatorRole } from "../domain/operator.ts";
import { type NewPasskey, operatorStore } from "./operator-store.ts";

const times = { idleS: 900, lifeS: 28_800, stepUpS: 300 };
const issuer = randomBytes(32);

async function set(t: TestContext) {
  const database = await testDatabase(t);
  const store = operatorStore(database.pool("parcelkeep_api"));
  const owner = database.pool("parcelkeep_owner");
  /** Types and facts of the entries that wait for the audit log. */
  const entries = async (): Promise<readonly (readonly [string, Record<string, unknown>])[]> =>
    (
      await owner.query<{ type: string; facts: Record<string, unknown> }>("select type, facts from parcelkeep.audit_outbox order by id")
    ).rows.map(({ type, facts }) => [type, facts]);
  const enrolled = async (...roles: OperatorRole[]): Promise<{ person: string; passkey: NewPasskey }> => {
    const code = randomBytes(32);
    const person = randomUUID();
    assert.equal(await store.invite({ codeSha256: code, person, email: null, roles, lifeS: 900, by: "operator-key" }), "invited");
    const passkey = newPasskey();
    assert.equal(await store.redeem(code, passkey), person);
    return { person, passkey };
  };
  const signedIn = async (person: string, passkey: NewPasskey): Promise<{ secret: Buffer; session: string }> => {
    const secret = randomBytes(32);
    const session = await store.openSession({
      secretSha256: secret,
      person,
      login: null,
      credential: passkey.credential,
      previousSha256: null,
    });
    assert.notEqual(session, null);
    return { secret, session: session! };
  };
  return { store, owner, entries, enrolled, signedIn };
}

function newPasskey(counter = 0): NewPasskey {
  return {
    credential: randomBytes(32),
    publicKey: randomBytes(77),
    algorithm: -7,
    counter,
    transports: ["internal"],
    aaguid: randomUUID(),
    synced: false,
  };
}

const nameOf = ({ credential }: NewPasskey): string => createHash("sha256").update(credential).digest("hex");

test("a code lets one person in, once, with the roles that it was made with; the log says so", async (t) => {
  const { store, entries } = await set(t);
  const [code, person] = [randomBytes(32), randomUUID()];
  await store.invite({ codeSha256: code, person, email: null, roles: ["approver", "viewer"], lifeS: 900, by: "operator-key" });
  assert.equal(await store.invitation(code), person);
  const passkey = newPasskey();
  const both = await Promise.all([store.redeem(code, passkey), store.redeem(code, newPasskey())]);
  assert.deepEqual(new Set(both), new Set([person, null]));
  assert.equal(await store.invitation(code), null);
  assert.deepEqual(
    (await store.list()).map(({ person, roles, passkeys }) => [person, roles, passkeys.length]),
    [[person, ["approver", "viewer"], 1]],
  );
  const told = await entries();
  assert.deepEqual(
    told.map(([type]) => type),
    ["operator.invited", "operator.created", "passkey.enrolled"],
  );
  assert.deepEqual(told[0]![1], { operator: person, roles: ["approver", "viewer"], by: "operator-key" });
});

test("a code is over when its time is", async (t) => {
  const { store } = await set(t);
  const code = randomBytes(32);
  await store.invite({ codeSha256: code, person: randomUUID(), email: null, roles: ["viewer"], lifeS: 0, by: "operator-key" });
  assert.equal(await store.invitation(code), null);
  assert.equal(await store.redeem(code, newPasskey()), null);
  assert.deepEqual(await store.list(), []);
});

test("a passkey that somebody has is not taken for somebody else, and the code stays good", async (t) => {
  const { store, enrolled } = await set(t);
  const { passkey } = await enrolled("viewer");
  const code = randomBytes(32);
  await store.invite({ codeSha256: code, person: randomUUID(), email: null, roles: ["approver"], lifeS: 900, by: "operator-key" });
  assert.equal(await store.redeem(code, passkey), null);
  assert.equal((await store.list()).length, 1);
  assert.notEqual(await store.redeem(code, newPasskey()), null);
});

test("an address that is somebody's invites nobody else, also where it became so after the invitation", async (t) => {
  const { store } = await set(t);
  const [email, code, other] = [randomBytes(32), randomBytes(32), randomUUID()];
  const invite = (codeSha256: Buffer, person: string) =>
    store.invite({ codeSha256, person, email, roles: ["approver"], lifeS: 900, by: "operator-key" });
  assert.equal(await invite(code, other), "invited");
  const { person } = await store.loginPerson(issuer, randomBytes(32), email);
  assert.equal(await invite(randomBytes(32), randomUUID()), "known-email");
  assert.equal(await store.redeem(code, newPasskey()), null);
  assert.deepEqual(
    (await store.list()).map((row) => row.person),
    [person],
  );
});

test("a code for a person who is there adds a passkey and no role", async (t) => {
  const { store, enrolled } = await set(t);
  const { person } = await enrolled("viewer");
  const code = randomBytes(32);
  const invite = (roles: OperatorRole[]) => store.invite({ codeSha256: code, person, email: null, roles, lifeS: 900, by: "operator-key" });
  assert.equal(await invite(["security_officer"]), "refused");
  assert.equal(await invite([]), "invited");
  assert.equal(await store.redeem(code, newPasskey()), person);
  const [row] = await store.list();
  assert.deepEqual([row!.roles, row!.passkeys.length], [["viewer"], 2]);
});

test("a challenge is taken once, for what it was opened for, while it lasts", async (t) => {
  const { store } = await set(t);
  const [one, late] = [randomBytes(32), randomBytes(32)];
  await store.openChallenge(one, { purpose: "sign-in" }, 60);
  await store.openChallenge(late, { purpose: "sign-in" }, 0);
  assert.equal(await store.takeChallenge(one, { purpose: "enrol" }), false);
  assert.equal(await store.takeChallenge(one, { purpose: "sign-in", session: randomUUID() }), false);
  assert.equal(await store.takeChallenge(late, { purpose: "sign-in" }), false);
  const taken = await Promise.all([1, 2, 3].map(() => store.takeChallenge(one, { purpose: "sign-in" })));
  assert.equal(taken.filter(Boolean).length, 1);
});

test("what a passkey signed is taken once, also by two at once; another's never", async (t) => {
  const { store, enrolled } = await set(t);
  const { person, passkey } = await enrolled("viewer");
  const other = await enrolled("viewer");
  const challenge = randomBytes(32);
  const uses = await Promise.all([1, 2, 3].map(() => store.usePasskey(passkey.credential, person, challenge, 0)));
  assert.deepEqual(uses.toSorted(), ["replayed", "replayed", "used"]);
  assert.equal(await store.usePasskey(passkey.credential, other.person, randomBytes(32), 0), "unknown-credential");
  assert.equal(await store.usePasskey(other.passkey.credential, other.person, challenge, 0), "used");
});

test("a counter only grows; the same, a lower or none after some is refused and told", async (t) => {
  const { store, enrolled, entries } = await set(t);
  const { person, passkey } = await enrolled("viewer");
  const use = (counter: number) => store.usePasskey(passkey.credential, person, randomBytes(32), counter);
  assert.deepEqual([await use(0), await use(0), await use(7)], ["used", "used", "used"]);
  assert.deepEqual([await use(7), await use(6), await use(0)], Array(3).fill("counter-went-back"));
  assert.equal(await use(8), "used");
  assert.deepEqual(
    (await entries()).filter(([type]) => type === "passkey.counter-went-back"),
    Array(3).fill(["passkey.counter-went-back", { operator: person, credential: nameOf(passkey) }]),
  );
});

for (const [edge, column] of [
  ["idle", "seen_at"],
  ["life", "opened_at"],
] as const) {
  test(`a session ends at its ${edge} time and not a microsecond before`, async (t) => {
    const { owner, enrolled, signedIn } = await set(t);
    const { person, passkey } = await enrolled("viewer");
    const { secret } = await signedIn(person, passkey);
    const limit = edge === "idle" ? times.idleS : times.lifeS;
    const client = await owner.connect();
    // Within one transaction the clock stands still.
    const aliveAfter = async (age: string): Promise<boolean> => {
      await client.query(`update parcelkeep.operator_sessions set ${column} = now() - $1::interval`, [age]);
      const { rowCount } = await client.query(
        "select * from parcelkeep.operator_session($1, '900 seconds', '28800 seconds', '300 seconds')",
        [secret],
      );
      return rowCount === 1;
    };
    try {
      await client.query("begin");
      assert.equal(await aliveAfter(`${limit - 1}.999999 seconds`), true);
      assert.equal(await aliveAfter(`${limit} seconds`), false);
      await client.query("rollback");
    } finally {
      client.release();
    }
  });
}

test("a session that is used goes on, and is over when its whole time is", async (t) => {
  const { store, owner, enrolled, signedIn } = await set(t);
  const { person, passkey } = await enrolled("viewer");
  const { secret } = await signedIn(person, passkey);
  await owner.query("update parcelkeep.operator_sessions set seen_at = now() - interval '10 minutes'");
  assert.notEqual(await store.session(secret, times), null);
  const { rows } = await owner.query("select seen_at > now() - interval '1 minute' as recent from parcelkeep.operator_sessions");
  assert.deepEqual(rows, [{ recent: true }]);
});

test("signing in ends the session that the browser had and takes nothing of it over", async (t) => {
  const { store, enrolled, signedIn } = await set(t);
  const attacker = await enrolled("viewer");
  const victim = await enrolled("security_officer");
  const planted = await signedIn(attacker.person, attacker.passkey);
  const secret = randomBytes(32);
  await store.openSession({
    secretSha256: secret,
    person: victim.person,
    login: null,
    credential: victim.passkey.credential,
    previousSha256: planted.secret,
  });
  assert.equal(await store.session(planted.secret, times), null);
  assert.equal((await store.session(secret, times))?.person, victim.person);
});

test("a step-up gives the session another secret and keeps its id; the former opens nothing", async (t) => {
  const { store, owner, enrolled, signedIn, entries } = await set(t);
  const { person, passkey } = await enrolled("approver");
  const stranger = await enrolled("approver");
  const { secret, session } = await signedIn(person, passkey);
  await owner.query("update parcelkeep.operator_sessions set stepped_up_at = now() - interval '5 minutes'");
  assert.equal((await store.session(secret, times))?.stepped_up, false);
  const next = randomBytes(32);
  assert.equal(await store.stepUp(session, secret, next, stranger.passkey.credential), false);
  assert.equal(await store.stepUp(session, randomBytes(32), next, passkey.credential), false);
  assert.equal(await store.stepUp(session, secret, next, passkey.credential), true);
  assert.equal(await store.session(secret, times), null);
  const now = await store.session(next, times);
  assert.deepEqual([now?.session, now?.stepped_up, now?.roles], [session, true, ["approver"]]);
  assert.ok((await entries()).some(([type, facts]) => type === "operator.stepped-up" && facts["session"] === session));
});

for (const [what, change] of [
  ["is disabled", { change: "disable" }],
  ["gets a role", { change: "grant", role: "auditor" }],
  ["loses a role", { change: "revoke", role: "viewer" }],
] as const) {
  test(`the sessions of a person who ${what} end`, async (t) => {
    const { store, enrolled, signedIn } = await set(t);
    const { person, passkey } = await enrolled("viewer");
    const bystander = await enrolled("viewer");
    const [{ secret }, other] = [await signedIn(person, passkey), await signedIn(bystander.person, bystander.passkey)];
    assert.equal(await store.change(person, change, null, "operator-key"), "changed");
    assert.equal(await store.session(secret, times), null);
    assert.notEqual(await store.session(other.secret, times), null);
  });
}

test("a disabled person signs in by nothing: passkey, code, account, another account with the same address", async (t) => {
  const { store, enrolled } = await set(t);
  const { person, passkey } = await enrolled("viewer");
  const [subject, email] = [randomBytes(32), randomBytes(32)];
  const account = await store.loginPerson(issuer, subject, email);
  const code = randomBytes(32);
  await store.invite({ codeSha256: code, person, email: null, roles: [], lifeS: 900, by: "operator-key" });
  for (const each of [person, account.person])
    assert.equal(await store.change(each, { change: "disable" }, null, "operator-key"), "changed");
  assert.equal(await store.passkey(passkey.credential), null);
  assert.equal(await store.usePasskey(passkey.credential, person, randomBytes(32), 0), "unknown-credential");
  assert.equal(await store.redeem(code, newPasskey()), null);
  assert.equal((await store.loginPerson(issuer, subject, email)).outcome, "disabled");
  assert.equal((await store.loginPerson(randomBytes(32), randomBytes(32), email)).outcome, "disabled");
  for (const opened of [
    { person, login: null, credential: passkey.credential },
    { person: account.person, login: account.login, credential: null },
  ])
    assert.equal(await store.openSession({ ...opened, secretSha256: randomBytes(32), previousSha256: null }), null);
});

test("a second account with the same verified address is the same person, and gives no roles until a passkey confirms it", async (t) => {
  const { store, entries } = await set(t);
  const email = randomBytes(32);
  const first = await store.loginPerson(issuer, randomBytes(32), email);
  assert.equal(first.outcome, "new");
  await store.change(first.person, { change: "grant", role: "approver" }, null, "operator-key");
  const secret = randomBytes(32);
  const session = (account: typeof first, secretSha256: Buffer) =>
    store.openSession({ secretSha256, person: account.person, login: account.login, credential: null, previousSha256: null });
  await session(first, secret);
  const passkey = newPasskey();
  assert.equal(await store.enrolPasskey((await store.session(secret, times))!.session, times.stepUpS, passkey), true);

  const second = await store.loginPerson(randomBytes(32), randomBytes(32), email);
  assert.deepEqual([second.outcome, second.person], ["linked", first.person]);
  const other = randomBytes(32);
  const id = await session(second, other);
  const before = await store.session(other, times);
  assert.deepEqual([before?.roles, before?.confirmed, before?.may_enrol], [[], false, false]);
  assert.equal(await store.enrolPasskey(id!, times.stepUpS, newPasskey()), false);
  const next = randomBytes(32);
  assert.equal(await store.stepUp(id!, other, next, passkey.credential), true);
  const after = await store.session(next, times);
  assert.deepEqual([after?.roles, after?.confirmed], [["approver"], true]);
  assert.ok((await entries()).some(([type]) => type === "operator.login-confirmed"));
});

test("two accounts that come at once with one address are one person", async (t) => {
  const { store } = await set(t);
  const email = randomBytes(32);
  const logins = await Promise.all(Array.from({ length: 4 }, () => store.loginPerson(issuer, randomBytes(32), email)));
  assert.equal(new Set(logins.map(({ person }) => person)).size, 1);
  assert.deepEqual(logins.map(({ outcome }) => outcome).toSorted(), ["linked", "linked", "linked", "new"]);
});

test("an account whose address has become another person's is refused", async (t) => {
  const { store, entries } = await set(t);
  const [subject, email] = [randomBytes(32), randomBytes(32)];
  await store.loginPerson(issuer, subject, randomBytes(32));
  await store.loginPerson(issuer, randomBytes(32), email);
  assert.equal((await store.loginPerson(issuer, subject, email)).outcome, "email-conflict");
  assert.ok((await entries()).some(([type, facts]) => type === "operator.sign-in-refused" && facts["code"] === "email-conflict"));
});

test("without a verified address, two accounts are two persons", async (t) => {
  const { store } = await set(t);
  const [one, two] = [await store.loginPerson(issuer, randomBytes(32), null), await store.loginPerson(issuer, randomBytes(32), null)];
  assert.notEqual(one.person, two.person);
});

test("the first passkey needs a fresh sign-in, every other one a passkey that is there", async (t) => {
  const { store, owner } = await set(t);
  const account = await store.loginPerson(issuer, randomBytes(32), null);
  const secret = randomBytes(32);
  const session = await store.openSession({
    secretSha256: secret,
    person: account.person,
    login: account.login,
    credential: null,
    previousSha256: null,
  });
  const enrol = () => store.enrolPasskey(session!, times.stepUpS, newPasskey());
  await owner.query("update parcelkeep.operator_sessions set opened_at = now() - interval '6 minutes'");
  assert.equal(await enrol(), false);
  await owner.query("update parcelkeep.operator_sessions set opened_at = now()");
  assert.equal(await enrol(), true);
  assert.equal(await enrol(), false);
  await owner.query("update parcelkeep.operator_sessions set stepped_up_at = now()");
  assert.equal(await enrol(), true);
  await store.endSession(secret);
  assert.equal(await enrol(), false);
});

test("the last person who can administer keeps role, state and passkey", async (t) => {
  const { store, enrolled } = await set(t);
  const { person, passkey } = await enrolled("security_officer", "viewer");
  for (const change of [
    { change: "revoke", role: "security_officer" },
    { change: "disable" },
    { change: "revoke-passkey", passkey: nameOf(passkey) },
  ] as const)
    assert.equal(await store.change(person, change, null, "operator-key"), "last-administrator", change.change);
  const [row] = await store.list();
  assert.deepEqual([row!.state, row!.roles, row!.passkeys.length], ["active", ["security_officer", "viewer"], 1]);
  assert.equal(await store.change(person, { change: "revoke", role: "viewer" }, null, "operator-key"), "changed");
});

test("of two who can administer, two at once cannot take both away", async (t) => {
  const { store, enrolled } = await set(t);
  for (let round = 0; round < 5; round++) {
    const [one, two] = [await enrolled("security_officer"), await enrolled("security_officer")];
    for (const { person } of (await store.list()).filter(({ person }) => person !== one.person && person !== two.person))
      await store.change(person, { change: "disable" }, null, "operator-key");
    const outcomes = await Promise.all([
      store.change(one.person, { change: "disable" }, null, two.person),
      store.change(two.person, { change: "revoke-passkey", passkey: nameOf(two.passkey) }, null, one.person),
    ]);
    assert.deepEqual(outcomes.toSorted(), ["changed", "last-administrator"]);
  }
});

test("an account administers while its provider is the one that is set", async (t) => {
  const { store, enrolled } = await set(t);
  const { person } = await enrolled("security_officer");
  const account = await store.loginPerson(issuer, randomBytes(32), null);
  await store.change(account.person, { change: "grant", role: "security_officer" }, issuer, "operator-key");
  assert.equal(await store.change(person, { change: "disable" }, null, "operator-key"), "last-administrator");
  assert.equal(await store.change(person, { change: "disable" }, randomBytes(32), "operator-key"), "last-administrator");
  assert.equal(await store.change(person, { change: "disable" }, issuer, "operator-key"), "changed");
});

test("nobody gives themselves rights", async (t) => {
  const { store, enrolled } = await set(t);
  const { person } = await enrolled("security_officer");
  assert.equal(await store.change(person, { change: "grant", role: "approver" }, null, person), "own-rights");
  assert.equal(await store.change(randomUUID(), { change: "grant", role: "approver" }, null, person), "unknown");
});
