import { readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Compression } from "./committer.ts";
import { numberReuseDays, type Retention } from "../process/retain.ts";
import type { PowerRole } from "../store/roles.ts";
import type { TokenBudget } from "../store/token-store.ts";
import { type ProviderName, providerNames } from "../vault/keys/provider.ts";
import { type KeyPower, keyPowers } from "./key-powers.ts";

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
  /** Jobs that may wait for the workers; about so many, since the front looks now and then. */
  readonly inboxMax: number;
  /** Who may have personal data opened before approvals exist. */
  readonly localRelease: "off" | "operator";
  /** Whether raw records are compressed before they are sealed. */
  readonly compression: Compression;
  /** Threads that decode, seal and commit for the ingress. */
  readonly intakeThreads: number;
  /** What one API key may ask of the tokens API, and when its share of misses is told. */
  readonly tokenBudget: TokenBudget;
  readonly tokenSearchesPerDay: number;
  /** What holds the root keys. */
  readonly keys: ProviderName;
  /** A segment is written when this much waits, or when the oldest has waited this long. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  /** Name of the audit log's owner, as its checkpoints say it; null for one made of the host's name. */
  readonly auditOrigin: string | null;
  /** Folder that keeps the last signed checkpoint, apart from database and objects. */
  readonly auditAnchor: string;
  /** How long the files of the audit log cannot be deleted. */
  readonly auditRetentionDays: number;
  /** At most so often a checkpoint is signed. */
  readonly auditPublishMs: number;
  /** How long values of persons are kept after they were received, and texts of messages. */
  readonly retention: Retention;
  /** Hosts of tests, `host:port`: calls to them may go in the clear and to this machine. None outside tests. */
  readonly egressTestHosts: ReadonlySet<string>;
  /** Where all carriers are asked instead of at their own addresses, each below its source's name: the simulator. Null outside tests. */
  readonly carriersUrl: string | null;
  /** Where answers of carriers are handed in; null: at the program of the data folder. */
  readonly ingressUrl: string | null;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad-setting";
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const setting = (name: string, fallback: string): string => read(env, name) ?? fallback;
  const number = (name: string, fallback: number): number => {
    const value = Number(setting(name, String(fallback)));
    if (!Number.isFinite(value) || value <= 0) throw new ConfigError(`${name} must be a positive number`);
    return value;
  };
  const address = (name: string): string | null => {
    const value = read(env, name);
    if (value !== null && !/^https?:\/\/[^/]+$/.test(value)) throw new ConfigError(`${name} must be http(s)://host:port`);
    return value;
  };
  const days = (name: string, fallback: number): number => {
    const value = number(name, fallback);
    if (value > numberReuseDays)
      throw new ConfigError(`${name} must be at most ${numberReuseDays}: carriers give tracking numbers out again`);
    return value;
  };
  const [host, port] = splitAddress(setting("PARCELKEEP_HTTP", "127.0.0.1:8080"));
  const cell = setting("PARCELKEEP_CELL", "eu1");
  if (!/^[a-z]{2}\d$/.test(cell)) throw new ConfigError("PARCELKEEP_CELL must be two small letters and a digit, such as eu1");
  const compression = setting("PARCELKEEP_COMPRESSION", "auto");
  if (compression !== "auto" && compression !== "always" && compression !== "never")
    throw new ConfigError("PARCELKEEP_COMPRESSION must be auto, always or never");
  const keys = setting("PARCELKEEP_KEYS", "local");
  if (!isProvider(keys)) throw new ConfigError(`PARCELKEEP_KEYS must be one of ${providerNames.join(", ")}`);
  const localRelease = setting("PARCELKEEP_LOCAL_RELEASE", "off");
  if (localRelease !== "off" && localRelease !== "operator") throw new ConfigError("PARCELKEEP_LOCAL_RELEASE must be off or operator");
  const dataDir = resolve(setting("PARCELKEEP_DATA", join(import.meta.dirname, "..", "..", "data")));
  return {
    keys,
    dataDir,
    httpHost: host,
    httpPort: port,
    cell,
    tenantRate: number("PARCELKEEP_TENANT_RATE", 1000),
    tenantBurst: number("PARCELKEEP_TENANT_BURST", 2000),
    inboxMax: number("PARCELKEEP_INBOX_MAX", 1_000_000),
    compression,
    localRelease,
    intakeThreads: Math.ceil(number("PARCELKEEP_INTAKE_THREADS", Math.max(1, Math.min(Math.floor(availableParallelism() / 2), 4)))),
    tokenBudget: {
      tokensPerDay: Math.floor(number("PARCELKEEP_TOKENS_PER_DAY", 1_000_000)),
      missesPerHour: Math.floor(number("PARCELKEEP_TOKEN_MISSES_PER_HOUR", 20_000)),
      alarmIdentifiers: Math.floor(number("PARCELKEEP_TOKEN_ALARM_IDENTIFIERS", 1_000)),
      alarmRatio: number("PARCELKEEP_TOKEN_ALARM_RATIO", 0.9),
    },
    tokenSearchesPerDay: Math.floor(number("PARCELKEEP_TOKEN_SEARCHES_PER_DAY", 500)),
    logLevel: setting("PARCELKEEP_LOG_LEVEL", "info"),
    segmentBytes: number("PARCELKEEP_SEGMENT_BYTES", 8 * 1024 * 1024),
    segmentAgeMs: number("PARCELKEEP_SEGMENT_AGE_MS", 30_000),
    auditOrigin: readOrigin(read(env, "PARCELKEEP_AUDIT_ORIGIN")),
    auditAnchor: resolve(setting("PARCELKEEP_AUDIT_ANCHOR", join(dataDir, "audit-anchor"))),
    auditRetentionDays: number("PARCELKEEP_AUDIT_RETENTION_DAYS", 3 * 365),
    auditPublishMs: number("PARCELKEEP_AUDIT_PUBLISH_MS", 2_000),
    retention: {
      personalDays: days("PARCELKEEP_RETENTION_DAYS_PERSONAL", 90),
      textDays: days("PARCELKEEP_RETENTION_DAYS_TEXT", 60),
    },
    egressTestHosts: testHosts(setting("PARCELKEEP_EGRESS_TEST_HOSTS", "")),
    carriersUrl: address("PARCELKEEP_CARRIERS_URL"),
    ingressUrl: address("PARCELKEEP_INGRESS_URL"),
  };
}

