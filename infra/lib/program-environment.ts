import type { SecretName } from "../constructs/program-secrets.ts";
import { cacheUser } from "../constructs/tracking-cache.ts";
import { firstUser } from "../constructs/tracking-database.ts";
import { attestorSettings } from "./attestors.ts";
import { bucketName, keyArn } from "./policy-context.ts";
import { prefix } from "./prefix.ts";
import { roleArn } from "./role-arns.ts";
import type { EscStack } from "./esc-stack.ts";
import type { Process } from "./flows.ts";
import { bucketHomeOf } from "../policies/context.ts";
import { databaseUsers } from "../policies/roles/processes.ts";

export interface Surroundings {
  readonly databaseHost: string;
  readonly cacheHost: string;
  readonly secretArn: (name: SecretName) => string;
  /** Of the database's first user, as RDS keeps it. */
  readonly firstUserSecretArn: string;
  /** Where the outbound process hands in what carriers answered. */
  readonly frontHost: string;
}

/**
 * Settings of the program for one process (docs/operations/settings.md; test/settings.test.ts says of each who gets it, and reads them as the program does). No secret is among them:
 * log-ins to database and cache are by IAM, keys are names.
 */
export function programEnvironment(stack: EscStack, process: Process, around: Surroundings): Readonly<Record<string, string>> {
  const { config } = stack;
  const database = (user: string): string => `postgresql://${user}@${around.databaseHost}:5432/${prefix}?sslmode=verify-full`;
  // It asks the database and nobody else, and its user has a password.
  if (process === "role-maker") return { PARCELKEEP_DATABASE_URL: database(firstUser) };
  const [first, second] = databaseUsers[process];
  return {
    PARCELKEEP_DATA: dataFolder,
    PARCELKEEP_LOG_LEVEL: "info",
    PARCELKEEP_AWS_REGION: config.region,
    PARCELKEEP_AWS_REGIONS: config.region,
    PARCELKEEP_KEYS: "aws-kms",
    PARCELKEEP_CELL: config.cell,
    PARCELKEEP_DATABASE_URL: database(first!),
    PARCELKEEP_DATABASE_IAM: "on",
    ...(second === undefined ? {} : { PARCELKEEP_API_DATABASE_URL: database(second) }),
    ...keyNames(stack, process),
    ...placesOf(stack, process),
    ...(keepsTerms.has(process) ? termsOf(stack) : {}),
    ...(process === "front" ? frontSettings(stack, around) : {}),
    ...(process === "opener" ? { PARCELKEEP_OPENER_ROLE: roleArn(stack, "opener") } : {}),
    ...(process === "outbound" || process === "opener" ? { PARCELKEEP_INGRESS_URL: `https://${around.frontHost}` } : {}),
  };
}

/** The load balancer's health check has noticed by then (constructs/front-door.ts: twice 10 s). */
const drainMs = 25_000;

function frontSettings({ config }: EscStack, { cacheHost }: Surroundings): Readonly<Record<string, string>> {
  const { signIn, entry } = config;
  return {
    PARCELKEEP_HTTP: "0.0.0.0:8080",
    PARCELKEEP_OPERATORS_URL: `https://${entry.hostName}`,
    // API Gateway writes the sender's address; the two load balancers behind it hand on bytes.
    PARCELKEEP_TRUSTED_HOPS: "1",
    PARCELKEEP_CACHE_URL: `rediss://${cacheUser}@${cacheHost}:6379`,
    PARCELKEEP_CACHE_IAM: prefix,
    PARCELKEEP_METRIC_LINES_MS: "60000",
    PARCELKEEP_DRAIN_MS: String(drainMs),
    ...(signIn === null
      ? {}
      : {
          PARCELKEEP_OIDC_ISSUER: signIn.issuer,
          PARCELKEEP_OIDC_CLIENT_ID: signIn.clientId,
          ...(signIn.hosts.length === 0 ? {} : { PARCELKEEP_OIDC_HOSTS: signIn.hosts.join(",") }),
        }),
  };
}

/** Settings that ECS reads out of Secrets Manager when it starts a task, by where they lie. */
export function programSecrets(stack: EscStack, process: Process, around: Surroundings): Readonly<Record<string, string>> {
  const named = Object.entries(namedSecrets(stack, process)).map(([setting, name]) => [setting, around.secretArn(name)] as const);
  return {
    ...Object.fromEntries(named),
    // One value out of the JSON that RDS keeps (ECS developer guide, "Pass Secrets Manager secrets").
    ...(process === "role-maker" ? { PGPASSWORD: `${around.firstUserSecretArn}:password::` } : {}),
  };
}

