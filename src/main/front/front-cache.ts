import { readFile } from "node:fs/promises";
import { MemoryCache } from "../../cloud/memory-cache.ts";
import type { TrackingCache } from "../../cloud/tracking-cache.ts";
import { KeyedHash } from "../../domain/keyed-hash.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import type { Config } from "../config.ts";
import { errorKind, type ProgramLog } from "../log.ts";

export interface FrontCache extends TrackingCache {
  counters(): { readonly hits: number; readonly misses: number; readonly failures?: number };
}

/** The cache of this process, or the one that all fronts share where one is named. */
export async function frontCache(
  { cache, aws }: Pick<Config, "cache" | "aws">,
  keys: Pick<SealingKeys, "derive">,
  log: ProgramLog,
): Promise<{ readonly cache: FrontCache; readonly close: () => Promise<void> }> {
  if (cache === null) return { cache: new MemoryCache(), close: async () => {} };
  // Loaded where it is used.
  const { RedisCache } = await import("../../cloud/redis-cache.ts");
  const hash = new KeyedHash(await keys.derive("tracking-cache"));
  const opened = await RedisCache.open({
    url: cache.url,
    digest: (key) => hash.hexOfText(key),
    authorities: cache.authorities === null ? undefined : await readFile(cache.authorities, "utf8"),
    password: await iamPassword(cache, aws),
    onAway: () => log.warn("the cache does not answer; reads go to the database"),
    onNoPassword: (error) => log.warn(errorKind(error), "no new password for the cache was made; tried again"),
  });
  return { cache: opened, close: () => opened.close() };
}

async function iamPassword({ url, iam }: NonNullable<Config["cache"]>, aws: Config["aws"]): Promise<(() => Promise<string>) | undefined> {
  if (iam === null) return undefined;
  const { cacheTarget, connectTokens } = await import("../../aws/aws-connect-token.ts");
  return connectTokens(aws, cacheTarget(iam.name, decodeURIComponent(new URL(url).username), iam.isServerless));
}