const databaseSettings: Readonly<Record<PowerRole, string>> = {
  parcelkeep_ingress: "PARCELKEEP_DATABASE_URL",
  parcelkeep_worker: "PARCELKEEP_DATABASE_URL",
  parcelkeep_archivist: "PARCELKEEP_DATABASE_URL",
  parcelkeep_opener: "PARCELKEEP_DATABASE_URL",
  parcelkeep_keeper: "PARCELKEEP_DATABASE_URL",
  parcelkeep_sequencer: "PARCELKEEP_DATABASE_URL",
  parcelkeep_rekeyer: "PARCELKEEP_DATABASE_URL",
  parcelkeep_outbound: "PARCELKEEP_DATABASE_URL",
  // The front is two roles in one process.
  parcelkeep_api: "PARCELKEEP_API_DATABASE_URL",
};

/**
 * The databases that a platform names to a role's process, as addresses of the roles whose powers it has. A process that came in as somebody else
 * could do more than it should, or less than it needs.
 * @throws {ConfigError} when one is missing or belongs to another user; without the address, which holds a password.
 */
export function readConnections<Power extends PowerRole>(
  powers: readonly Power[],
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<Power, { readonly connectionString: string }>> {
  const connectionOf = (power: Power): { readonly connectionString: string } => {
    const name = databaseSettings[power];
    const address = read(env, name);
    if (address === null || userOf(address) !== power)
      throw new ConfigError(`${name} must be postgresql://${power}:PASSWORD@HOST:PORT/DATABASE`);
    return { connectionString: address };
  };
  return Object.fromEntries(powers.map((power) => [power, connectionOf(power)])) as ReturnType<typeof readConnections<Power>>;
}

/**
 * The database of its owner's that `migrate` brings up to date; null for the embedded one.
 * @throws {ConfigError} when it is no address.
 */
export function readOwnersDatabase(env: NodeJS.ProcessEnv = process.env): { readonly connectionString: string } | null {
  const address = read(env, "PARCELKEEP_DATABASE_URL");
  if (address === null) return null;
  if (userOf(address) === null) throw new ConfigError("PARCELKEEP_DATABASE_URL must be postgresql://OWNER:PASSWORD@HOST:PORT/DATABASE");
  return { connectionString: address };
}

/** Settings of a login on a PKCS #11 token. */
export interface TokenLogin {
  readonly modulePath: string;
  readonly tokenLabel: string;
  readonly pin: string;
}

const tokenSettings = {
  sealing: { label: "PARCELKEEP_PKCS11_SEALING_TOKEN", pin: "PARCELKEEP_PKCS11_SEALING_PIN" },
  opening: { label: "PARCELKEEP_PKCS11_OPENING_TOKEN", pin: "PARCELKEEP_PKCS11_OPENING_PIN" },
  resolving: { label: "PARCELKEEP_PKCS11_RESOLVING_TOKEN", pin: "PARCELKEEP_PKCS11_RESOLVING_PIN" },
  signing: { label: "PARCELKEEP_PKCS11_SIGNING_TOKEN", pin: "PARCELKEEP_PKCS11_SIGNING_PIN" },
} as const satisfies Record<KeyPower, unknown>;

/**
 * The login of one power; read where it is used, so that a process holds no PIN that it does not need.
 * @throws {ConfigError} when a part of it is missing.
 */
export function readTokenLogin(power: KeyPower, env: NodeJS.ProcessEnv = process.env): TokenLogin {
  const setting = (name: string, what: string): string => {
    const value = read(env, name);
    if (value === null || value === "") throw new ConfigError(`${name} must be ${what}`);
    return value;
  };
  const { label, pin } = tokenSettings[power];
  return {
    modulePath: setting("PARCELKEEP_PKCS11_MODULE", "the path of the HSM's PKCS #11 module, a shared library"),
    tokenLabel: setting(label, `the label of the token for ${power}`),
    pin: setting(pin, `that token's PIN, or ${pin}_FILE a file with it`),
  };
}

/** Whether this process was given a login for a power. */
export function hasTokenLogin(power: KeyPower, env: NodeJS.ProcessEnv = process.env): boolean {
  return read(env, tokenSettings[power].label) !== null;
}

/** The environment for a process with these powers: without the logins of the others. */
export function environmentWith(powers: readonly KeyPower[], env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const hidden = keyPowers
    .filter((power) => !powers.includes(power))
    .flatMap((power) => Object.values(tokenSettings[power]).flatMap((name) => [name, `${name}_FILE`]));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.includes(name)));
}

