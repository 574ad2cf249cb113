import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { ApprovalView } from "../../src/ingress/approval-services.ts";
import { ChromiumPage } from "../support/chromium.ts";
import { ReleasingProgram } from "../support/releasing-program.ts";

const chromium = process.env["PARCELKEEP_CHROMIUM"];

/** The whole program, and an approver who decides in a browser with an authenticator of the browser's own. */
describe("the page that decides in a real browser", { skip: chromium === undefined ? "PARCELKEEP_CHROMIUM is not set" : false }, () => {
  const release = new ReleasingProgram();
  let page: ChromiumPage;
  let authenticator = "";
  let origin = "";
  const endings: (() => Promise<void>)[] = [];

  before(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    await release.start(
      { PARCELKEEP_HTTP: `127.0.0.1:${port}`, PARCELKEEP_OPERATORS_URL: origin },
      { relyingParty: { id: "localhost", origins: [origin] } },
    );
    await release.addShipment();
    page = await ChromiumPage.open({ after: (work) => void endings.unshift(work) }, chromium!);
    authenticator = await page.addAuthenticator();
    await page.addPasskey(authenticator, release.privacy);
    await page.go(`${origin}/operators`);
    await page.until("!document.getElementById('sign-in').hidden");
    await page.evaluate("document.getElementById('with-passkey').click()");
    await page.until("!document.getElementById('session').hidden");
  });
  after(async () => {
    for (const end of endings) await end();
    await release.stop();
  });

  const open = async (view: Pick<ApprovalView, "id">, path = "transfers"): Promise<void> => {
    // Another document: a change of what stands after the # alone would leave this one.
    await page.go("about:blank");
    await page.go(`${origin}/operators/decide#${path}/${view.id}`);
  };
  const says = (pattern: RegExp): Promise<void> => page.until(`${pattern.toString()}.test(document.getElementById("status").textContent)`);
  const decide = async (decision: "approve" | "deny" | "veto"): Promise<void> => {
    await page.until(`document.getElementById("${decision}") !== null`);
    await page.evaluate(`document.getElementById("${decision}").click()`);
    await says(/: done/);
  };
  const asksForRetention = async (): Promise<ApprovalView> =>
    (
      await release.program.call("/v1/changes", {
        key: release.program.operatorKey,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ change: "retention", content: { textDays: 30, personalDays: 60 }, reason: "policy-review", text: "Agreed" }),
      })
    ).json();

  test("approves what it shows, and it is granted and handed over", async () => {
    const view = await release.asked();
    await open(view);
    await page.until("!document.getElementById('request').hidden");
    const shown = String(await page.evaluate("document.getElementById('facts').textContent"));
    assert.ok(shown.includes(JSON.parse(view.scope).recipient.url), "where it goes");
    const before = await page.signatures(authenticator);
    await decide("approve");
    assert.equal(await page.signatures(authenticator), before + 1);
    assert.equal((await release.until(view.id, "delivered", "failed", "unknown")).state, "delivered");
  });

  test("denies, and vetoes", async () => {
    for (const [decision, state] of [
      ["deny", "denied"],
      ["veto", "vetoed"],
    ] as const) {
      const view = await release.asked();
      await open(view);
      await decide(decision);
      const decided = await release.until(view.id, state);
      assert.deepEqual(
        decided.decisions.map((each) => [each.person, each.decision]),
        [[release.privacy.person, decision]],
      );
    }
  });

  test("approves a change whose content is what is signed", async () => {
    const view = await asksForRetention();
    await open(view, "changes");
    await decide("approve");
    await release.program.until(async () => (await release.view(view.id, "changes")).decisions.length === 1, "the approval");
  });

  const changedScope = (view: ApprovalView, change: (scope: any) => object): ApprovalView => ({
    ...view,
    scope: JSON.stringify(change(JSON.parse(view.scope))),
  });
  for (const [what, path, change] of [
    [
      "another address",
      "transfers",
      (view) => changedScope(view, (scope) => ({ ...scope, recipient: { ...scope.recipient, url: "https://elsewhere.example/" } })),
    ],
    [
      "another challenge to approve",
      "transfers",
      (view) => ({ ...view, challenges: { ...view.challenges, approve: view.challenges.deny } }),
    ],
    [
      "the challenge of an approval to deny with",
      "transfers",
      (view) => ({ ...view, challenges: { ...view.challenges, deny: view.challenges.approve } }),
    ],
    ["other words", "transfers", (view) => ({ ...view, words: { ...(view.words as object), text: "Something else" } })],
    ["another content of a change", "changes", (view) => ({ ...view, content: { ...(view.content as object), personalDays: 1 } })],
  ] as readonly (readonly [string, string, (view: ApprovalView) => ApprovalView])[])
    test(`signs nothing where somebody on the way shows ${what}`, async () => {
      const view = path === "changes" ? await asksForRetention() : await release.asked();
      const before = await page.signatures(authenticator);
      await page.tamper(`/v1/${path}/${view.id}`, change);
      try {
        await open(view, path);
        await says(/Do not sign/);
        assert.equal(await page.evaluate("document.querySelectorAll('#decisions button').length"), 0);
      } finally {
        await page.tamper(`/v1/${path}/${view.id}`);
      }
      assert.equal(await page.signatures(authenticator), before);
      assert.deepEqual((await release.view(view.id, path)).decisions, []);
    });

  test("a signature over what was shown instead is none for the request: the server refuses it", async () => {
    const view = await release.asked();
    // Whoever changes the text and names no challenges gets a signature over their text, which is nobody's request.
    await page.tamper(`/v1/transfers/${view.id}`, (answer: ApprovalView) => ({
      ...changedScope(answer, (scope) => ({ ...scope, fields: ["city"] })),
      challenges: {},
    }));
    try {
      await open(view);
      await page.until(`document.getElementById("approve") !== null`);
      await page.evaluate(`document.getElementById("approve").click()`);
      await says(/does not know this passkey/);
    } finally {
      await page.tamper(`/v1/transfers/${view.id}`);
    }
    assert.deepEqual((await release.view(view.id)).decisions, []);
  });

  test("the browser found nothing against our own policies", () => {
    // Before signing in one is told so with 401, and what was changed on the way is refused with 403.
    assert.deepEqual(
      page.complaints.filter((each) => !/status of 40[13]/.test(each)),
      [],
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
