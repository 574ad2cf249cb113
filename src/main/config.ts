import { availableParallelism, homedir } from "node:os";
import { join, resolve } from "node:path";
import type { AwsConnection } from "../aws/connection.ts";
import type { Compression } from "./intake/batch-sealer.ts";
import { numberReuseDays, type Retention } from "../process/retain.ts";
import type { RemoteDatabase } from "../store/client-config.ts";
import type { PowerRole } from "../store/roles.ts";
import type { TokenBudget } from "../store/token-store.ts";
import { type ProviderName, providerNames } from "../vault/keys/provider.ts";
import { readAws } from "./settings/aws-settings.ts";
import { readEventBus } from "./settings/event-bus-settings.ts";
import { type CacheSettings, readCache } from "./settings/cache-settings.ts";
import { remoteDatabase } from "./settings/database-settings.ts";
import { type DoorKeys, doorKeySettings, readDoorKeys } from "./settings/door-settings.ts";
import { type KeyPower, keyPowers } from "./keys/key-powers.ts";
import { type WitnessSettings, witnessSettings } from "./settings/log-witness-settings.ts";
import { readOpenerRole, readWorkflow, type WorkflowNames } from "./settings/opener-settings.ts";
import { type QueueSettings, readQueue } from "./settings/queue-settings.ts";
import { type ObjectSettings, readObjectSettings } from "./settings/object-settings.ts";
import { type KmsNames, kmsNames } from "./settings/kms-names-settings.ts";
import { ConfigError, readSetting } from "./settings/setting.ts";
import { type ProviderSettings, readOpenId, readOperatorsUrl, signInSecretSetting } from "./settings/sign-in-settings.ts";
import { readTrustedHops } from "./settings/trusted-hops-settings.ts";
import { readTelemetry, type TelemetrySettings } from "./settings/telemetry-settings.ts";
import { type TimeStampSettings, timeStampSettings } from "./settings/time-stamp-settings.ts";

/** All settings; this file is the only reader of the environment. Any variable may be given as `…_FILE` naming a file that holds it. */
export interface Config extends ObjectSettings, DoorKeys {
  /** Folder for everything the embedded default keeps. */
  readonly dataDir: string;
  readonly httpHost: string;
  readonly httpPort: number;
  /** How many proxies of ours stand before the front and write who called them; 0: whoever connects is the caller. */
  readonly trustedHops: number;
  /** Where the tokens of this installation come from: two letters and a digit, part of every token. */
  readonly cell: string;
  /** Requests a second that one tenant may send in the long run, and in a burst. */
  readonly tenantRate: number;
  readonly tenantBurst: number;
  readonly logLevel: string;
  /** Jobs that may wait for the workers; about so many, since the front looks now and then. */
  readonly inboxMax: number;
  /** Whether raw records are compressed before they are sealed. */
  readonly compression: Compression;
  /** Threads that decode, seal and commit for the ingress. */
  readonly intakeThreads: number;
  /** What one API key may ask of the tokens API, and when its share of misses is told. */
  readonly tokenBudget: TokenBudget;
  readonly tokenSearchesPerDay: number;
  /** What holds the root keys. */
  readonly keys: ProviderName;
  /** So often a front writes what is counted to standard output, for CloudWatch; 0: never. */
  readonly metricLinesMs: number;
  /** Where spans and metrics are sent to; null: nowhere. */
  readonly telemetry: TelemetrySettings | null;
  /** So long a front that was told to end says that it is not ready, and goes on serving, before it closes its port. */
  readonly drainMs: number;
  /** The cache that fronts share; null where each has its own. */
  readonly cache: CacheSettings | null;
  /** Where services of AWS are, for what uses them. */
  readonly aws: AwsConnection;
  /** Between inbox and workers; null: the inbox itself. */
  readonly queue: QueueSettings | null;
  /** ARN of what is told of changed shipments beside merchants; null for nothing. */
  readonly eventBus: string | null;
  /** ARN of the role that an opener's task takes on for its grant; null: none. */
  readonly openerRole: string | null;
  /** What waits for people and starts openers, where a platform does; null: this machine's supervisor starts them. */
  readonly workflow: WorkflowNames | null;
  /** A segment is written when this much waits, or when the oldest has waited this long. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  /** Name of the audit log's owner, as its checkpoints say it; null for one made of the host's name. */
  readonly auditOrigin: string | null;
  /** How long the files of the audit log cannot be deleted. */
  readonly auditRetentionDays: number;
  /** At most so often a checkpoint is signed. */
  readonly auditPublishMs: number;
  /** Who cosigns checkpoints; null where nobody does. */
  readonly witnesses: WitnessSettings | null;
  /** Who says when checkpoints existed; null where nobody does. */
  readonly timeStamps: TimeStampSettings | null;
  /** How long values of persons are kept after they were received, and texts of messages. */
  readonly retention: Retention;
  /** Hosts of tests, `host:port`: calls to them may go in the clear and to this machine. None outside tests. */
  readonly egressTestHosts: ReadonlySet<string>;
  /** Where all carriers are asked instead of at their own addresses, each below its source's name: the simulator. Null outside tests. */
  readonly carriersUrl: string | null;
  /** File with the authorities' certificates that recipients' certificates are checked by, instead of the usual ones; null. */
  readonly egressAuthorities: string | null;
  /** Where browsers find the operators' pages, `https://host`; null: `http://localhost` and the port of the front. */
  readonly operatorsUrl: string | null;
  /** Provider that operators may sign in with; null: passkeys only. */
  readonly openId: ProviderSettings | null;
  /** `http://host:port` of the forward proxy that recipients on public paths are called through; null: directly. */
  readonly egressProxy: string | null;
  /** How approvers are told of requests. */
  readonly notices: NoticeSettings;
  /** Where answers of carriers are handed in; null: at the program of the data folder. */
  readonly ingressUrl: string | null;
}