/** Files that the settings of an environment are read from. */
export function settingFiles(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.entries(env).flatMap(([name, path]) => (/^PARCELKEEP_\w+_FILE$/.test(name) && path !== undefined ? [path] : []));
}

/** What the AWS SDK reads to find credentials: tokens that a platform mounts, and the shared configuration. */
export function awsCredentialFiles(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const named = [
    env["AWS_WEB_IDENTITY_TOKEN_FILE"],
    env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
    env["AWS_CONFIG_FILE"],
    env["AWS_SHARED_CREDENTIALS_FILE"],
  ].filter((path) => path !== undefined && path !== "");
  return [...(named as string[]), join(homedir(), ".aws")];
}

/** What the settings name in AWS KMS; nothing is checked here but the form. */
export interface KmsNames {
  readonly region: string;
  /** `partition/region` each. */
  readonly allowed: readonly string[];
  /** ARNs by epoch. */
  readonly keys: ReadonlyMap<number, string>;
  readonly derivationKeys: ReadonlyMap<number, string>;
  /** For the epochs whose derivation root is a wrapped secret. */
  readonly derivationSecrets: ReadonlyMap<number, Buffer>;
  readonly signingKey: string | null;
  /** Of an emulator on this machine. */
  readonly endpoint: string | null;
}

