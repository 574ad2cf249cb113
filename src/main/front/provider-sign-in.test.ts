import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { HostileProvider, providerClient } from "../../../test/support/hostile-provider.ts";
import { type Browser, OperatorSite } from "../../../test/support/operator-site.ts";
import { RealProvider } from "../../../test/support/real-provider.ts";
import { SoftwareAuthenticator } from "../../../test/support/software-authenticator.ts";
import { OpenIdProvider } from "../../identity/open-id-provider.ts";
import { Transport } from "../../outbound/transport.ts";
import { providerFetch } from "../outbound/provider-egress.ts";

/** As the front asks a provider. */
const guarded = (issuer: string) => providerFetch({ issuer, hosts: [], path: "public" }, new Transport(), new Set());

const origin = "http://localhost:8080";
const back = "/operators/provider/back";

async function withRealProvider(t: TestContext) {
  const real = await RealProvider.start(t, providerClient, `${origin}${back}`);
  const provider = new OpenIdProvider({ issuer: real.issuer, ...providerClient }, guarded(real.issuer), Date.now);
  const site = await OperatorSite.start(t, { origin, provider });
  const signIn = async (browser: Browser, account: string) => {
    const begun = await browser.call("GET", "/operators/provider");
    assert.equal(begun.statusCode, 303);
    return browser.call("GET", `${back}${await real.signIn(begun.headers.location!, account)}`);
  };
  return { site, signIn };
}

async function withHostileProvider(t: TestContext) {
  const hostile = await HostileProvider.start(t);
  const provider = new OpenIdProvider({ issuer: hostile.issuer, ...providerClient }, guarded(hostile.issuer), Date.now);
  const site = await OperatorSite.start(t, { origin, provider });
  const begin = async (browser: Browser): Promise<string> =>
    hostile.signIn((await browser.call("GET", "/operators/provider")).headers.location!);
  return { site, hostile, begin };
}

test("an account of a real provider signs in, has no roles until it is given some, and enrols a passkey", async (t) => {
  const { site, signIn } = await withRealProvider(t);
  const browser = site.browser();
  const answer = await signIn(browser, "ada");
  assert.equal(answer.statusCode, 200);
  assert.match(String(answer.headers["content-type"]), /html/);
  const first = await browser.session();
  assert.deepEqual([first.status, first.roles], [200, []]);
  assert.equal((await site.byKey("POST", `/v1/operators/${first.operator}/roles`, { role: "approver" })).statusCode, 204);
  // A change of roles ends the session.
  assert.equal((await browser.session()).status, 401);
  await signIn(browser, "ada");
  const again = await browser.session();
  assert.deepEqual([again.operator, again.roles], [first.operator, ["approver"]]);

  const authenticator = new SoftwareAuthenticator(origin);
  assert.equal((await browser.enrol(authenticator)).statusCode, 204);
  assert.equal((await site.browser().signIn(authenticator)).statusCode, 204);
  assert.deepEqual(
    (await site.entries(first.operator!)).map(([type]) => type),
    [
      "operator.created",
      "operator.login-added",
      "operator.signed-in",
      "operator.role-granted",
      "operator.signed-in",
      "passkey.enrolled",
      "operator.signed-in",
    ],
  );
});

test("two accounts with one verified address are one person; with an unverified one they are two", async (t) => {
  const { site, signIn } = await withRealProvider(t);
  const personOf = async (account: string): Promise<string> => {
    const browser = site.browser();
    await signIn(browser, account);
    return (await browser.session()).operator!;
  };
  const ada = await personOf("ada");
  assert.equal(await personOf("ada+second"), ada);
  assert.notEqual(await personOf("ada+unverified"), ada);
});

test("a second account has no rights until a passkey of the person confirms it", async (t) => {
  const { site, signIn } = await withRealProvider(t);
  const browser = site.browser();
  await signIn(browser, "ada");
  const { operator } = await browser.session();
  const authenticator = new SoftwareAuthenticator(origin);
  await browser.enrol(authenticator);
  await site.byKey("POST", `/v1/operators/${operator}/roles`, { role: "security_officer" });

  const second = site.browser();
  await signIn(second, "ada+second");
  assert.deepEqual((await second.session()).roles, []);
  assert.equal((await second.enrol(new SoftwareAuthenticator(origin))).statusCode, 403);
  assert.equal((await second.stepUp(authenticator)).statusCode, 204);
  assert.deepEqual((await second.session()).roles, ["security_officer"]);
});

const refused = "/operators?refused=sign_in_refused";

test("the answer to an attempt is taken once, in the browser that began it, in its time", async (t) => {
  const { site, begin } = await withHostileProvider(t);
  const browser = site.browser();
  const location = async (who: Browser, query: string) => (await who.call("GET", `${back}${query}`)).headers.location ?? "in";

  const query = await begin(browser);
  const attempt = browser.cookies.get("parcelkeep_sign_in")!;
  assert.equal(await location(site.browser(), query), refused);
  assert.equal(await location(browser, query), "in");
  assert.equal(browser.cookies.has("parcelkeep_sign_in"), false);
  browser.cookies.set("parcelkeep_sign_in", attempt);
  assert.equal(await location(browser, query), refused);

  const late = await begin(browser);
  await site.owner.query("update parcelkeep.operator_challenges set expires_at = now() where purpose = 'oidc'");
  assert.equal(await location(browser, late), refused);

  const [mine, theirs] = [await begin(browser), await begin(site.browser())];
  assert.equal(await location(browser, theirs), refused);
  assert.equal(await location(browser, mine), refused);
});

test("a disabled person's account is refused, and so is another one with the same address", async (t) => {
  const { site, hostile, begin } = await withHostileProvider(t);
  const email = { email: "ada@example.eu", email_verified: true };
  const signIn = async (sub: string) => {
    hostile.lies = { claims: { sub, ...email } };
    const browser = site.browser();
    const answer = await browser.call("GET", `${back}${await begin(browser)}`);
    return { browser, location: answer.headers.location };
  };
  const { browser } = await signIn("ada");
  const { operator } = await browser.session();
  await site.byKey("POST", `/v1/operators/${operator}/disable`);
  assert.equal((await browser.session()).status, 401);
  assert.equal((await signIn("ada")).location, refused);
  assert.equal((await signIn("ada-again")).location, refused);
  assert.equal((await site.byKey("GET", "/v1/operators")).json<{ items: unknown[] }>().items.length, 1);
  assert.doesNotMatch(site.lines.join(), /example\.eu|"ada/);
});

test("a provider that is away is told on the page, and nothing is kept of the attempt", async (t) => {
  const provider = new OpenIdProvider({ issuer: "http://127.0.0.1:9", ...providerClient }, guarded("http://127.0.0.1:9"), Date.now);
  const site = await OperatorSite.start(t, { origin, provider });
  const answer = await site.browser().call("GET", "/operators/provider");
  assert.deepEqual([answer.headers.location, answer.cookies], ["/operators?refused=provider_unavailable", []]);
});

test("without a provider there is no such way in", async (t) => {
  const site = await OperatorSite.start(t, { origin });
  for (const url of ["/operators/provider", `${back}?code=a&state=b`])
    assert.equal((await site.browser().call("GET", url)).statusCode, 404);
  assert.deepEqual((await site.browser().call("GET", "/operators/ways")).json(), { passkey: true, provider: false });
});
