import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ChromiumPage } from "../support/chromium.ts";
import { OperatorSite } from "../support/operator-site.ts";

/** A browser that shares no code with ours: its own WebAuthn, its own cookies, its own reading of our policies. */
const chromium = process.env["PARCELKEEP_CHROMIUM"];

describe("the operators' page in a real browser", { skip: chromium === undefined ? "PARCELKEEP_CHROMIUM is not set" : false }, () => {
  let site: OperatorSite;
  let page: ChromiumPage;
  let authenticator = "";

  const click = (id: string): Promise<unknown> => page.evaluate(`document.getElementById(${JSON.stringify(id)}).click()`);
  const isShown = (id: string): string => `!document.getElementById(${JSON.stringify(id)}).hidden`;
  const says = (pattern: RegExp): Promise<void> => page.until(`${pattern.toString()}.test(document.getElementById("status").textContent)`);

  const endings: (() => Promise<void>)[] = [];
  // A hook of a hook would run at once.
  const scope = { after: (work: () => Promise<void>): void => void endings.unshift(work) };

  before(async () => {
    site = await OperatorSite.start(scope, { listens: true });
    page = await ChromiumPage.open(scope, chromium!);
    authenticator = await page.addAuthenticator();
  });
  after(async () => {
    for (const end of endings) await end();
  });

  test("an invitation's address enrols a passkey and signs in", async () => {
    const invited = await site.byKey("POST", "/v1/operators/invitations", { roles: ["security_officer"] });
    const { url, operator } = invited.json<{ url: string; operator: string }>();
    await page.go(url);
    await page.until(isShown("invited"));
    await click("enrol-invited");
    await says(/enrolled, and you are signed in/);
    await page.until(isShown("session"));
    assert.equal(await page.evaluate("document.getElementById('operator').textContent"), operator);
    assert.equal(await page.evaluate("document.getElementById('roles').textContent"), "security officer");
    assert.equal(await page.evaluate("location.href"), `${site.origin}/operators`, "the code is gone from the address");
  });

  test("scripts see no cookie", async () => {
    assert.equal(await page.evaluate("document.cookie"), "");
  });

  test("signs out, and in again with the passkey that the browser has", async () => {
    await click("sign-out");
    await says(/signed out/);
    await page.until(isShown("sign-in"));
    await click("with-passkey");
    await says(/You are signed in/);
    await page.until(isShown("session"));
  });

  test("confirms a session that is older", async () => {
    await site.owner.query("update parcelkeep.operator_sessions set stepped_up_at = now() - interval '6 minutes'");
    await page.go(`${site.origin}/operators`);
    await page.until(isShown("confirm"));
    await click("confirm");
    await says(/Confirmed/);
    await page.until(`!(${isShown("confirm")})`);
  });

  test("says so where the authenticator does not verify its user, and nobody comes in", async () => {
    await click("sign-out");
    await page.until(isShown("sign-in"));
    await page.call("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: false });
    await click("with-passkey");
    await says(/did not use a passkey/);
    assert.equal(await page.evaluate("fetch('/v1/session').then(({ status }) => status)"), 401);
    await page.call("WebAuthn.setUserVerified", { authenticatorId: authenticator, isUserVerified: true });
  });

  test("a page of another origin on the same machine does nothing with the session", async () => {
    await click("with-passkey");
    await page.until(isShown("session"));
    await page.go(`${site.origin.replace("localhost", "127.0.0.1")}/docs/errors`);
    const answer = page.evaluate(
      `fetch(${JSON.stringify(`${site.origin}/v1/sign-out`)}, { method: "POST", mode: "no-cors", credentials: "include" }).then(({ type }) => type, () => "blocked")`,
    );
    assert.ok(["blocked", "opaque"].includes(String(await answer)));
    await page.go(`${site.origin}/operators`);
    await page.until(isShown("session"));
  });

  test("the browser found nothing against our own policies", () => {
    // Who is not signed in is told so with 401; the page of another origin is held back by a policy of its own.
    const ours = page.complaints.filter((each) => !/status of 401/.test(each) && !/sign-out/.test(each));
    assert.deepEqual(ours, []);
  });
});