export interface NoticeSettings {
  /** `secret`: `whsec_…` or `whsk_…`, as merchants' webhooks have it. */
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly mail: { readonly url: string; readonly from: string; readonly to: readonly string[] } | null;
}

/** The thread that speaks HTTP hands over as much as two to three of them can take (`bench/README.md`). */
const intakeThreadsMax = 3;

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const setting = (name: string, fallback: string): string => readSetting(env, name) ?? fallback;
  const number = (name: string, fallback: number): number => {
    const value = Number(setting(name, String(fallback)));
    if (!Number.isFinite(value) || value <= 0) throw new ConfigError(`${name} must be a positive number`);
    return value;
  };
  const address = (name: string): string | null => {
    const value = readSetting(env, name);
    if (value !== null && !/^https?:\/\/[^/]+$/.test(value)) throw new ConfigError(`${name} must be http(s)://host:port`);
    return value;
  };
  const days = (name: string, fallback: number): number => {
    const value = number(name, fallback);
    if (value > numberReuseDays)
      throw new ConfigError(`${name} must be at most ${numberReuseDays}: carriers give tracking numbers out again`);
    return value;
  };
  const [host, port] = splitAddress(setting("PARCELKEEP_HTTP", "127.0.0.1:8080"), "PARCELKEEP_HTTP");
  const cell = setting("PARCELKEEP_CELL", "eu1");
  if (!/^[a-z]{2}\d$/.test(cell)) throw new ConfigError("PARCELKEEP_CELL must be two small letters and a digit, such as eu1");
  const compression = setting("PARCELKEEP_COMPRESSION", "auto");
  if (compression !== "auto" && compression !== "always" && compression !== "never")
    throw new ConfigError("PARCELKEEP_COMPRESSION must be auto, always or never");
  const keys = setting("PARCELKEEP_KEYS", "local");
  if (!isProvider(keys)) throw new ConfigError(`PARCELKEEP_KEYS must be one of ${providerNames.join(", ")}`);
  const dataDir = resolve(setting("PARCELKEEP_DATA", join(import.meta.dirname, "..", "..", "data")));
  const aws = readAws(env);
  return {
    keys,
    aws,
    queue: readQueue(env, aws.place),
    ...readObjectSettings(env, dataDir),
    eventBus: readEventBus(env, aws.place),
    openerRole: readOpenerRole(env, aws.place),
    workflow: readWorkflow(env, aws.place),
    cache: readCache(env),
    metricLinesMs: wholeMs("PARCELKEEP_METRIC_LINES_MS", setting("PARCELKEEP_METRIC_LINES_MS", "0"), 3_600_000),
    telemetry: readTelemetry(env),
    ...readDoorKeys(env),
    drainMs: wholeMs("PARCELKEEP_DRAIN_MS", setting("PARCELKEEP_DRAIN_MS", "0"), 100_000),
    dataDir,
    httpHost: host,
    httpPort: port,
    trustedHops: readTrustedHops(env),
    cell,
    tenantRate: number("PARCELKEEP_TENANT_RATE", 1000),
    tenantBurst: number("PARCELKEEP_TENANT_BURST", 2000),
    inboxMax: number("PARCELKEEP_INBOX_MAX", 1_000_000),
    compression,
    intakeThreads: Math.ceil(number("PARCELKEEP_INTAKE_THREADS", Math.min(availableParallelism(), intakeThreadsMax))),
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
    auditOrigin: readOrigin(readSetting(env, "PARCELKEEP_AUDIT_ORIGIN")),
    auditRetentionDays: number("PARCELKEEP_AUDIT_RETENTION_DAYS", 3 * 365),
    auditPublishMs: number("PARCELKEEP_AUDIT_PUBLISH_MS", 2_000),
    witnesses: witnessSettings(readSetting(env, "PARCELKEEP_WITNESSES"), {
      shortfall: setting("PARCELKEEP_WITNESS_SHORTFALL", "publish"),
      timeoutMs: number("PARCELKEEP_WITNESS_TIMEOUT_MS", 3_000),
    }),
    timeStamps: timeStampSettings(readSetting(env, "PARCELKEEP_TIME_STAMP_URL"), {
      everyMs: number("PARCELKEEP_TIME_STAMP_EVERY_S", 24 * 60 * 60) * 1000,
      certificates: readSetting(env, "PARCELKEEP_TIME_STAMP_CERTIFICATES"),
    }),
    retention: {
      personalDays: days("PARCELKEEP_RETENTION_DAYS_PERSONAL", 90),
      textDays: days("PARCELKEEP_RETENTION_DAYS_TEXT", 60),
    },
    egressTestHosts: testHosts(setting("PARCELKEEP_EGRESS_TEST_HOSTS", "")),
    carriersUrl: address("PARCELKEEP_CARRIERS_URL"),
    egressProxy: egressProxy(readSetting(env, "PARCELKEEP_EGRESS_PROXY")),
    notices: noticeSettings(env),
    egressAuthorities: readSetting(env, "PARCELKEEP_EGRESS_AUTHORITIES"),
    ingressUrl: address("PARCELKEEP_INGRESS_URL"),
    operatorsUrl: readOperatorsUrl(env),
    openId: readOpenId(env),
  };
}

