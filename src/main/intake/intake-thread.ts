import { parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import { clientConfig } from "../../store/client-config.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { ingestStore } from "../../store/ingest-store.ts";
import { tokenStore } from "../../store/token-store.ts";
import { IngestSessions } from "../../vault/ingest-session.ts";
import { Committer } from "./committer.ts";
import { readConfig } from "../config.ts";
import { emptyReport, type HandedOver, takeOver, tell } from "./hand-over.ts";
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

/** Subjects that are being erased. */
export interface Forgetting {
  readonly forget: readonly string[];
  readonly serial: number;
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
  } else takeOver(message, take);
});
port.postMessage("ready");

function take(serial: number, request: IntakeRequest): void {
  const done = (outcome: IntakeOutcome | TokenOutcome): void => {
    tell(report, serial, outcome);
    reportSoon();
  };
  if (request.source === tokensSource) void tokenise(request).then(done);
  else intake.receive(request, done);
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
    port.postMessage(JSON.stringify(told));
  });
}

async function drain(): Promise<void> {
  await committer.drain();
  while (tokenising > 0) await new Promise((resolve) => setImmediate(resolve));
  clearInterval(sweep);
  await Promise.all([pool.end(), tokenPool.end()]);
  // After the last report, which goes out in a turn of its own.
  setImmediate(() => setImmediate(() => port.close()));
}
