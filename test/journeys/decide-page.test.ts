import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decisionSha256, signedDecisions } from "../../src/approvals/scope.ts";
import { ApprovalWords } from "../../src/main/front/approval-words.ts";
import { contentSha256 } from "../../src/main/releases/content-digest.ts";
import { SoftwareAuthenticator } from "../support/software-authenticator.ts";
import { moment } from "../support/test-approver.ts";

/** What the page is made of: as much of a document as it uses. */
class FakeElement {
  hidden = true;
  textContent = "";
  value = "no-need";
  id = "";
  type = "";
  children: readonly FakeElement[] = [];
  #click: () => Promise<void> = async () => {};

  replaceChildren(...children: readonly FakeElement[]): void {
    this.children = children;
  }

  addEventListener(_event: string, click: () => Promise<void>): void {
    this.#click = click;
  }

  click(): Promise<void> {
    return this.#click();
  }
}

const origin = "https://parcels.example.eu";
const id = "11111111-1111-4111-8111-111111111111";
const pages = join(import.meta.dirname, "..", "..", "src", "ingress", "pages");
const withoutModules = (name: string): string =>
  readFileSync(join(pages, name), "utf8")
    .replaceAll(/^import .*;\n/gm, "")
    .replaceAll(/^export /gm, "");
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...given: unknown[]) => Promise<void>;

/** What the server asks passkeys to sign. */
const challengesOf = (text: string, askedAt = now): Readonly<Record<string, string>> =>
  Object.fromEntries(signedDecisions.map((decision) => [decision, decisionSha256(text, decision, askedAt).toString("base64url")]));
const now = moment();

const words = { text: "The depot asks: \u00e4\u2028 <b>", evidence: null };
const { key: wordsKey, commitment } = new ApprovalWords(Buffer.alloc(32, 7)).seal(id, words);

const scopeOf = (more: object = {}): string =>
  JSON.stringify({
    ...{ v: 1, kind: "transfer", request: id, requester: "key:x", person: null, reason: "emergency", rule: "transfer" },
    ...{ recipient: { source: "fedex", url: "https://carrier.example/addresses" }, fields: ["name", "street"], breakGlass: false },
    ...{ approveBy: "2026-11-27T00:00:00Z", evidence: commitment, ...more },
  });
/** A request as the server answers with it. */
const view = (more: Readonly<Record<string, unknown>> & { readonly scope?: string; readonly askedAt?: string } = {}) => ({
  ...{ id, kind: "transfer", state: "requested", flag: "full-PII outbound", reason: "emergency", rule: "transfer", approvalsNeeded: 1 },
  ...{ words, wordsKey: wordsKey.toString("hex"), outcome: null, content: null, review: null },
  ...{
    warnings: [{ code: "derogation", count: 3 }],
    scope: scopeOf(),
    askedAt: now,
    challenges: challengesOf(more.scope ?? scopeOf(), more.askedAt),
  },
  ...more,
});
const content = { refusesOwnersOutsideEea: true, refusedRecipients: ["ups", "fedex"], ä: { z: null, A: -1, a: '\u2028"' } };
const change = (more: object = {}) => {
  const scope = scopeOf({ kind: "change", change: "transfer-policy", recipient: null, sha256: contentSha256(content) });
  return view({ scope, content, ...more });
};