const databaseSettings: Readonly<Record<PowerRole, string>> = {
  parcelkeep_ingress: "PARCELKEEP_DATABASE_URL",
  parcelkeep_worker: "PARCELKEEP_DATABASE_URL",
  parcelkeep_archivist: "PARCELKEEP_DATABASE_URL",
  parcelkeep_opener: "PARCELKEEP_DATABASE_URL",
  parcelkeep_keeper: "PARCELKEEP_DATABASE_URL",
  parcelkeep_sequencer: "PARCELKEEP_DATABASE_URL",
  parcelkeep_granter: "PARCELKEEP_DATABASE_URL",
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
): Readonly<Record<Power, RemoteDatabase>> {
  const connectionOf = (power: Power): RemoteDatabase => {
    const name = databaseSettings[power];
    const address = readSetting(env, name);
    if (address === null || userOf(address) !== power)
      throw new ConfigError(`${name} must be postgresql://${power}:PASSWORD@HOST:PORT/DATABASE`);
    return remoteDatabase(env, address);
  };
  return Object.fromEntries(powers.map((power) => [power, connectionOf(power)])) as ReturnType<typeof readConnections<Power>>;
}

/**
 * The database of its owner's that `migrate` brings up to date; null for the embedded one.
 * @throws {ConfigError} when it is no address.
 */
