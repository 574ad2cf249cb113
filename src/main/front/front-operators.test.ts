import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import { OperatorSite, passkeyName, said } from "../../../test/support/operator-site.ts";
import { type CeremonyChanges, SoftwareAuthenticator } from "../../../test/support/software-authenticator.ts";
import { PasskeyError } from "../../domain/passkey.ts";
import { verifyPasskeyEvidence } from "../../identity/passkey-evidence.ts";

/** For the tests that look at persons of their own only. */
const shared = OperatorSite.start({ after });

const sessionCookie = "parcelkeep_session";
const refusal = "401 sign_in_refused";

for (const [algorithm, attestation] of [
  ["ES256", "none"],
  ["ES256", "packed"],
  ["EdDSA", "none"],
  ["EdDSA", "packed"],
  ["RS256", "none"],
] as const) {
  test(`a code and a passkey (${algorithm}, attestation ${attestation}) let a person in, then the passkey alone`, async () => {
    const site = await shared;
    const invited = await site.byKey("POST", "/v1/operators/invitations", { roles: ["approver"] });
    assert.equal(invited.statusCode, 201);
    const { code, url, operator } = invited.json<{ code: string; url: string; operator: string }>();
    assert.equal(url, `${site.origin}/operators#${code}`);
    const authenticator = new SoftwareAuthenticator(site.origin, { algorithm, counter: 1 });
    assert.equal(said(await site.browser().enrol(authenticator, { code, attestation })), "204");

    const browser = site.browser();
    assert.equal(said(await browser.signIn(authenticator)), "204");
    const session = await browser.session();
    assert.deepEqual([session.operator, session.roles], [operator, ["approver"]]);
    assert.deepEqual(
      (await site.entries(operator)).map(([type]) => type),
      ["operator.invited", "operator.created", "passkey.enrolled", "operator.signed-in", "operator.signed-in"],
    );
  });
}

