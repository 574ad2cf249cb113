import { readFileSync } from "node:fs";

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad-setting";
}

/**
 * One setting out of an environment, or out of the file that `…_FILE` names; null where it is not set.
 * @throws {ConfigError} where that file cannot be read.
 */
export function readSetting(env: NodeJS.ProcessEnv, name: string): string | null {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name] ?? null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${name}_FILE must name a file that can be read`, { cause });
  }
}
