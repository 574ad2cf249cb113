import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

interface Scope {
  after(work: () => Promise<void>): void;
}

type Answer = Readonly<Record<string, any>>;

const patienceMs = 20_000;

/** A page in a real browser, driven by the Chrome DevTools Protocol, with a virtual authenticator in it (its WebAuthn domain). */
export class ChromiumPage {
  /** What the browser complained of: policy violations, script errors, requests that failed. */
  readonly complaints: string[] = [];
  /** Changes what a server has answered, by the end of its path. */
  readonly #changes = new Map<string, (answer: any) => unknown>();
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #calls = 0;

  /** @param path of Chromium, or of its headless shell. */
  static async open(scope: Scope, path: string): Promise<ChromiumPage> {
    const profile = mkdtempSync(join(tmpdir(), "pk-chromium-"));
    const browser = spawn(
      path,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      { stdio: "ignore", detached: true },
    );
    const ended = new Promise<void>((resolve) => browser.once("exit", () => resolve()));
    scope.after(async () => {
      // The browser is a group of processes.
      process.kill(-browser.pid!, "SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    });
    const portFile = join(profile, "DevToolsActivePort");
    await until(() => existsSync(portFile) && readFileSync(portFile, "utf8").includes("\n"), "the browser to start");
    const [port] = readFileSync(portFile, "utf8").split("\n");
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { type: string; webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(targets.find(({ type }) => type === "page")!.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    const page = new ChromiumPage(socket);
    for (const domain of ["Page", "Runtime", "Log"]) await page.call(`${domain}.enable`);
    return page;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("close", () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error("the browser ended"));
    });
    socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(String(data)) as Answer));
  }

  call(method: string, params: object = {}): Promise<Answer> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return reject(new Error("the browser ended"));
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** @returns the authenticator's id. */
  async addAuthenticator(): Promise<string> {
    await this.call("WebAuthn.enable");
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    return (await this.call("WebAuthn.addVirtualAuthenticator", { options }))["authenticatorId"] as string;
  }

  /** A passkey that the person has on this authenticator. @param pkcs8 its private key. */
  async addPasskey(
    authenticatorId: string,
    { credential, person, pkcs8 }: { readonly credential: string; readonly person: string; readonly pkcs8: Buffer },
  ): Promise<void> {
    await this.call("WebAuthn.addCredential", {
      authenticatorId,
      credential: {
        credentialId: Buffer.from(credential, "base64url").toString("base64"),
        isResidentCredential: true,
        rpId: "localhost",
        privateKey: pkcs8.toString("base64"),
        userHandle: Buffer.from(person).toString("base64"),
        signCount: 1,
      },
    });
  }

  /** What the authenticator's passkeys have signed, counted. */
  async signatures(authenticatorId: string): Promise<number> {
    const { credentials } = await this.call("WebAuthn.getCredentials", { authenticatorId });
    return (credentials as readonly { readonly signCount: number }[]).reduce((sum, { signCount }) => sum + signCount, 0);
  }

  /** Stands between the page and its server: answers of JSON to `path` are changed, until it is called without a change. */
  async tamper(path: string, change?: (answer: any) => unknown): Promise<void> {
    if (change === undefined) this.#changes.delete(path);
    else this.#changes.set(path, change);
    if (this.#changes.size === 0) await this.call("Fetch.disable");
    else await this.call("Fetch.enable", { patterns: [{ urlPattern: "*", requestStage: "Response" }] });
  }

  async go(url: string): Promise<void> {
    await this.call("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(`the page threw at ${expression}`);
    return (result as { value?: unknown }).value;
  }

  async until(expression: string): Promise<void> {
    await until(async () => (await this.evaluate(expression)) === true, expression);
  }

  async #pass({ requestId, request, responseStatusCode }: Answer): Promise<void> {
    const change = this.#changes.get(new URL(request.url).pathname);
    if (change === undefined) return void (await this.call("Fetch.continueRequest", { requestId }));
    const { body, base64Encoded } = await this.call("Fetch.getResponseBody", { requestId });
    const changed = change(JSON.parse(Buffer.from(body, base64Encoded ? "base64" : "utf8").toString("utf8")));
    await this.call("Fetch.fulfillRequest", {
      requestId,
      responseCode: responseStatusCode,
      responseHeaders: [{ name: "content-type", value: "application/json" }],
      body: Buffer.from(JSON.stringify(changed)).toString("base64"),
    });
  }

  #hear({ id, method, params, result, error }: Answer): void {
    if (method === "Log.entryAdded") this.complaints.push(`${params.entry.source}: ${params.entry.text}`);
    if (method === "Fetch.requestPaused")
      void this.#pass(params as Answer).catch((error: Error) => this.complaints.push(`proxy: ${error.message}`));
    if (method === "Runtime.exceptionThrown") this.complaints.push(`script: ${params.exceptionDetails.text}`);
    const waiting = this.#waiting.get(id as number);
    if (waiting === undefined) return;
    this.#waiting.delete(id as number);
    if (error === undefined) waiting.resolve(result as Answer);
    else waiting.reject(new Error(String(error.message)));
  }
}

async function until(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const late = Date.now() + patienceMs; !(await check()); await wait(20))
    if (Date.now() > late) throw new Error(`waited in vain for ${what}`);
}
