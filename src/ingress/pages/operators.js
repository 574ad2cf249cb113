/* Signing in with passkeys, and enrolling them. Runs in the browser, on /operators only. */
import { bytesOf, call, signed, textOf, withBytes } from "/operators/passkeys.js";

const element = (id) => document.getElementById(id);
const show = (id, isShown) => (element(id).hidden = !isShown);
const say = (text) => (element("status").textContent = text);

const sayings = {
  sign_in_refused: "That did not work. The link or the request may be too old, or the passkey is not known here.",
  not_authenticated: "Your session has ended. Sign in again.",
  too_many_attempts: "There were too many attempts. Wait a minute.",
  provider_unavailable: "Your organisation's sign-in does not answer. Try again in a moment.",
  cross_site: "This page was opened under another address than the server knows. Use the address that the invitation names.",
};

async function created(options) {
  const { response, id } = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: withBytes(options.excludeCredentials),
    },
  });
  return {
    id,
    rawId: id,
    type: "public-key",
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** @returns the code of an invitation that the address was opened with. */
function invitation() {
  return /^#(pki_[0-9a-z]{32})$/.exec(location.hash)?.[1] ?? null;
}

async function look() {
  const code = invitation();
  const [who, ways] = await Promise.all([
    call("/v1/session").catch((error) => (error.code === "not_authenticated" ? null : Promise.reject(error))),
    call("/operators/ways"),
  ]);
  show("invited", code !== null);
  show("sign-in", who === null && code === null);
  show("with-provider", ways.provider);
  show("session", who !== null && code === null);
  if (who === null) return;
  element("operator").textContent = who.operator;
  element("roles").textContent = who.roles.map((role) => role.replaceAll("_", " ")).join(", ") || "none";
  show("unconfirmed", !who.confirmed);
  show("no-roles", who.confirmed && who.roles.length === 0);
  show("confirm", !who.steppedUp);
  show("enrol", who.mayEnrol);
}

/** One act at a time; what went wrong is said, and the page shows how things are. */
function act(id, work, done) {
  const button = element(id);
  button.addEventListener("click", () => void run());

  async function run() {
    button.disabled = true;
    say("");
    try {
      await work();
      say(done);
    } catch (error) {
      const isDeclined = error.name === "NotAllowedError" || error.name === "AbortError";
      say(isDeclined ? "The browser did not use a passkey. Nothing has changed." : (sayings[error.code] ?? error.message));
    } finally {
      button.disabled = false;
      await look().catch(() => {});
    }
  }
}

act("with-passkey", async () => call("/v1/sign-in", await signed(await call("/v1/sign-in/options", {}))), "You are signed in.");
act(
  "enrol-invited",
  async () => {
    const code = invitation();
    await call("/v1/passkeys", { code, credential: await created(await call("/v1/passkeys/options", { code })) });
    history.replaceState(null, "", "/operators");
  },
  "Your passkey is enrolled, and you are signed in.",
);
act(
  "confirm",
  async () => call("/v1/session/step-up", await signed(await call("/v1/session/step-up/options", {}))),
  "Confirmed for five minutes.",
);
act(
  "enrol",
  async () => call("/v1/passkeys", { credential: await created(await call("/v1/passkeys/options", {})) }),
  "The passkey is enrolled.",
);
act("sign-out", () => call("/v1/sign-out", {}), "You are signed out.");

const refused = new URLSearchParams(location.search).get("refused");
if (refused !== null) say(sayings[refused] ?? sayings.sign_in_refused);
addEventListener("hashchange", () => void look());
if (typeof PublicKeyCredential === "undefined") say("This browser has no passkeys. Use a current one, over https or on localhost.");
await look().catch((error) => say(sayings[error.code] ?? error.message));