/** Opens the page for a request as the server answers with it. */
async function open(answered: object | (() => object), hash = `#transfers/${id}`) {
  const elements = new Map<string, FakeElement>();
  const element = (name: string): FakeElement => elements.get(name) ?? elements.set(name, new FakeElement()).get(name)!;
  const authenticator = new SoftwareAuthenticator(origin);
  const sent: { readonly path: string; readonly body: any }[] = [];
  const challenges: string[] = [];
  const navigator = {
    credentials: {
      get: async ({ publicKey }: { publicKey: { challenge: Uint8Array } }) => {
        const challenge = Buffer.from(publicKey.challenge).toString("base64url");
        challenges.push(challenge);
        const { id: credential, response } = authenticator.get(challenge);
        const bytes = Object.fromEntries(Object.entries(response).map(([name, text]) => [name, Buffer.from(text, "base64url")]));
        return { id: credential, response: { ...bytes, userHandle: null } };
      },
    },
  };
  const fetch = async (path: string, { body }: { body?: string }) => {
    if (body !== undefined) sent.push({ path, body: JSON.parse(body) });
    return { status: 200, ok: true, json: async () => (typeof answered === "function" ? answered() : answered) };
  };
  const document = { getElementById: element, createElement: () => new FakeElement() };
  const given = { document, navigator, fetch, location: { hash, reload: () => {} }, addEventListener: () => {} };
  await new AsyncFunction(...Object.keys(given), ["passkeys.js", "signed-text.js", "decide.js"].map(withoutModules).join(""))(
    ...Object.values(given),
  );
  const button = (name: string) => element("decisions").children.find((each) => each.id === name);
  return { element, button, sent, challenges, buttons: element("decisions").children.map((each) => each.id) };
}

test("shows what is asked, and signs exactly the text that it shows", async () => {
  const page = await open(view());
  assert.deepEqual(page.buttons, ["approve", "deny", "veto"]);
  assert.equal(page.element("scope").textContent, JSON.stringify(JSON.parse(scopeOf()), null, 2));
  const facts = page.element("facts").children.map(({ textContent }) => textContent);
  for (const fact of [words.text, "full-PII outbound", "https://carrier.example/addresses", "derogation: 3 in the last year"])
    assert.ok(facts.includes(fact), fact);
  await page.button("approve")!.click();
  assert.deepEqual(page.challenges, [challengesOf(scopeOf())["approve"]]);
  const [{ path, body }] = page.sent as [(typeof page.sent)[number]];
  assert.equal(path, `/v1/transfers/${id}/approve`);
  assert.deepEqual([Object.keys(body), body.askedAt], [["passkey", "askedAt"], now]);
  assert.deepEqual(Object.keys(body.passkey.response), ["clientDataJSON", "authenticatorData", "signature"]);
});

for (const decision of ["deny", "veto"] as const)
  test(`${decision}: signed as that decision about the text that is shown, and sent with its reason`, async () => {
    const page = await open(view());
    await page.button(decision)!.click();
    assert.deepEqual(page.challenges, [challengesOf(scopeOf())[decision]]);
    assert.deepEqual([page.sent[0]!.path, page.sent[0]!.body.reason], [`/v1/transfers/${id}/${decision}`, "no-need"]);
  });

test("says what is signed, whatever else the server says beside it", async () => {
  const page = await open(view({ requester: "person:somebody", reason: "customs", rule: "lane", kind: "export" }));
  const facts = page.element("facts").children.map(({ textContent }) => textContent);
  for (const fact of ["transfer", "emergency", "key:x"]) assert.ok(facts.includes(fact), fact);
  for (const fact of ["person:somebody", "customs", "lane", "export"]) assert.ok(!facts.includes(fact), fact);
});

for (const decision of Object.keys(challengesOf("")))
  test(`offers nothing to sign where the server has another challenge for "${decision}" than for what it shows`, async () => {
    const another = { ...challengesOf(scopeOf()), [decision]: challengesOf(scopeOf({ reason: "customs" }))[decision] };
    await isRefused(await open(view({ challenges: another })));
  });

test("offers nothing to sign where another address is shown than the challenges are of", async () => {
  const scope = scopeOf({ recipient: { source: "fedex", url: "https://elsewhere.example/" } });
  await isRefused(await open(view({ scope, challenges: challengesOf(scopeOf()) })));
});

test("signs what it shows and nothing else, also where the server names no challenge", async () => {
  const page = await open(view({ challenges: {} }));
  await page.button("deny")!.click();
  assert.deepEqual(page.challenges, [challengesOf(scopeOf())["deny"]]);
});