test("a code works once, and not after a quarter of an hour", async () => {
  const site = await shared;
  const invite = async () => (await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"] })).json<{ code: string }>().code;
  const used = await invite();
  await site.browser().enrol(new SoftwareAuthenticator(site.origin), { code: used });
  assert.equal(said(await site.browser().enrol(new SoftwareAuthenticator(site.origin), { code: used })), refusal);
  const late = await invite();
  await site.owner.query("update parcelkeep.operator_invitations set expires_at = created_at where used_at is null");
  assert.equal(said(await site.browser().enrol(new SoftwareAuthenticator(site.origin), { code: late })), refusal);
});

const wrongs: readonly (readonly [what: string, changes: CeremonyChanges])[] = [
  ["another origin", { origin: "http://localhost:9999" }],
  ["another relying party", { rpId: "elsewhere.example" }],
  ["the other ceremony", { type: "payment.get" }],
  ["a frame of another site", { crossOrigin: true }],
  ["a user who was not verified", { userVerified: false }],
  ["nobody present", { userPresent: false }],
];
for (const [what, changes] of wrongs) {
  test(`refuses ${what}, at enrolment, sign-in and step-up, and says nothing of it`, async () => {
    const site = await shared;
    const { code } = (await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"] })).json<{ code: string }>();
    assert.equal(said(await site.browser().enrol(new SoftwareAuthenticator(site.origin), { code, changes })), refusal);
    const { browser, authenticator } = await site.operator("viewer");
    assert.equal(said(await site.browser().signIn(authenticator, changes)), refusal);
    assert.equal(said(await browser.stepUp(authenticator, changes)), refusal);
    assert.equal(said(await browser.stepUp(authenticator)), "204");
  });
}

test("a response is taken once, and so is a challenge", async () => {
  const site = await shared;
  const { authenticator } = await site.operator("viewer");
  const browser = site.browser();
  const challenge = await browser.challenge("/v1/sign-in/options");
  const response = authenticator.get(challenge);
  const both = await Promise.all([browser.call("POST", "/v1/sign-in", response), site.browser().call("POST", "/v1/sign-in", response)]);
  assert.deepEqual(
    both.map(said).toSorted((one, two) => one.localeCompare(two)),
    ["204", refusal],
  );
  assert.equal(said(await browser.call("POST", "/v1/sign-in", authenticator.get(challenge))), refusal);
});

test("a challenge is over after five minutes, and answers only what it was given for", async () => {
  const site = await shared;
  const { browser, authenticator } = await site.operator("viewer");
  const stranger = await site.operator("viewer");
  const forSignIn = await browser.challenge("/v1/sign-in/options");
  assert.equal(said(await browser.call("POST", "/v1/session/step-up", authenticator.get(forSignIn))), refusal);
  const forStranger = await stranger.browser.challenge("/v1/session/step-up/options");
  assert.equal(said(await browser.call("POST", "/v1/session/step-up", authenticator.get(forStranger))), refusal);
  const late = await browser.challenge("/v1/sign-in/options");
  const { rows } = await site.owner.query<{ left: string }>(
    "update parcelkeep.operator_challenges set expires_at = now() where challenge = $1 returning extract(epoch from expires_at - now()) as left",
    [Buffer.from(late, "base64url")],
  );
  assert.equal(rows.length, 1);
  assert.equal(said(await browser.call("POST", "/v1/sign-in", authenticator.get(late))), refusal);
  assert.equal(said(await browser.call("POST", "/v1/sign-in", authenticator.get(randomBytes(32).toString("base64url")))), refusal);
});

test("a counter that goes back is refused and told; the original goes on", async () => {
  const site = await shared;
  const invited = await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"] });
  const { code, operator } = invited.json<{ code: string; operator: string }>();
  const authenticator = new SoftwareAuthenticator(site.origin, { counter: 10 });
  await site.browser().enrol(authenticator, { code });
  assert.equal(said(await site.browser().signIn(authenticator)), "204");
  assert.equal(said(await site.browser().signIn(authenticator, { counter: 9 })), refusal);
  assert.equal(said(await site.browser().signIn(authenticator)), "204");
  const types = (await site.entries(operator)).map(([type]) => type);
  assert.ok(types.includes("passkey.counter-went-back"));
  assert.ok(types.includes("operator.sign-in-refused"));
});

test("another person's passkey confirms nobody's session; an unknown one signs nobody in", async () => {
  const site = await shared;
  const { browser } = await site.operator("approver");
  const other = await site.operator("approver");
  assert.equal(said(await browser.stepUp(other.authenticator)), refusal);
  assert.equal(said(await site.browser().signIn(new SoftwareAuthenticator(site.origin))), refusal);
});

test("a key that is put under a known credential does not sign in", async () => {
  const site = await shared;
  const { authenticator } = await site.operator("viewer");
  const forger = new SoftwareAuthenticator(site.origin);
  const browser = site.browser();
  const forged = { ...forger.get(await browser.challenge("/v1/sign-in/options")), id: authenticator.id, rawId: authenticator.id };
  assert.equal(said(await browser.call("POST", "/v1/sign-in", forged)), refusal);
});

test("an attestation with certificates, which might send us to fetch something, is refused unread", async () => {
  const site = await shared;
  const { code } = (await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"] })).json<{ code: string }>();
  const browser = site.browser();
  const { challenge } = (await browser.call("POST", "/v1/passkeys/options", { code })).json<{ challenge: string }>();
  const created = new SoftwareAuthenticator(site.origin).create(challenge, "packed");
  const object = isoCBOR.decodeFirst<Map<string, unknown>>(new Uint8Array(Buffer.from(created.response.attestationObject, "base64url")));
  (object.get("attStmt") as Map<string, unknown>).set("x5c", [new Uint8Array(randomBytes(64))]);
  const attestationObject = Buffer.from(isoCBOR.encode(object as never)).toString("base64url");
  const credential = { ...created, response: { ...created.response, attestationObject } };
  assert.equal(said(await browser.call("POST", "/v1/passkeys", { code, credential })), refusal);
});

test("a session that somebody planted is not taken over at sign-in, and ends", async () => {
  const site = await shared;
  const attacker = await site.operator("viewer");
  const victim = await site.operator("security_officer");
  const planted = attacker.browser.cookies.get(sessionCookie)!;
  const browser = site.browser();
  browser.cookies.set(sessionCookie, planted);
  assert.equal(said(await browser.signIn(victim.authenticator)), "204");
  assert.notEqual(browser.cookies.get(sessionCookie), planted);
  assert.equal((await browser.session()).operator, victim.id);
  assert.equal((await attacker.browser.session()).status, 401);

  const invented = site.browser();
  const secret = randomBytes(32).toString("base64url");
  invented.cookies.set(sessionCookie, secret);
  assert.equal((await invented.session()).status, 401);
  await invented.signIn(victim.authenticator);
  assert.notEqual(invented.cookies.get(sessionCookie), secret);
});

test("a step-up replaces the cookie; the former one opens nothing", async () => {
  const site = await shared;
  const { browser, authenticator } = await site.operator("viewer");
  const former = site.browser();
  former.cookies.set(sessionCookie, browser.cookies.get(sessionCookie)!);
  await browser.stepUp(authenticator);
  assert.equal((await browser.session()).status, 200);
  assert.equal((await former.session()).status, 401);
});

test("the cookie is strict and closed to scripts; over TLS it is bound to the host", async (t) => {
  for (const [origin, expected] of [
    ["http://localhost:8080", "parcelkeep_session=SECRET; Path=/; HttpOnly; SameSite=Strict"],
    ["https://operators.example.eu", "__Host-parcelkeep_session=SECRET; Path=/; HttpOnly; SameSite=Strict; Secure"],
  ] as const) {
    const site = await OperatorSite.start(t, { origin });
    const { authenticator } = await site.operator("viewer");
    const answer = await site.browser().signIn(authenticator);
    assert.equal(String(answer.headers["set-cookie"]).replace(/=[\w-]{43};/, "=SECRET;"), expected);
    assert.equal(answer.headers["cache-control"], "no-store");
  }
});

test("a cookie that comes twice opens nothing: one of them was set by somebody else", async () => {
  const site = await shared;
  const { browser } = await site.operator("viewer");
  const secret = browser.cookies.get(sessionCookie)!;
  const planted = randomBytes(32).toString("base64url");
  const answer = await browser.call("GET", "/v1/session", undefined, { cookie: `${sessionCookie}=${planted}; ${sessionCookie}=${secret}` });
  assert.equal(answer.statusCode, 401);
});

test("signing out ends the session, not just the cookie", async () => {
  const site = await shared;
  const { browser } = await site.operator("viewer");
  const secret = browser.cookies.get(sessionCookie)!;
  assert.equal(said(await browser.call("POST", "/v1/sign-out")), "204");
  assert.equal(browser.cookies.has(sessionCookie), false);
  browser.cookies.set(sessionCookie, secret);
  assert.equal((await browser.session()).status, 401);
});

test("the cookie of a person who is disabled opens nothing, and the passkey neither", async () => {
  const site = await shared;
  await site.operator("security_officer");
  const { browser, authenticator, id } = await site.operator("viewer");
  assert.equal((await site.byKey("POST", `/v1/operators/${id}/disable`)).statusCode, 204);
  assert.equal((await browser.session()).status, 401);
  assert.equal(said(await site.browser().signIn(authenticator)), refusal);
  assert.equal((await site.byKey("POST", `/v1/operators/${id}/enable`)).statusCode, 204);
  assert.equal((await browser.session()).status, 401);
  assert.equal(said(await site.browser().signIn(authenticator)), "204");
});

const foreign: readonly (readonly [what: string, headers: Readonly<Record<string, string | undefined>>])[] = [
  ["another site's", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  ["another port's of this machine", { origin: "http://localhost:9999", "sec-fetch-site": "same-site" }],
  ["a sandboxed frame's", { origin: "null" }],
  ["one that says two things", { "sec-fetch-site": "cross-site" }],
  ["one without origin", { origin: undefined, "sec-fetch-site": undefined }],
  ["one without origin that was typed in", { origin: undefined, "sec-fetch-site": "none" }],
  ["a form's, without our header", { "parcelkeep-console": undefined }],
];
for (const [what, headers] of foreign) {
  test(`no act comes from a page that is ${what}`, async () => {
    const site = await shared;
    const { browser, authenticator, id } = await site.operator("security_officer");
    await browser.stepUp(authenticator);
    const acts = [
      ["POST", "/v1/sign-in/options", {}],
      ["POST", "/v1/sign-in", authenticator.get(randomBytes(32).toString("base64url"))],
      ["POST", "/v1/sign-out", undefined],
      ["POST", "/v1/session/step-up/options", {}],
      ["POST", "/v1/passkeys/options", {}],
      ["POST", "/v1/operators/invitations", { roles: ["viewer"] }],
      ["POST", `/v1/operators/${id}/disable`, undefined],
      ["DELETE", `/v1/operators/${id}/roles/viewer`, undefined],
    ] as const;
    for (const [method, url, payload] of acts) assert.equal(said(await browser.call(method, url, payload, headers)), "403 cross_site", url);
    assert.equal((await browser.session()).status, 200);
  });
}

test("a browser that sends no origin is believed when it says that the page is ours", async () => {
  const site = await shared;
  const { browser } = await site.operator("viewer");
  assert.equal(said(await browser.call("POST", "/v1/sign-out", undefined, { origin: undefined })), "204");
});

test("only a security officer with a fresh passkey changes who operates", async () => {
  const site = await shared;
  const officer = await site.operator("security_officer");
  const viewer = await site.operator("viewer", "approver", "operator", "auditor");
  const grant = (browser: typeof officer.browser, id: string) => browser.call("POST", `/v1/operators/${id}/roles`, { role: "auditor" });
  await viewer.browser.stepUp(viewer.authenticator);
  assert.equal(said(await grant(viewer.browser, officer.id)), "403 not_allowed");
  assert.equal(said(await grant(site.browser(), officer.id)), "401 not_authenticated");
  await site.owner.query("update parcelkeep.operator_sessions set stepped_up_at = now() - interval '5 minutes' where person = any($1)", [
    [officer.id],
  ]);
  assert.equal(said(await grant(officer.browser, viewer.id)), "403 step_up_required");
  await officer.browser.stepUp(officer.authenticator);
  assert.equal(said(await grant(officer.browser, officer.id)), "403 own_rights");
  assert.equal(said(await grant(officer.browser, "00000000-0000-4000-8000-000000000000")), "404 not_found");
  assert.equal(said(await officer.browser.call("DELETE", `/v1/operators/${viewer.id}/roles/operator`)), "204");
  assert.equal((await viewer.browser.session()).status, 401);
  const told = (await site.entries(viewer.id)).findLast(([type]) => type === "operator.role-revoked");
  assert.deepEqual(told?.[1], { operator: viewer.id, role: "operator", by: officer.id, approval: null });
});

test("the last who can administer is told that they are, whoever asks", async (t) => {
  const site = await OperatorSite.start(t);
  const { browser, authenticator, id } = await site.operator("security_officer");
  await browser.stepUp(authenticator);
  const refused = "409 last_administrator";
  assert.equal(said(await browser.call("POST", `/v1/operators/${id}/disable`)), refused);
  assert.equal(said(await browser.call("DELETE", `/v1/operators/${id}/passkeys/${passkeyName(authenticator)}`)), refused);
  assert.equal(said(await site.byKey("DELETE", `/v1/operators/${id}/roles/security_officer`)), refused);
  assert.equal((await browser.session()).status, 200);
});

test("a revoked passkey does nothing, and its sessions are over", async () => {
  const site = await shared;
  await site.operator("security_officer");
  const { browser, authenticator, id } = await site.operator("viewer");
  assert.equal(said(await site.byKey("DELETE", `/v1/operators/${id}/passkeys/${passkeyName(authenticator)}`)), "204");
  assert.equal((await browser.session()).status, 401);
  assert.equal(said(await site.browser().signIn(authenticator)), refusal);
});

test("another passkey wants one that was used in the last minutes", async () => {
  const site = await shared;
  const { browser, authenticator, id } = await site.operator("viewer");
  await site.owner.query("update parcelkeep.operator_sessions set stepped_up_at = now() - interval '5 minutes' where person = any($1)", [
    [id],
  ]);
  const second = new SoftwareAuthenticator(site.origin);
  assert.equal(said(await browser.enrol(second)), "403 step_up_required");
  await browser.stepUp(authenticator);
  assert.equal(said(await browser.enrol(second)), "204");
  assert.equal(said(await site.browser().signIn(second)), "204");
});

test("operators are listed without anything that names them, to those who may look", async (t) => {
  const site = await OperatorSite.start(t);
  const auditor = await site.operator("auditor");
  const viewer = await site.operator("viewer");
  const list = await auditor.browser.call("GET", "/v1/operators");
  const items = list.json<{ items: { operator: string; roles: string[]; passkeys: { credential: string; publicKey: string }[] }[] }>()
    .items;
  assert.deepEqual(
    items.map(({ operator, roles }) => [operator, roles]),
    [
      [auditor.id, ["auditor"]],
      [viewer.id, ["viewer"]],
    ],
  );
  assert.deepEqual(
    [items[1]!.passkeys[0]!.credential, items[1]!.passkeys[0]!.publicKey],
    [viewer.authenticator.id, viewer.authenticator.spki.toString("base64url")],
  );
  assert.equal(said(await viewer.browser.call("GET", "/v1/operators")), "403 not_allowed");
});

test("an address in an invitation is nowhere afterwards: not in the database, not in the log", async (t) => {
  const site = await OperatorSite.start(t);
  const email = "ida.invented@example.eu";
  const invited = await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"], email });
  const { code } = invited.json<{ code: string }>();
  const { browser } = { browser: site.browser() };
  await browser.enrol(new SoftwareAuthenticator(site.origin), { code });
  assert.equal(
    said(await site.byKey("POST", "/v1/operators/invitations", { roles: ["viewer"], email: " Ida.Invented@Example.EU".trim() })),
    "409 operator_known",
  );
  const { rows } = await site.owner.query<{ text: string }>(
    `select string_agg(t::text, ' ') as text from (select to_jsonb(p) t from parcelkeep.people p union all select to_jsonb(e) from parcelkeep.person_emails e
       union all select to_jsonb(i) from parcelkeep.operator_invitations i union all select to_jsonb(o) from parcelkeep.audit_outbox o) all_rows`,
  );
  assert.doesNotMatch(rows[0]!.text + site.lines.join(), /ida|invented/i);
});

test("attempts are bounded for one address, and others still come in", async () => {
  const site = await shared;
  const browser = site.browser();
  const answers = [];
  for (let attempt = 0; attempt < 25; attempt++) answers.push(await browser.call("POST", "/v1/sign-in/options", {}));
  assert.equal(said(answers[0]!), "200");
  assert.equal(said(answers.at(-1)!), "429 too_many_attempts");
  assert.ok(Number(answers.at(-1)!.headers["retry-after"]) > 0);
});

test("a signature over a scope's digest is kept as evidence that stands by itself, and is taken once", async () => {
  const site = await shared;
  const { authenticator, id } = await site.operator("approver");
  const other = await site.operator("approver");
  const challenge = randomBytes(32);
  const response = authenticator.get(challenge.toString("base64url"));
  const evidence = await site.operators.verifyPasskeySignature({ person: id, challenge, response });
  assert.equal(evidence.publicKey, authenticator.spki.toString("base64url"));
  verifyPasskeyEvidence(JSON.parse(JSON.stringify(evidence)) as typeof evidence, challenge);
  const codeOf = (asked: Parameters<typeof site.operators.verifyPasskeySignature>[0]) =>
    site.operators.verifyPasskeySignature(asked).then(
      () => "taken",
      (error: unknown) => (error instanceof PasskeyError ? error.code : Promise.reject(error)),
    );
  assert.equal(await codeOf({ person: id, challenge, response }), "replayed");
  assert.equal(await codeOf({ person: id, challenge, response: authenticator.get(challenge.toString("base64url")) }), "replayed");
  assert.equal(await codeOf({ person: id, challenge: randomBytes(32), response }), "mismatch");
  const next = randomBytes(32);
  assert.equal(
    await codeOf({ person: other.id, challenge: next, response: authenticator.get(next.toString("base64url")) }),
    "unknown-credential",
  );
});

test("a passkey that was revoked, and a person who is disabled, sign nothing that a policy still allows them", async () => {
  const site = await shared;
  const { authenticator, id } = await site.operator("approver");
  const live = (person: string, by = authenticator) => {
    const challenge = randomBytes(32);
    return site.operators.isLivePasskeyOf({ person, challenge, response: by.get(challenge.toString("base64url")) });
  };
  const challenge = randomBytes(32);
  const response = authenticator.get(challenge.toString("base64url"));
  for (const _time of [1, 2]) assert.equal(await site.operators.isLivePasskeyOf({ person: id, challenge, response }), true);
  assert.equal(await live(id, new SoftwareAuthenticator(site.origin)), false);
  assert.equal(await live("00000000-0000-4000-8000-000000000000"), false, "of somebody whom nobody knows here");
  await site.byKey("POST", `/v1/operators/${id}/disable`);
  assert.equal(await live(id), false);
  await site.byKey("POST", `/v1/operators/${id}/enable`);
  assert.equal(await live(id), true);
  await site.byKey("DELETE", `/v1/operators/${id}/passkeys/${passkeyName(authenticator)}`);
  assert.equal(await live(id), false);
});

test("the pages take nothing from elsewhere, run nothing inline, and stand in no frame", async () => {
  const site = await shared;
  const browser = site.browser();
  for (const url of [
    ...["/operators", "/operators/operators.js", "/operators/operators.css"],
    ...["/operators/passkeys.js", "/operators/decide", "/operators/decide.js", "/operators/signed-text.js"],
  ]) {
    const { statusCode, headers, body } = await browser.call("GET", url);
    assert.equal(statusCode, 200);
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.doesNotMatch(body, /(src|href|url)\s*[=(]\s*["']?(https?:)?\/\//);
    assert.doesNotMatch(body, /<script(?![^>]*src=)|<style|\son\w+=|style=/);
  }
  const elsewhere = await browser.call("GET", "/operators", undefined, { host: "127.0.0.1:8080" });
  assert.deepEqual([elsewhere.statusCode, elsewhere.headers.location], [302, `${site.origin}/operators`]);
});

test("behind a proxy the pages are shown under whatever name the proxy uses", async (t) => {
  const site = await OperatorSite.start(t, { origin: "https://operators.example.eu" });
  assert.equal((await site.browser().call("GET", "/operators", undefined, { host: "127.0.0.1:8080" })).statusCode, 200);
});
