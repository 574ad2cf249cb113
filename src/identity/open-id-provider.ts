import { createHmac, createSecretKey } from "node:crypto";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  type Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from "openid-client";
import { checkedIssuer, isOfThisMachine } from "./checked-issuer.ts";
import { OpenIdError } from "./open-id-error.ts";

/** How the provider is asked; fails as Node's `fetch` does. */
export type ProviderFetch = CustomFetch;

export interface OpenIdSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client, which PKCE alone protects. */
  readonly clientSecret: string | null;
}

/** Who a provider says came. */
export interface ProvenAccount {
  readonly issuer: string;
  readonly subject: string;
  /** Only one that the provider says it has verified. */
  readonly email: string | null;
}

const timeoutS = 10;
/** A provider changes its keys and endpoints rarely; keys that are new are fetched when a token names them. */
const discoveryLifeMs = 60 * 60 * 1000;

/**
 * Sign-in with a provider by OpenID Connect Core 1.0, section 3.1: authorization code, PKCE (RFC 7636), state and nonce. The ID token's signature is checked
 * although it comes over TLS from the provider itself, so that a proxy in between vouches for nobody.
 */
export class OpenIdProvider {
  readonly #settings: OpenIdSettings;
  readonly #fetch: ProviderFetch;
  readonly #now: () => number;
  #found: { readonly configuration: Promise<Configuration>; readonly at: number } | null = null;

  constructor(settings: OpenIdSettings, fetch: ProviderFetch, now: () => number) {
    this.#settings = settings;
    this.#fetch = fetch;
    this.#now = now;
  }

  get issuer(): string {
    return this.#settings.issuer;
  }

  /**
   * @param attempt 32 random bytes that the browser keeps; state, nonce and verifier are made of them, so nothing else ties the answer to this browser.
   * @returns where the browser goes.
   * @throws {OpenIdError} `unavailable`.
   */
  async begin(attempt: Uint8Array, redirectUri: string): Promise<URL> {
    const { state, nonce, verifier } = secretsOf(attempt);
    return buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: redirectUri,
      scope: "openid email",
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
  }

  /**
   * @param query of the request that the browser came back with.
   * @throws {OpenIdError}
   */
  async finish(attempt: Uint8Array, redirectUri: string, query: string): Promise<ProvenAccount> {
    const { state, nonce, verifier } = secretsOf(attempt);
    const configuration = await this.#configuration();
    const came = new URL(redirectUri);
    came.search = query;
    try {
      const tokens = await authorizationCodeGrant(configuration, came, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new OpenIdError("refused");
      // Many providers keep the address out of the ID token.
      const about = claims["email"] === undefined ? await userInfo(configuration, tokens.access_token, claims.sub) : claims;
      const isVerified = about["email_verified"] === true && typeof about["email"] === "string";
      return { issuer: claims.iss, subject: claims.sub, email: isVerified ? (about["email"] as string) : null };
    } catch (cause) {
      throw cause instanceof OpenIdError ? cause : new OpenIdError(isUnreachable(cause) ? "unavailable" : "refused", { cause });
    }
  }

  async #configuration(): Promise<Configuration> {
    if (this.#found === null || this.#now() - this.#found.at > discoveryLifeMs)
      this.#found = { configuration: discover(this.#settings, this.#fetch), at: this.#now() };
    try {
      return await this.#found.configuration;
    } catch (cause) {
      this.#found = null;
      throw new OpenIdError("unavailable", { cause });
    }
  }
}

function discover({ issuer, clientId, clientSecret }: OpenIdSettings, fetch: ProviderFetch): Promise<Configuration> {
  const url = new URL(checkedIssuer(issuer));
  return discovery(url, clientId, undefined, clientSecret === null ? None() : ClientSecretBasic(clientSecret), {
    timeout: timeoutS,
    [customFetch]: fetch,
    execute: [enableNonRepudiationChecks, ...(isOfThisMachine(url) ? [allowInsecureRequests] : [])],
  });
}

/** Without such an endpoint there is no address; one that contradicts the ID token refuses the sign-in. */
async function userInfo(configuration: Configuration, accessToken: string, subject: string): Promise<Readonly<Record<string, unknown>>> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return (await fetchUserInfo(configuration, accessToken, subject)) as Readonly<Record<string, unknown>>;
}

function secretsOf(attempt: Uint8Array): { readonly state: string; readonly nonce: string; readonly verifier: string } {
  const key = createSecretKey(attempt);
  const secret = (label: string): string => createHmac("sha256", key).update(label).digest("base64url");
  return { state: secret("state"), nonce: secret("nonce"), verifier: secret("verifier") };
}

/** Node's `fetch` fails with a TypeError where nobody answers, and with a DOMException where nobody answers in time; the library keeps them as causes. */
function isUnreachable(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (each.name === "TimeoutError" || (each instanceof TypeError && each.message === "fetch failed")) return true;
  }
  return false;
}
