import { isOfThisMachine } from "../../identity/checked-issuer.ts";
import { ConfigError, readSetting } from "./setting.ts";

/** Where spans and metrics are sent to, by OTLP over HTTP. */
export interface TelemetrySettings {
  /** Address below which `v1/traces` and `v1/metrics` are. */
  readonly endpoint: string;
  /** Sent along with each call; may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates of the authorities, or where they are; null: the usual ones. */
  readonly authorities: { readonly pem: string } | { readonly file: string } | null;
  /** `private`: the endpoint is in the owner's own network, and called directly. */
  readonly path: "public" | "private";
  /** Share of the spans of what happens all the time that is recorded. */
  readonly sampleRatio: number;
  /** So often metrics are sent; 0: never. */
  readonly metricsMs: number;
}

/**
 * The standard's own variables (`OTEL_…`) are not read: a platform puts those into every container, and nothing is to leave because of that.
 * @returns null where nothing is exported. @throws {ConfigError}
 */
export function readTelemetry(env: NodeJS.ProcessEnv): TelemetrySettings | null {
  const endpoint = readSetting(env, "PARCELKEEP_OTLP_ENDPOINT");
  if (endpoint === null) return null;
  const url = URL.parse(endpoint);
  if (url === null || !(url.protocol === "https:" || isOfThisMachine(url)) || /[?#@]/.test(endpoint))
    throw new ConfigError("PARCELKEEP_OTLP_ENDPOINT must be https://host, or http://localhost:4318 on this machine");
  const path = readSetting(env, "PARCELKEEP_OTLP_PATH") ?? "private";
  if (path !== "public" && path !== "private") throw new ConfigError("PARCELKEEP_OTLP_PATH must be public or private");
  const sampleRatio = Number(readSetting(env, "PARCELKEEP_OTLP_SAMPLE_RATIO") ?? "0.01");
  if (!(sampleRatio >= 0 && sampleRatio <= 1)) throw new ConfigError("PARCELKEEP_OTLP_SAMPLE_RATIO must be 0 to 1");
  const metricsMs = Number(readSetting(env, "PARCELKEEP_OTLP_METRICS_MS") ?? "60000");
  if (!Number.isInteger(metricsMs) || metricsMs < 0 || metricsMs > 3_600_000)
    throw new ConfigError("PARCELKEEP_OTLP_METRICS_MS must be 0 to 3600000");
  const authorities = readSetting(env, "PARCELKEEP_OTLP_AUTHORITIES");
  return {
    endpoint,
    headers: headersOf(readSetting(env, "PARCELKEEP_OTLP_HEADERS") ?? ""),
    authorities:
      authorities === null ? null : authorities.startsWith("-----BEGIN CERTIFICATE-----") ? { pem: authorities } : { file: authorities },
    path,
    sampleRatio,
    metricsMs,
  };
}

/** For processes that tell nobody what they do. */
export function withoutTelemetry(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^PARCELKEEP_OTLP_\w+$/.test(name)));
}

const ours: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "host",
  "connection",
]);

/** `name=value,name=value`, percent-encoded, as the standard's `OTEL_EXPORTER_OTLP_HEADERS` (OpenTelemetry Protocol Exporter, "Specifying headers"). */
function headersOf(text: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(",").filter((each) => each.trim() !== "")) {
    const [, name = "", value = ""] = /^\s*([a-z\d-]{1,60})\s*=\s*([\x21-\x7e]+(?: [\x21-\x7e]+)*)\s*$/i.exec(pair) ?? [];
    if (name === "" || ours.has(name.toLowerCase())) throw badHeaders();
    headers[name.toLowerCase()] = decoded(value);
  }
  return headers;
}

function decoded(value: string): string {
  try {
    const text = decodeURIComponent(value);
    if (/^[\x20-\x7e]+$/.test(text)) return text;
  } catch {
    // Said below.
  }
  throw badHeaders();
}

function badHeaders(): ConfigError {
  return new ConfigError("PARCELKEEP_OTLP_HEADERS must be name=value pairs with commas between them, percent-encoded");
}
