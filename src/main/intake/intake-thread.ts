import { parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import type { DecodeFailure } from "../../carriers/codec.ts";
import { clientConfig } from "../../store/client-config.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { ingestStore } from "../../store/ingest-store.ts";
import { tokenStore } from "../../store/token-store.ts";
import { IngestSessions } from "../../vault/ingest-session.ts";
import { type Commit, Committer } from "./committer.ts";
import { readConfig } from "../config.ts";
import { Intake, type IntakeOutcome, type IntakeRequest } from "./intake.ts";
import { errorKind, programLog } from "../log.ts";
import type { RoleConnection } from "../role.ts";
import { reportedKeys } from "../keys/reported-keys.ts";
import { sealingKeysOf } from "../keys/sealing-keys.ts";
import { tokensSource } from "./sources.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";
import { TenantVault } from "../keys/tenant-vault.ts";
import { TokenIntake, type TokenOutcome } from "./token-intake.ts";
import { VaultPolicies } from "../keys/vault-policy.ts";

/** Connections: two commits under way, one claim of tokens for each, and one to wake the worker. */
const connectionsMax = 4;
/** Of the tokens API, apart so that a large batch holds no commit back. They are opened when they are needed. */
const tokenConnectionsMax = 2;
const sweepMs = 10_000;

export interface IntakeThreadStart {
  readonly connection: RoleConnection;
}

export interface HandedOverRequest extends Omit<IntakeRequest, "body"> {
  readonly serial: number;
  readonly bodyBytes: number;
}

/**
 * Requests handed over in one message. `requests` is JSON of {@link HandedOverRequest}s: cloning that many small objects costs ten times as much.
 * Their bodies lie one after the other in `bytes`, which is transferred, not copied.
 */
export interface HandedOver {
  readonly requests: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Subjects that are being erased. */
export interface Forgetting {
  readonly forget: readonly string[];
  readonly serial: number;
}

/** What the thread tells, as JSON: the ends of requests, and what is to be counted. */
export interface IntakeReport {
  readonly outcomes: readonly ((IntakeOutcome | TokenOutcome) & { readonly serial: number })[];
  readonly commits: readonly Commit[];
  readonly failures: number;
  readonly quarantined: readonly { readonly source: string; readonly reason: DecodeFailure }[];
  /** Serials of {@link Forgetting}s that are done. */
  readonly forgotten: readonly number[];
}

/**
 * A thread that takes verified requests through decode, tokenise, seal and commit, with connections and session keys of its own. The thread that
 * speaks HTTP keeps answering while a large body is parsed here, and an ingress process uses more than one core.
 */
const port: NonNullable<typeof parentPort> = parentPort!;
const config = readConfig();
const log = programLog(config.logLevel, "intake");
const { connection } = workerData as IntakeThreadStart;
const pool = new pg.Pool({ ...clientConfig(connection), max: connectionsMax, idleTimeoutMillis: 0, application_name: "parcelkeep-intake" });
pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
const keys = reportedKeys(await sealingKeysOf(config), log);
const store = ingestStore(pool);
const sessions = new IngestSessions(keys, (tenant, epoch, wrapped) => store.openSession(tenant, epoch, wrapped), Date.now);
const tenantKeys = new TenantKeys(keys, indexVersionsOf(pool));
const committer = new Committer(store, sessions, config.cell, config.compression, {
  settled: (blind, token, subject) => intake.settle(blind, token, subject),
  closed: (subjects) => intake.forget(new Set(subjects)),
  newestIndexKeys: (tenant) => tenantKeys.renewed(tenant),
  ended: (commit) => {
    report.commits.push(commit);
    reportSoon();
  },
  failed: (error) => {
    report.failures++;
    log.error(errorKind(error), "group commit failed");
    reportSoon();
  },
});
const intake = new Intake(committer, tenantKeys, config.cell, Date.now, (source, reason) => report.quarantined.push({ source, reason }));
const tokenPool = new pg.Pool({ ...clientConfig(connection), max: tokenConnectionsMax, application_name: "parcelkeep-tokens" });
tokenPool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
const tokens = tokenStore(tokenPool);
const tokenIntake = new TokenIntake({
  store: tokens,
  sessions,
  keys: tenantKeys,
  vault: new TenantVault(keys),
  policies: new VaultPolicies((tenant) => tokens.policy(tenant)),
  cell: config.cell,
  budget: config.tokenBudget,
  now: Date.now,
  known: (blind) => intake.known(blind),
  settle: (blind, token, subject) => intake.settle(blind, token, subject),
  forget: (subjects) => intake.forget(subjects),
});
const sweep = setInterval(() => sessions.sweep(), sweepMs);

let report = emptyReport();
let reporting = false;

port.on("message", (message: HandedOver | Forgetting | "drain") => {
  if (message === "drain") void drain();
  else if ("forget" in message) {
    intake.forget(new Set(message.forget));
    report.forgotten.push(message.serial);
    reportSoon();
  } else take(message);
});
port.postMessage("ready");

function take({ requests, bytes }: HandedOver): void {
  const bodies = Buffer.from(bytes.buffer);
  let at = 0;
  for (const request of JSON.parse(requests) as HandedOverRequest[]) {
    const { serial, tenant, endpoint, source, contentType, contentEncoding, idempotencyKey, isReplay } = request;
    const body = bodies.subarray(at, at + request.bodyBytes);
    at += request.bodyBytes;
    const done = (outcome: IntakeOutcome | TokenOutcome): void => {
      report.outcomes.push({ ...outcome, serial });
      reportSoon();
    };
    const received = { tenant, endpoint, source, contentType, contentEncoding, idempotencyKey, isReplay, body };
    if (source === tokensSource) void tokenise(received).then(done);
    else intake.receive(received, done);
  }
}

let tokenising = 0;

async function tokenise(request: IntakeRequest): Promise<TokenOutcome> {
  tokenising++;
  try {
    return await tokenIntake.receive(request);
  } catch (error) {
    report.failures++;
    log.error(errorKind(error), "a batch of values failed");
    return { state: "refused", code: "busy" };
  } finally {
    tokenising--;
  }
}

/** Once per turn of the loop: what ended together is told together. */
function reportSoon(): void {
  if (reporting) return;
  reporting = true;
  setImmediate(() => {
    reporting = false;
    const told = report;
    report = emptyReport();
    port.postMessage(JSON.stringify(told satisfies IntakeReport));
  });
}

function emptyReport() {
  return {
    outcomes: [] as ((IntakeOutcome | TokenOutcome) & { serial: number })[],
    commits: [] as Commit[],
    failures: 0,
    quarantined: [] as { source: string; reason: DecodeFailure }[],
    forgotten: [] as number[],
  };
}

async function drain(): Promise<void> {
  await committer.drain();
  while (tokenising > 0) await new Promise((resolve) => setImmediate(resolve));
  clearInterval(sweep);
  await Promise.all([pool.end(), tokenPool.end()]);
  // After the last report, which goes out in a turn of its own.
  setImmediate(() => setImmediate(() => port.close()));
}
