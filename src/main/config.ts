import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** All settings; this file is the only reader of the environment. Any variable may be given as `…_FILE` naming a file that holds it. */
export interface Config {
  /** Folder for everything the embedded default keeps. */
  readonly dataDir: string;
  readonly httpHost: string;
  readonly httpPort: number;
  /** Where the tokens of this installation come from: two letters and a digit, part of every token. */
  readonly cell: string;
  /** Requests a second that one tenant may send in the long run, and in a burst. */
  readonly tenantRate: number;
  readonly tenantBurst: number;
  readonly logLevel: string;
  /** A segment is written when this much waits, or when the oldest has waited this long. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad-setting";
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const setting = (name: string, fallback: string): string => {
    const file = env[`${name}_FILE`];
    return file === undefined ? (env[name] ?? fallback) : readFileSync(file, "utf8").trim();
  };
  const number = (name: string, fallback: number): number => {
    const value = Number(setting(name, String(fallback)));
    if (!Number.isFinite(value) || value <= 0) throw new ConfigError(`${name} must be a positive number`);
    return value;
  };
  const [host, port] = splitAddress(setting("PARCELKEEP_HTTP", "127.0.0.1:8080"));
  const cell = setting("PARCELKEEP_CELL", "eu1");
  if (!/^[a-z]{2}\d$/.test(cell)) throw new ConfigError("PARCELKEEP_CELL must be two small letters and a digit, such as eu1");
  return {
    dataDir: resolve(setting("PARCELKEEP_DATA", join(import.meta.dirname, "..", "..", "data"))),
    httpHost: host,
    httpPort: port,
    cell,
    tenantRate: number("PARCELKEEP_TENANT_RATE", 1000),
    tenantBurst: number("PARCELKEEP_TENANT_BURST", 2000),
    logLevel: setting("PARCELKEEP_LOG_LEVEL", "info"),
    segmentBytes: number("PARCELKEEP_SEGMENT_BYTES", 8 * 1024 * 1024),
    segmentAgeMs: number("PARCELKEEP_SEGMENT_AGE_MS", 30_000),
  };
}

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigError("PARCELKEEP_HTTP must be host:port");
  return [address.slice(0, colon).replace(/^\[|\]$/g, ""), port];
}