export function readOwnersDatabase(env: NodeJS.ProcessEnv = process.env): RemoteDatabase | null {
  const address = readSetting(env, "PARCELKEEP_DATABASE_URL");
  if (address === null) return null;
  if (userOf(address) === null) throw new ConfigError("PARCELKEEP_DATABASE_URL must be postgresql://OWNER:PASSWORD@HOST:PORT/DATABASE");
  return remoteDatabase(env, address);
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
    const value = readSetting(env, name);
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
  return readSetting(env, tokenSettings[power].label) !== null;
}

/** The environment for a process with these powers: without the logins of the others, and without the secret that the front alone signs operators in with. */
export function environmentWith(powers: readonly KeyPower[], env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const hidden = [
    signInSecretSetting,
    ...doorKeySettings,
    ...keyPowers.filter((power) => !powers.includes(power)).flatMap((power) => Object.values(tokenSettings[power])),
  ].flatMap((name) => [name, `${name}_FILE`]);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.includes(name)));
}

/** What the front has beside that. */
export function signInEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name === signInSecretSetting || name === `${signInSecretSetting}_FILE`));
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

/** An environment without what the AWS SDK finds credentials by. */
export function withoutAwsIdentity(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        !/^AWS_(?:CONTAINER_|WEB_IDENTITY_|ROLE_|PROFILE$|ACCESS_KEY_ID$|SECRET_ACCESS_KEY$|SESSION_TOKEN$|CONFIG_FILE$|SHARED_CREDENTIALS_FILE$)/.test(
          name,
        ),
    ),
  );
}

/** @throws {ConfigError} as {@link kmsNames} does. */
export function readKmsNames(env: NodeJS.ProcessEnv = process.env): KmsNames {
  return kmsNames(env);
}

function egressProxy(text: string | null): string | null {
  if (text === null || /^http:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/.test(text)) return text;
  throw new ConfigError("PARCELKEEP_EGRESS_PROXY must be http://host:port");
}

function noticeSettings(env: NodeJS.ProcessEnv): NoticeSettings {
  const url = readSetting(env, "PARCELKEEP_APPROVALS_WEBHOOK_URL");
  const secret = readSetting(env, "PARCELKEEP_APPROVALS_WEBHOOK_SECRET") ?? "";
  if (url !== null && (URL.parse(url)?.protocol !== "https:" || !/^(?:whsec|whsk)_[A-Za-z0-9+/]{32,90}={0,2}$/.test(secret)))
    throw new ConfigError("PARCELKEEP_APPROVALS_WEBHOOK_URL must be an https address, with PARCELKEEP_APPROVALS_WEBHOOK_SECRET whsec_…");
  const smtp = readSetting(env, "PARCELKEEP_SMTP_URL");
  const from = readSetting(env, "PARCELKEEP_APPROVALS_MAIL_FROM") ?? "";
  const to = (readSetting(env, "PARCELKEEP_APPROVALS_MAIL_TO") ?? "")
    .split(",")
    .flatMap((each) => (each.trim() === "" ? [] : [each.trim()]));
  const isMail = [from, ...to].every((each) => /^[^@\s,<>]+@[^@\s,<>]+$/.test(each)) && to.length > 0;
  if (smtp !== null && (!/^smtps?:$/.test(URL.parse(smtp)?.protocol ?? "") || !isMail))
    throw new ConfigError("PARCELKEEP_SMTP_URL must be smtp(s)://host:port, with PARCELKEEP_APPROVALS_MAIL_FROM and …_TO addresses");
  return { webhook: url === null ? null : { url, secret }, mail: smtp === null ? null : { url: smtp, from, to } };
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

function wholeMs(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max) throw new ConfigError(`${name} must be 0 to ${max}`);
  return value;
}

/** Whether the settings name a database; otherwise it is the data folder's own. */
export function isDatabaseNamed(env: NodeJS.ProcessEnv = process.env): boolean {
  return readSetting(env, "PARCELKEEP_DATABASE_URL") !== null;
}

function userOf(address: string): string | null {
  const url = URL.parse(address);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && url.username !== "" ? decodeURIComponent(url.username) : null;
}

/** @param name of the setting or option. @throws {ConfigError} */
export function splitAddress(address: string, name: string): [string, number] {
  const colon = address.lastIndexOf(":");
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigError(`${name} must be host:port`);
  return [address.slice(0, colon).replace(/^\[|\]$/g, ""), port];
}