function namedSecrets({ config }: EscStack, process: Process): Readonly<Record<string, SecretName>> {
  const doors = { PARCELKEEP_INGRESS_KEY: "ingress-key" } as const;
  const derives = process === "front" || process === "outbound" || process === "rekeyer";
  return {
    PARCELKEEP_DATABASE_AUTHORITIES: "database-authorities",
    ...(process === "front" ? { PARCELKEEP_OPERATOR_KEY: "operator-key" } : {}),
    ...(process === "front" || process === "outbound" || process === "opener" ? doors : {}),
    ...(process === "front" && config.signIn !== null ? { PARCELKEEP_OIDC_CLIENT_SECRET: "sign-in" } : {}),
    ...(derives && config.keys.origin !== "AWS_KMS" ? { PARCELKEEP_KMS_DERIVATION_SECRETS: "derivation-secret" } : {}),
  };
}

/** The one folder that can be written; its contents end with the task. */
export const dataFolder = "/data";

/** Those that destroy, lock and let be erased by the terms in force, which are these until a change is approved. */
const keepsTerms: ReadonlySet<Process> = new Set(["archivist", "keeper", "granter"]);
/** Texts of messages go before the rest, as they do by the program's own default. */
const textDaysMax = 60;

/** What a record holds is kept for as long as its segment is locked: locked for longer, an erasure by time would leave what nobody can read and nobody can delete. */
function termsOf({ config }: EscStack): Readonly<Record<string, string>> {
  const { segmentDays } = config.retention;
  return {
    PARCELKEEP_RETENTION_DAYS_PERSONAL: String(segmentDays),
    PARCELKEEP_RETENTION_DAYS_TEXT: String(Math.min(segmentDays, textDaysMax)),
  };
}

/** Where a process keeps what it keeps: segments and tombstones in one bucket, the audit log in another account's. */
function placesOf(stack: EscStack, process: Exclude<Process, "role-maker">): Readonly<Record<string, string>> {
  const { accounts } = stack.config;
  const store = (name: "raw" | "audit"): Readonly<Record<string, string>> => ({
    PARCELKEEP_OBJECT_STORE: `s3://${bucketName(stack, name)}`,
    PARCELKEEP_OBJECT_STORE_KEY: keyArn(stack, name),
    PARCELKEEP_OBJECT_STORE_OWNER: accounts[bucketHomeOf[name]],
  });
  switch (process) {
    case "archivist":
    case "keeper":
      return store("raw");
    case "front":
    // It waits for its intent to stand under a signed head; segments it does not read, since its task carries out transfers alone.
    case "opener":
      return store("audit");
    case "sequencer":
      return {
        ...store("audit"),
        PARCELKEEP_AUDIT_ORIGIN: `${stack.config.entry.hostName}/${prefix}`,
        PARCELKEEP_AUDIT_RETENTION_DAYS: String(stack.config.retention.auditDays),
        PARCELKEEP_AUDIT_ANCHOR: `s3://${bucketName(stack, "anchor")}/anchor`,
        PARCELKEEP_AUDIT_ANCHOR_KEY: keyArn(stack, "audit"),
        PARCELKEEP_AUDIT_ANCHOR_OWNER: accounts[bucketHomeOf.anchor],
        ...attestorSettings(stack.config),
      };
    case "worker":
      return {
        PARCELKEEP_QUEUE: stack.arnOf("sqs", `${prefix}-inbox.fifo`),
        PARCELKEEP_QUEUE_KEY: keyArn(stack, "queue"),
        PARCELKEEP_EVENT_BUS: stack.arnOf("events", `event-bus/${prefix}`),
      };
    case "granter":
      return {
        PARCELKEEP_WORKFLOW: stack.arnOf("states", `stateMachine:${prefix}-approvals`),
        PARCELKEEP_WORKFLOW_QUEUE: stack.arnOf("sqs", `${prefix}-approvals.fifo`),
      };
    case "outbound":
    case "rekeyer":
    case "migrator":
      return {};
  }
}

/** Names of keys go only to those who use them: `keys preflight` of the others then has nothing to try. */
function keyNames(stack: EscStack, process: Exclude<Process, "role-maker">): Readonly<Record<string, string>> {
  switch (process) {
    case "front":
    case "outbound":
    case "rekeyer":
    case "opener":
      return {
        PARCELKEEP_KMS_KEYS: `1=${keyArn(stack, "wrapping")}`,
        PARCELKEEP_KMS_DERIVATION_KEYS: `1=${keyArn(stack, "derivation")}`,
      };
    case "keeper":
    case "sequencer":
      return { PARCELKEEP_KMS_SIGNING_KEY: keyArn(stack, "signing") };
    case "worker":
    case "archivist":
    case "granter":
    case "migrator":
      return {};
  }
}
