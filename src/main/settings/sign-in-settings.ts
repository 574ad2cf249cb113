import { checkedIssuer } from "../../identity/checked-issuer.ts";
import type { OpenIdSettings } from "../../identity/open-id-provider.ts";
import { relyingParty } from "../../identity/relying-party.ts";
import { ConfigError, readSetting } from "./setting.ts";

/** The provider that operators may sign in with, and how it is reached. */
export interface ProviderSettings extends OpenIdSettings {
  /** Others than the issuer's own that it may be called at. */
  readonly hosts: readonly string[];
  readonly path: "public" | "private";
}

/** The front alone gets it. */
export const signInSecretSetting = "PARCELKEEP_OIDC_CLIENT_SECRET";

/** Where browsers find the operators' pages. @throws {ConfigError} */
export function readOperatorsUrl(env: NodeJS.ProcessEnv): string | null {
  const text = readSetting(env, "PARCELKEEP_OPERATORS_URL");
  try {
    return text === null ? null : relyingParty(text).origin;
  } catch (cause) {
    throw new ConfigError("PARCELKEEP_OPERATORS_URL must be https://host or http://localhost, with a port and without a path", { cause });
  }
}

function readProviderHosts(env: NodeJS.ProcessEnv): readonly string[] {
  const hosts = (readSetting(env, "PARCELKEEP_OIDC_HOSTS") ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  if (!hosts.every((host) => /^[a-z0-9.-]{1,253}(?::\d{1,5})?$/.test(host)))
    throw new ConfigError("PARCELKEEP_OIDC_HOSTS must be a list of hosts, such as keys.example.eu");
  return hosts;
}

function readProviderPath(env: NodeJS.ProcessEnv): "public" | "private" {
  const path = readSetting(env, "PARCELKEEP_OIDC_PATH") ?? "public";
  if (path !== "public" && path !== "private") throw new ConfigError("PARCELKEEP_OIDC_PATH must be public or private");
  return path;
}

/** @returns null where nobody signs in with a provider. @throws {ConfigError} without what was set. */
export function readOpenId(env: NodeJS.ProcessEnv): ProviderSettings | null {
  const [issuer, clientId] = [readSetting(env, "PARCELKEEP_OIDC_ISSUER"), readSetting(env, "PARCELKEEP_OIDC_CLIENT_ID")];
  if (issuer === null && clientId === null) return null;
  if (issuer === null || clientId === null)
    throw new ConfigError("PARCELKEEP_OIDC_ISSUER must be set together with PARCELKEEP_OIDC_CLIENT_ID");
  try {
    const secret = readSetting(env, signInSecretSetting);
    return { issuer: checkedIssuer(issuer), clientId, clientSecret: secret, hosts: readProviderHosts(env), path: readProviderPath(env) };
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError("PARCELKEEP_OIDC_ISSUER must be the provider's https address", { cause });
  }
}
