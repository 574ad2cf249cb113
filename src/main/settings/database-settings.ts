import { readFileSync } from "node:fs";
import type { RemoteDatabase } from "../../store/client-config.ts";
import { readAws } from "./aws-settings.ts";
import { ConfigError, readSetting } from "./setting.ts";

/**
 * How a database that a platform names is reached. Only what is set stands in the answer.
 * @throws {ConfigError}
 */
export function remoteDatabase(env: NodeJS.ProcessEnv, connectionString: string): RemoteDatabase {
  const authorities = readSetting(env, "PARCELKEEP_DATABASE_AUTHORITIES");
  const iam = readSetting(env, "PARCELKEEP_DATABASE_IAM") ?? "off";
  if (iam !== "on" && iam !== "off") throw new ConfigError("PARCELKEEP_DATABASE_IAM must be on or off");
  // A token in the clear, or told to whoever answers, is a password for a quarter of an hour.
  if (iam === "on" && authorities === null) throw new ConfigError("PARCELKEEP_DATABASE_IAM needs PARCELKEEP_DATABASE_AUTHORITIES");
  return {
    connectionString,
    ...(authorities === null ? {} : { authorities: certificates(authorities) }),
    ...(iam === "on" ? { iam: readAws(env) } : {}),
  };
}

/** @param text the certificates themselves, for a platform that hands out values and no files, or the name of a file. */
function certificates(text: string): string {
  if (text.trimStart().startsWith("-----BEGIN CERTIFICATE-----")) return text;
  try {
    return readFileSync(text, "utf8");
  } catch (cause) {
    throw new ConfigError("PARCELKEEP_DATABASE_AUTHORITIES must be certificates (PEM), or name a file that can be read", { cause });
  }
}
