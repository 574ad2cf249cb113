import { ConfigError, readSetting } from "./setting.ts";

/** More proxies than this in a row are a mistake. */
const hopsMax = 5;

/** How many proxies of ours write `X-Forwarded-For` before a request comes to the front. @throws {ConfigError} */
export function readTrustedHops(env: NodeJS.ProcessEnv): number {
  const text = readSetting(env, "PARCELKEEP_TRUSTED_HOPS") ?? "0";
  const hops = Number(text);
  if (!/^\d$/.test(text) || hops > hopsMax) throw new ConfigError(`PARCELKEEP_TRUSTED_HOPS must be 0 to ${hopsMax}`);
  return hops;
}
