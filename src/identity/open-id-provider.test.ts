import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test, type TestContext } from "node:test";
import { HostileProvider, type Lies, providerClient } from "../../test/support/hostile-provider.ts";
import { checkedIssuer } from "./checked-issuer.ts";
import { OpenIdError } from "./open-id-error.ts";
import { OpenIdProvider, type ProvenAccount, type ProviderFetch } from "./open-id-provider.ts";

const redirectUri = "http://localhost:8080/operators/provider/back";

async function set(t: TestContext): Promise<{ readonly hostile: HostileProvider; readonly provider: OpenIdProvider }> {
  const hostile = await HostileProvider.start(t);
  return { hostile, provider: new OpenIdProvider({ issuer: hostile.issuer, ...providerClient }, fetch as ProviderFetch, Date.now) };
}

/** One sign-in from begin to end. */
async function signedIn({ hostile, provider }: Awaited<ReturnType<typeof set>>, lies: Lies = {}): Promise<ProvenAccount | string> {
  hostile.lies = lies;
  const attempt = randomBytes(32);
  const authorization = await provider.begin(attempt, redirectUri);
  return provider.finish(attempt, redirectUri, hostile.signIn(authorization.href)).catch(codeOf);
}

function codeOf(error: unknown): string {
  if (error instanceof OpenIdError) return error.code;
  throw error;
}

test("asks for a code with PKCE, state and nonce, and for nothing but the address", async (t) => {
  const { provider } = await set(t);
  const [one, two] = [await provider.begin(randomBytes(32), redirectUri), await provider.begin(randomBytes(32), redirectUri)];
  const { searchParams: asked } = one;
  assert.deepEqual(
    ["response_type", "code_challenge_method", "scope", "redirect_uri", "client_id"].map((name) => asked.get(name)),
    ["code", "S256", "openid email", redirectUri, "parcelkeep"],
  );
  for (const name of ["state", "nonce", "code_challenge"]) {
    assert.match(asked.get(name)!, /^[\w-]{43}$/);
    assert.notEqual(asked.get(name), two.searchParams.get(name));
  }
});

test("takes who the provider vouches for, with an address only where it has verified it", async (t) => {
  const parts = await set(t);
  const account = { issuer: parts.hostile.issuer, subject: "ida", email: null };
  assert.deepEqual(await signedIn(parts), account);
  const email = "ida.invented@example.eu";
  assert.deepEqual(await signedIn(parts, { claims: { email, email_verified: true } }), { ...account, email });
  assert.deepEqual(await signedIn(parts, { userInfo: { email, email_verified: true } }), { ...account, email });
  for (const verified of [false, "true", 1, null, undefined])
    assert.deepEqual(await signedIn(parts, { claims: { email, email_verified: verified } }), account, String(verified));
});

const past = Math.floor(Date.now() / 1000) - 3600;
const lies: readonly (readonly [what: string, lies: Lies])[] = [
  ["another nonce", { claims: { nonce: "n".repeat(43) } }],
  ["no nonce", { claims: { nonce: undefined as never } }],
  ["another issuer", { claims: { iss: "https://elsewhere.example" } }],
  ["another audience", { claims: { aud: "somebody-else" } }],
  ["an audience that somebody else presented", { claims: { aud: ["parcelkeep", "somebody-else"], azp: "somebody-else" } }],
  ["a token that has expired", { claims: { iat: past, exp: past + 300 } }],
  ["a token without end", { claims: { exp: undefined as never } }],
  ["a token without a subject", { claims: { sub: "" } }],
  ["a token that nobody signed", { signBy: "nobody" }],
  ["a token that another key signed", { signBy: "other" }],
  ["a token under the client's secret", { signBy: "client-secret" }],
  [
    "an unsigned token, which the provider says it may send",
    { signBy: "nobody", metadata: { id_token_signing_alg_values_supported: ["RS256", "none"] } },
  ],
  ["another state", { answer: { state: "s".repeat(43) } }],
  ["no state", { answer: { state: null } }],
  ["an answer of another issuer", { answer: { iss: "https://elsewhere.example" } }],
  ["an answer of no issuer, from one that always names itself", { answer: { iss: null } }],
  ["a refusal", { answer: { code: null, error: "access_denied" } }],
  ["a code that it never gave", { answer: { code: "made-up" } }],
  ["another subject's information", { userInfo: { sub: "eve", email: "eve@example.eu", email_verified: true } }],
];
for (const [what, lie] of lies) {
  test(`refuses ${what}`, async (t) => {
    assert.equal(await signedIn(await set(t), lie), "refused");
  });
}

test("refuses what was begun in another browser: the answers of two attempts are not mixed up", async (t) => {
  const { hostile, provider } = await set(t);
  const [mine, theirs] = [randomBytes(32), randomBytes(32)];
  const answers = [
    hostile.signIn((await provider.begin(mine, redirectUri)).href),
    hostile.signIn((await provider.begin(theirs, redirectUri)).href),
  ];
  assert.equal(await provider.finish(mine, redirectUri, answers[1]!).catch(codeOf), "refused");
  // The state of mine with the code of theirs: PKCE and nonce tell them apart.
  const [own, other] = answers.map((query) => new URLSearchParams(query)) as [URLSearchParams, URLSearchParams];
  own.set("code", other.get("code")!);
  assert.equal(await provider.finish(mine, redirectUri, `?${own.toString()}`).catch(codeOf), "refused");
});

test("a code is taken once", async (t) => {
  const { hostile, provider } = await set(t);
  const attempt = randomBytes(32);
  const query = hostile.signIn((await provider.begin(attempt, redirectUri)).href);
  assert.equal(typeof (await provider.finish(attempt, redirectUri, query)), "object");
  assert.equal(await provider.finish(attempt, redirectUri, query).catch(codeOf), "refused");
});

test("a provider that is away, or that is another than the one that was set, is told apart, and asked anew", async (t) => {
  const { hostile } = await set(t);
  const away = new OpenIdProvider({ issuer: "http://127.0.0.1:9", ...providerClient }, fetch as ProviderFetch, Date.now);
  assert.equal(await away.begin(randomBytes(32), redirectUri).catch(codeOf), "unavailable");
  const provider = new OpenIdProvider({ issuer: hostile.issuer, ...providerClient }, fetch as ProviderFetch, Date.now);
  hostile.lies = { metadata: { issuer: "https://elsewhere.example" } };
  assert.equal(await provider.begin(randomBytes(32), redirectUri).catch(codeOf), "unavailable");
  hostile.lies = {};
  assert.equal((await provider.begin(randomBytes(32), redirectUri)).origin, hostile.issuer);
});

test("an issuer is https, or of this machine", () => {
  for (const good of ["https://login.example.eu", "https://login.example.eu/realms/one", "http://127.0.0.1:3000", "http://localhost:1"])
    assert.equal(checkedIssuer(good), good);
  for (const bad of ["http://login.example.eu", "http://127.0.0.1.evil.example", "login.example.eu", "https://x.example/?a", "file:///etc"])
    assert.throws(() => checkedIssuer(bad), TypeError, bad);
});