/** @throws {ConfigError} without the value, which may be a secret's wrap. */
export function readKmsNames(env: NodeJS.ProcessEnv = process.env): KmsNames {
  const endpoint = read(env, "PARCELKEEP_KMS_ENDPOINT");
  if (endpoint !== null && !/^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(endpoint))
    throw new ConfigError("PARCELKEEP_KMS_ENDPOINT must be of this machine: it is for emulators");
  const byEpoch = (name: string): ReadonlyMap<number, string> => {
    const text = read(env, name) ?? "";
    const epochs = text.trim().startsWith("{") ? pairsOfJson(text) : pairsOfList(text);
    if (epochs === null) throw new ConfigError(`${name} must be a list such as 1=value,2=value, or a JSON object`);
    return epochs;
  };
  return {
    region: read(env, "PARCELKEEP_KMS_REGION") ?? "eusc-de-east-1",
    allowed: (read(env, "PARCELKEEP_KMS_ALLOWED") ?? "aws-eusc/eusc-de-east-1").split(",").map((place) => place.trim()),
    keys: byEpoch("PARCELKEEP_KMS_KEYS"),
    derivationKeys: byEpoch("PARCELKEEP_KMS_DERIVATION_KEYS"),
    derivationSecrets: new Map(
      Array.from(byEpoch("PARCELKEEP_KMS_DERIVATION_SECRETS"), ([epoch, text]) => [epoch, Buffer.from(text, "base64")]),
    ),
    signingKey: read(env, "PARCELKEEP_KMS_SIGNING_KEY"),
    endpoint,
  };
}

/** @returns null where one is not `epoch=value`, or comes twice. */
function pairsOfList(text: string): ReadonlyMap<number, string> | null {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return pairsByEpoch(entries.map((entry) => [entry.slice(0, Math.max(0, entry.indexOf("="))), entry.slice(entry.indexOf("=") + 1)]));
}

function pairsOfJson(text: string): ReadonlyMap<number, string> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? pairsByEpoch(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function pairsByEpoch(entries: readonly (readonly [epoch: string, value: unknown])[]): ReadonlyMap<number, string> | null {
  const byEpoch = new Map<number, string>();
  for (const [epoch, value] of entries) {
    if (!/^[1-9]\d{0,8}$/.test(epoch) || typeof value !== "string" || value === "" || byEpoch.has(Number(epoch))) return null;
    byEpoch.set(Number(epoch), value);
  }
  return byEpoch;
}

function testHosts(text: string): ReadonlySet<string> {
  const hosts = text.split(",").flatMap((host) => (host.trim() === "" ? [] : [host.trim().toLowerCase()]));
  for (const host of hosts) {
    // As a URL has it, whose own port it leaves out.
    if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/.test(host))
      throw new ConfigError("PARCELKEEP_EGRESS_TEST_HOSTS must be a list such as 127.0.0.1:4010,localhost:4011");
  }
  return new Set(hosts);
}

/** A schema-less URL without its end, as C2SP tlog-checkpoint recommends for origins. */
function readOrigin(text: string | null): string | null {
  if (text === null || /^[a-z0-9][a-z0-9.-]{0,100}(?:\/[a-z0-9._-]{1,50}){0,4}$/.test(text)) return text;
  throw new ConfigError("PARCELKEEP_AUDIT_ORIGIN must be a name such as log.example.eu/parcelkeep");
}

function isProvider(name: string): name is ProviderName {
  return (providerNames as readonly string[]).includes(name);
}

/** Whether the settings name a database; otherwise it is the data folder's own. */
export function isDatabaseNamed(env: NodeJS.ProcessEnv = process.env): boolean {
  return read(env, "PARCELKEEP_DATABASE_URL") !== null;
}

function userOf(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.username !== "" ? decodeURIComponent(url.username) : null;
}

function read(env: NodeJS.ProcessEnv, name: string): string | null {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name] ?? null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${name}_FILE must name a file that can be read`, { cause });
  }
}

function splitAddress(address: string): [string, number] {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigError("PARCELKEEP_HTTP must be host:port");
  return [address.slice(0, colon).replace(/^\[|\]$/g, ""), port];
}