test("signs for now, however long the page has been open, and nothing where another text is shown by then", async () => {
  let answer = view({ askedAt: moment(-3_600_000) });
  const page = await open(() => answer);
  answer = view();
  await page.button("veto")!.click();
  assert.deepEqual([page.challenges, page.sent[0]!.body.askedAt], [[challengesOf(scopeOf())["veto"]], now]);
  answer = view({ scope: scopeOf({ reason: "customs" }) });
  await page.button("veto")!.click();
  assert.match(page.element("status").textContent, /another text than before. Do not sign/);
  assert.equal(page.challenges.length, 1);
});

test("signs nothing for a moment that is to come: somebody could keep it back until then", async () => {
  const page = await open(view({ askedAt: moment(3_600_000) }));
  await page.button("approve")!.click();
  assert.match(page.element("status").textContent, /differ by minutes. Nothing is signed/);
  assert.deepEqual([page.challenges, page.sent], [[], []]);
});

test("offers nothing to sign of another request or another kind than the address names", async () => {
  const other = scopeOf({ request: id.replace("1", "2") });
  await isRefused(await open(view({ scope: other })));
  await isRefused(await open(view({ id: id.replace("1", "2") })));
  await isRefused(await open(view(), `#lanes/${id}`));
});

test("shows the content of a change that is signed, and offers nothing to sign where it is another", async () => {
  const at = `#changes/${id}`;
  const page = await open(change(), at);
  assert.deepEqual(page.buttons, ["approve", "deny", "veto"]);
  assert.ok(page.element("facts").children.some(({ textContent }) => textContent === JSON.stringify(content)));
  await isRefused(await open(change({ content: { ...content, refusesOwnersOutsideEea: false } }), at));
  await isRefused(await open(change({ content: null }), at));
  assert.equal((await open(change({ content: null, state: "denied" }), at)).element("request").hidden, false, "its draft was deleted");
});

test("shows the words that the scope commits to, and offers nothing to sign where they are others, or are kept back", async () => {
  await isRefused(await open(view({ words: { ...words, text: "The depot asks" } })));
  await isRefused(await open(view({ words: { ...words, evidence: "contract 7" } })));
  await isRefused(await open(view({ wordsKey: "0".repeat(64) })));
  await isRefused(await open(view({ words: null })));
  await isRefused(await open(view({ wordsKey: null })));
  const gone = { words: null, wordsKey: null };
  assert.deepEqual((await open(view({ ...gone, state: "withdrawn" }))).element("request").hidden, false, "they were destroyed");
  assert.deepEqual((await open(view({ ...gone, state: "granted" }))).buttons, ["veto"], "a use of a lane has none");
  const late = { ...gone, state: "delivered", review: { dueAt: "2026-11-28T00:00:00Z", doneAt: null } };
  assert.deepEqual((await open(view(late))).buttons, ["review"]);
});

test("offers what a state allows: nothing after the end, the glass in an emergency alone, a review where one is due", async () => {
  assert.deepEqual((await open(view({ state: "withdrawn" }))).buttons, []);
  assert.deepEqual((await open(view({ state: "granted" }))).buttons, ["veto"]);
  const scope = scopeOf({ breakGlass: true });
  assert.deepEqual((await open(view({ scope }))).buttons, ["approve", "deny", "veto", "break-glass"]);
  const reviewed = await open(view({ scope, state: "delivered", review: { dueAt: "2026-11-28T00:00:00Z", doneAt: null } }));
  assert.deepEqual(reviewed.buttons, ["review"]);
  reviewed.element("reason").value = "justified";
  await reviewed.button("review")!.click();
  assert.deepEqual(reviewed.challenges, [challengesOf(scope)["review justified"]]);
  assert.equal(reviewed.sent[0]!.body.outcome, "justified");
});

test("an address that names no request says so and asks the server for nothing", async () => {
  const page = await open(view(), "#transfers/../operators");
  assert.match(page.element("status").textContent, /names no request/);
});

async function isRefused(page: Awaited<ReturnType<typeof open>>): Promise<void> {
  assert.match(page.element("status").textContent, /Do not sign/);
  assert.deepEqual([page.buttons, page.element("request").hidden, page.sent, page.challenges], [[], true, [], []]);
}
