import { createServer, type IncomingMessage } from "node:http";
import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";

interface Scope {
  after(work: () => Promise<void>): void;
}

/** What a provider says that a test wants to be wrong. */
export interface Lies {
  readonly claims?: JWTPayload;
  /** Of another key pair, or a secret. */
  readonly signBy?: "own" | "other" | "client-secret" | "nobody";
  /** In what the browser comes back with. */
  readonly answer?: Readonly<Record<string, string | null>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly userInfo?: Readonly<Record<string, unknown>>;
}

export const providerClient = { clientId: "parcelkeep", clientSecret: "a secret of the test, long enough for HS256" } as const;

/** A minimal OpenID provider that says what it is told to. It keeps to OpenID Connect Core where a test asks for nothing else. */
export class HostileProvider {
  lies: Lies = {};
  readonly issuer: string;
  readonly #keys: { readonly own: CryptoKey; readonly other: CryptoKey };
  readonly #codes = new Map<string, { readonly nonce: string; readonly challenge: string; readonly redirectUri: string }>();

  static async start(scope: Scope): Promise<HostileProvider> {
    const [own, other] = [await generateKeyPair("RS256"), await generateKeyPair("RS256")];
    const jwk = { ...(await exportJWK(own.publicKey)), kid: "one", use: "sig", alg: "RS256" };
    let provider: HostileProvider | null = null;
    const server = createServer((request, response) => {
      provider!.#answer(request, jwk).then(
        ({ status, body }) => {
          response.writeHead(status, { "content-type": "application/json", connection: "close" });
          response.end(JSON.stringify(body));
        },
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address() as { port: number };
    provider = new HostileProvider(`http://127.0.0.1:${address.port}`, { own: own.privateKey, other: other.privateKey });
    scope.after(() => new Promise((resolve) => server.close(() => resolve())));
    return provider;
  }

  private constructor(issuer: string, keys: { readonly own: CryptoKey; readonly other: CryptoKey }) {
    this.issuer = issuer;
    this.#keys = keys;
  }

  /** What a browser does there: it signs in and comes back. @returns the query that it comes back with. */
  signIn(authorization: string): string {
    const asked = new URL(authorization).searchParams;
    const code = randomBytes(16).toString("base64url");
    this.#codes.set(code, { nonce: asked.get("nonce")!, challenge: asked.get("code_challenge")!, redirectUri: asked.get("redirect_uri")! });
    const answer = new URLSearchParams({ code, state: asked.get("state")!, iss: this.issuer });
    for (const [name, value] of Object.entries(this.lies.answer ?? {})) {
      if (value === null) answer.delete(name);
      else answer.set(name, value);
    }
    return `?${answer.toString()}`;
  }

  async #answer(request: IncomingMessage, jwk: object): Promise<{ readonly status: number; readonly body: unknown }> {
    const path = request.url!.split("?")[0]!;
    if (path === "/.well-known/openid-configuration") return { status: 200, body: { ...this.#metadata(), ...this.lies.metadata } };
    if (path === "/keys") return { status: 200, body: { keys: [jwk] } };
    if (path === "/me") return { status: 200, body: { sub: "ida", ...this.lies.userInfo } };
    if (path === "/token") return this.#token(new URLSearchParams(await text(request)));
    return { status: 404, body: {} };
  }

  #metadata(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      userinfo_endpoint: `${this.issuer}/me`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async #token(asked: URLSearchParams): Promise<{ readonly status: number; readonly body: unknown }> {
    const code = this.#codes.get(asked.get("code") ?? "");
    this.#codes.delete(asked.get("code") ?? "");
    const proven = createHash("sha256")
      .update(asked.get("code_verifier") ?? "")
      .digest("base64url");
    if (code === undefined || proven !== code.challenge || asked.get("redirect_uri") !== code.redirectUri)
      return { status: 400, body: { error: "invalid_grant" } };
    return {
      status: 200,
      body: { access_token: "a", token_type: "bearer", expires_in: 60, id_token: await this.#idToken(code.nonce) },
    };
  }

  #idToken(nonce: string): Promise<string> | string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      sub: "ida",
      aud: providerClient.clientId,
      iat: now,
      exp: now + 300,
      nonce,
      ...this.lies.claims,
    };
    const signed = (header: JWTHeaderParameters, key: CryptoKey | Uint8Array) => new SignJWT(claims).setProtectedHeader(header).sign(key);
    switch (this.lies.signBy ?? "own") {
      case "own":
        return signed({ alg: "RS256", kid: "one" }, this.#keys.own);
      case "other":
        return signed({ alg: "RS256", kid: "one" }, this.#keys.other);
      case "client-secret":
        return signed({ alg: "HS256" }, new TextEncoder().encode(providerClient.clientSecret));
      case "nobody":
        return [{ alg: "none" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".";
    }
  }
}
