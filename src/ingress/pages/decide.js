/* One request: what is asked, what a passkey would sign, and the decisions about it. Runs in the browser, on /operators/decide only. */
import { call, signed } from "/operators/passkeys.js";
import { challengeOf, contentSha256, wordsCommitment } from "/operators/signed-text.js";

const element = (id) => document.getElementById(id);
const say = (text) => (element("status").textContent = text);

/** `transfers/ID` and the like, after the `#`: it is sent to no server by itself. */
const asked = /^#(transfers|lanes|changes|exports)\/([0-9a-f-]{36})$/.exec(location.hash);
const kinds = { transfers: "transfer", lanes: "lane", changes: "change", exports: "export" };
const denials = ["no-need", "wrong-scope", "basis-insufficient", "recipient-not-trusted", "not-verified", "other"];
const aheadMs = 5 * 60_000;
const findings = ["justified", "not-justified", "breach"];

const sayings = {
  not_authenticated: "Sign in first, and open this address again.",
  own_request: "You have asked for this yourself, or with a key of yours: somebody else decides.",
  not_an_approver: "The approval policy does not name you for this.",
  not_verified: "The approval policy does not know this passkey, or it was revoked.",
  not_a_holder: "You are no holder of break-glass.",
  request_closed: "This is not open any more.",
  signed_too_late: "That took more than five minutes. Decide once more.",
  decided_before: "You have decided about this before.",
};

/** What can be decided in a state, with what is signed for it and what is sent beside the signature. */
function decisionsOf(view, scope) {
  const isOpen = ["requested", "approved", "granted"].includes(view.state);
  return [
    view.state === "requested" && { name: "approve", title: "Approve", signs: () => "approve", body: () => ({}) },
    view.state === "requested" && { name: "deny", title: "Deny", signs: () => "deny", body: (reason) => ({ reason }) },
    isOpen && { name: "veto", title: "Veto", signs: () => "veto", body: (reason) => ({ reason }) },
    view.state === "requested" &&
      scope.kind === "transfer" &&
      scope.breakGlass === true && { name: "break-glass", title: "Break the glass", signs: () => "break-glass", body: () => ({}) },
    view.review !== null &&
      view.review.doneAt === null && {
        name: "review",
        title: "Sign the review",
        signs: (outcome) => `review ${outcome}`,
        body: (outcome) => ({ outcome }),
      },
  ].filter((each) => each !== false);
}

/**
 * The scope, when it is the one that was asked for, what is shown of a change is what it brings, the words are those that it commits to, and the server means the same signatures.
 * Whatever the server says, nothing is signed but what is computed here of the text that is shown; a difference says that somebody stands in between.
 */
async function checkedScope(view) {
  const scope = JSON.parse(view.scope);
  if (view.id !== asked[2] || scope.request !== asked[2] || scope.kind !== kinds[asked[1]])
    throw new Error("The server shows another request than the address names. Do not sign.");
  for (const [decision, challenge] of Object.entries(view.challenges))
    if (challenge !== (await challengeOf(view.scope, decision, view.askedAt)))
      throw new Error("The server asks for a signature over something else than it shows. Do not sign.");
  // Of a change that was not applied the draft is gone after a while; nothing can be decided about it then.
  const isGone = view.content === null && decisionsOf(view, scope).length === 0;
  if (scope.kind === "change" && !isGone && (await contentSha256(view.content)) !== scope.sha256)
    throw new Error("The server shows another content than would be signed. Do not sign.");
  if (!(await areCommitted(view, scope))) throw new Error("The server shows other words than would be signed. Do not sign.");
  return scope;
}

/**
 * The words are in the scope as a commitment to them. Nothing is let out by a signature over words that are kept back; a use of a lane has none of its own, and those of a
 * request that is over are destroyed after a while: that one can be vetoed, and a review that is late be signed, without.
 */
async function areCommitted(view, scope) {
  if (view.words === null || view.wordsKey === null)
    return decisionsOf(view, scope).every(({ name }) => name === "veto" || name === "review");
  return (await wordsCommitment(view.words, view.wordsKey)) === scope.evidence;
}

/** What is signed says it; beside it stands what the server knows. */
function factsOf(view, scope) {
  const { kind, change, recipient, fields, purpose, basis, derogation, requester, person, reason, rule, approveBy } = scope;
  const release = {
    recipient: recipient?.source ?? recipient,
    address: recipient?.url,
    fields: fields?.join(", "),
    purpose,
    basis,
    derogation,
  };
  const words = view.words === null ? {} : { text: view.words.text, evidence: JSON.stringify(view.words.evidence ?? null) };
  const { state, flag, approvalsNeeded, outcome, content } = view;
  return {
    ...{ kind, change, state, flag, ...release, requester, "asked by": person, reason, ...words },
    ...{ rule, "approvals needed": approvalsNeeded, "approve by": approveBy, outcome, content },
  };
}

async function show(view) {
  const scope = await checkedScope(view);
  const rows = Object.entries(factsOf(view, scope)).filter(([, value]) => value !== null && value !== undefined);
  for (const { code, count } of view.warnings) rows.push(["warning", `${code}: ${count} in the last year`]);
  element("facts").replaceChildren(...rows.flatMap(([name, value]) => [withText("dt", name), withText("dd", shown(value))]));
  element("scope").textContent = JSON.stringify(scope, null, 2);
  const decisions = decisionsOf(view, scope);
  const isReview = decisions.some(({ name }) => name === "review");
  element("reason").replaceChildren(...(isReview ? findings : denials).map((each) => withText("option", each)));
  element("reason-line").hidden = decisions.length === 0;
  element("decisions").replaceChildren(...decisions.map((decision) => buttonFor(view, decision)));
  element("request").hidden = false;
}

const shown = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
const withText = (name, text) => Object.assign(document.createElement(name), { textContent: text });

/** What is signed is signed for now, however long the page has been open; and it is what the page shows. */
async function askedAnew(view) {
  const fresh = await call(`/v1/${asked[1]}/${asked[2]}`);
  await checkedScope(fresh);
  if (fresh.scope !== view.scope) throw new Error("The server shows another text than before. Do not sign.");
  // For a moment to come somebody could keep it back until then.
  if (!(Date.parse(fresh.askedAt) < Date.now() + aheadMs))
    throw new Error("The server's clock and yours differ by minutes. Nothing is signed.");
  return fresh;
}

function buttonFor(view, { name, title, signs, body }) {
  const button = withText("button", title);
  button.type = "button";
  button.id = name;
  button.addEventListener("click", async () => {
    const reason = element("reason").value;
    try {
      const { askedAt } = await askedAnew(view);
      const challenge = await challengeOf(view.scope, signs(reason), askedAt);
      const { id, response } = await signed({ challenge, userVerification: "required" });
      const { clientDataJSON, authenticatorData, signature } = response;
      const passkey = { id, response: { clientDataJSON, authenticatorData, signature } };
      await call(`/v1/${asked[1]}/${view.id}/${name}`, { passkey, askedAt, ...body(reason) });
      say(`${title}: done.`);
      await look();
    } catch (error) {
      const isDeclined = error.name === "NotAllowedError" || error.name === "AbortError";
      say(isDeclined ? "The browser did not use a passkey. Nothing has changed." : (sayings[error.code] ?? error.message));
    }
  });
  return button;
}

async function look() {
  if (asked === null) return say("The address names no request.");
  await show(await call(`/v1/${asked[1]}/${asked[2]}`));
}

addEventListener("hashchange", () => location.reload());
await look().catch((error) => {
  element("sign-in").hidden = error.code !== "not_authenticated";
  say(sayings[error.code] ?? error.message);
});
