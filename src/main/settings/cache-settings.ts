import { ConfigError, readSetting } from "./setting.ts";

/** The cache that several fronts share. */
export interface CacheSettings {
  readonly url: string;
  /** File with certificates (PEM) of the authorities; null: the usual ones. */
  readonly authorities: string | null;
  /** Name of a cache of ElastiCache that IAM lets in to; null: the address has the password. */
  readonly iam: { readonly name: string; readonly isServerless: boolean } | null;
}

/** @returns null where each front has a cache of its own. @throws {ConfigError} without the address, which may hold a password. */
export function readCache(env: NodeJS.ProcessEnv): CacheSettings | null {
  const address = readSetting(env, "PARCELKEEP_CACHE_URL");
  if (address === null) return null;
  const url = URL.parse(address);
  const isHere = url !== null && /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  if (url === null || !(url.protocol === "rediss:" || (url.protocol === "redis:" && isHere)))
    throw new ConfigError("PARCELKEEP_CACHE_URL must be rediss://USER:PASSWORD@HOST:PORT; redis:// only on this machine");
  const name = readSetting(env, "PARCELKEEP_CACHE_IAM");
  const [, cache, kind] = /^([a-z][a-z0-9-]{0,49})(\/serverless)?$/.exec(name ?? "") ?? [];
  if (name !== null && (cache === undefined || url.username === ""))
    throw new ConfigError("PARCELKEEP_CACHE_IAM must be the cache's name, or NAME/serverless, with a user in PARCELKEEP_CACHE_URL");
  return {
    url: address,
    authorities: readSetting(env, "PARCELKEEP_CACHE_AUTHORITIES"),
    iam: cache === undefined ? null : { name: cache, isServerless: kind !== undefined },
  };
}
