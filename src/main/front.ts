import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import pg from "pg";
import { FilesObjectStore } from "../cloud/files-object-store.ts";
import { MemoryCache } from "../cloud/memory-cache.ts";
import { buildServer } from "../ingress/server.ts";
import { auditReads } from "../store/audit-store.ts";
import { adminStore } from "../store/admin-store.ts";
import { inboxHolds } from "../store/inbox-depth.ts";
import { indexVersionsOf } from "../store/index-versions.ts";
import { backlog, readStore } from "../store/read-store.ts";
import { serviceLevel } from "../outbound/service-level.ts";
import { carrierAccountStore } from "../store/carrier-account-store.ts";
import { sourceHealth } from "../store/outbound-store.ts";
import { registerStore } from "../store/register-store.ts";
import { tokenReads } from "../store/token-store.ts";
import { personStore } from "../store/person-store.ts";
import { webhookEndpointStore } from "../store/webhook-store.ts";
import { listenForChanges } from "./change-listener.ts";
import { readConfig } from "./config.ts";
import { ingressKeyPath, operatorKeyPath } from "./key-paths.ts";
import { CredentialBox } from "./endpoint-credentials.ts";
import { followEvictions } from "./evictions.ts";
import { clients } from "./clients.ts";
import { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import { FrontCarriers } from "./front-carriers.ts";
import { FrontAudit } from "./front-audit.ts";
import { FrontEndpoints } from "./front-endpoints.ts";
import { FrontPersons } from "./front-persons.ts";
import { FrontWebhooks } from "./front-webhooks.ts";
import { FrontServices } from "./front-services.ts";
import { FrontTokens } from "./front-tokens.ts";
import { InboxBound } from "./inbox-bound.ts";
import { IntakeThreads } from "./intake-threads.ts";
import { errorKind, programLog } from "./log.ts";
import { ingressMetrics } from "./metrics.ts";
import { RateLimit } from "./rate-limit.ts";
import type { RoleHost } from "./role.ts";
import { TenantKeys } from "./tenant-keys.ts";
import { TenantVault } from "./tenant-vault.ts";
import { VaultPolicies } from "./vault-policy.ts";
import { TrackingViews } from "./tracking-views.ts";
import { pointerFolder } from "./audit-files.ts";
import { reportedKeys } from "./reported-keys.ts";
import { WebhookSecrets, webhookSecretsLabel } from "./webhook-secrets.ts";
import { sealingKeysOf } from "./sealing-keys.ts";

type FrontHost = RoleHost<"parcelkeep_ingress" | "parcelkeep_api">;

/** Ingress and API in one process on one port: what faces the network. It holds the sealing half of the keys only. */
export async function runFront(host: FrontHost): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "front");
  const ingressPool = pool(host, "parcelkeep_ingress", 2);
  const apiPool = pool(host, "parcelkeep_api", 8);
  for (const each of [ingressPool, apiPool]) each.on("error", (error) => log.warn(errorKind(error), "database connection lost"));

  const keys = reportedKeys(await sealingKeysOf(config), log);
  const operatorKey = (await readFile(operatorKeyPath(config.dataDir), "utf8")).trim();
  const ingressKey = await readFile(ingressKeyPath(config.dataDir), "utf8").then(
    (text) => text.trim(),
    () => null,
  );
  const credentials = new CredentialBox(await keys.derive("endpoint-credentials"), await keys.derive("access-tokens"));
  const metrics = ingressMetrics();
  const tenantKeys = new TenantKeys(keys, indexVersionsOf(apiPool));
  const intake = await IntakeThreads.start(config.intakeThreads, { connection: host.connections.parcelkeep_ingress }, metrics, (error) => {
    log.error(errorKind(error), "an intake thread ended; what it held was not acknowledged");
    process.exit(1);
  });
  const inbox = new InboxBound(
    () => inboxHolds(apiPool, config.inboxMax),
    (error) => log.warn(errorKind(error), "the depth of the inbox is not known"),
  );
  await inbox.watch();
  let address = `http://${config.httpHost}:${config.httpPort}`;
  const reads = readStore(apiPool);
  const admin = adminStore(apiPool);
  const persons = personStore(apiPool);
  const cache = new MemoryCache();
  const views = new TrackingViews(cache, reads);
  const rateLimit = new RateLimit(config.tenantRate, config.tenantBurst);
  const tokens = tokenReads(apiPool);
  const register = registerStore(apiPool);
  const services = new FrontServices({
    tokens: new FrontTokens({
      intake,
      reads: tokens,
      vault: new TenantVault(keys),
      policies: new VaultPolicies((tenant) => tokens.policy(tenant)),
      rateLimit,
      searchesPerDay: config.tokenSearchesPerDay,
      metrics,
      log,
      cell: config.cell,
      now: Date.now,
    }),
    intake,
    tenantKeys,
    open: host.open,
    persons: new FrontPersons({ store: persons, keys: tenantKeys, budget: config.tokenBudget, metrics, log }),
    audit: new FrontAudit(auditReads(apiPool), FilesObjectStore.ofReader(join(config.dataDir, "objects")), pointerFolder(config)),
    webhooks: new FrontWebhooks(
      webhookEndpointStore(apiPool),
      new WebhookSecrets(await keys.derive(webhookSecretsLabel)),
      config.egressTestHosts,
    ),
    carriers: new FrontCarriers(register, () => sourceHealth(apiPool)),
    carrierAccounts: new FrontCarrierAccounts({
      store: carrierAccountStore(apiPool),
      keys,
      clients,
      entryOf: async (tenant, source) => (await register.of(tenant)).find(({ entry }) => entry.source === source)?.entry ?? null,
      now: Date.now,
    }),
    endpoints: new FrontEndpoints({
      reads: readStore(ingressPool),
      admin,
      credentials,
      publicUrl: () => address,
      now: Date.now,
    }),
    reads,
    views,
    admin,
    operatorKey,
    ingressKey,
    rateLimit,
    inbox,
    metrics,
    cell: config.cell,
    now: Date.now,
    metricsText: async () => {
      metrics.waiting.set(intake.waiting);
      metrics.setCacheReads(cache.counters());
      const [waiting, health] = await Promise.all([answerOf(backlog(apiPool)), answerOf(sourceHealth(apiPool))]);
      metrics.setBacklog(waiting);
      metrics.connectors.set((health ?? []).map((row) => ({ ...row, budgetLeft: serviceLevel(row).budgetLeft })));
      return metrics.registry.metrics();
    },
    notReady: async () => {
      if (!intake.hasRoom) return "the commit queue is full";
      return (await answerOf(apiPool.query("select 1"))) === null ? "the database does not answer" : null;
    },
  });
  const listener = await listenForChanges(host.connections.parcelkeep_api, views, (error) =>
    log.warn(errorKind(error), "changes of shipments are not heard; copies of them expire"),
  );
  const evictions = await followEvictions(
    host.connections.parcelkeep_api,
    persons,
    async (subjects) => {
      await intake.forget(subjects);
      await views.forget("all");
    },
    (error) => log.warn(errorKind(error), "erasures are not heard; the database refuses what is remembered of those persons"),
  );
  const app = await buildServer(services, log);
  await listenWithRetry(() => app.listen({ host: config.httpHost, port: config.httpPort }));
  const bound = app.server.address();
  if (bound !== null && typeof bound === "object")
    address = `http://${config.httpHost.includes(":") ? `[${config.httpHost}]` : config.httpHost}:${bound.port}`;
  host.announceReady({ url: address });

  host.onStop(async () => {
    inbox.stop();
    await app.close();
    await evictions.stop();
    await intake.drain();
    await listener.stop();
    await Promise.all([ingressPool.end(), apiPool.end()]);
  });
}

function pool(host: FrontHost, role: keyof FrontHost["connections"], max: number): pg.Pool {
  return new pg.Pool({ ...host.connections[role], max, application_name: "parcelkeep-front" });
}

/** A probe that hangs tells no monitor anything. */
const databaseAnswerMs = 2_000;

/** @returns null where the database does not answer in time. */
async function answerOf<Answer>(query: Promise<Answer>): Promise<Answer | null> {
  const late = new AbortController();
  const inTime = setTimeout(databaseAnswerMs, null, { signal: late.signal }).catch(() => null);
  try {
    return await Promise.race([query.catch(() => null), inTime]);
  } finally {
    late.abort();
  }
}

/** A program that was killed may hold the port for a moment longer. */
async function listenWithRetry(listen: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await listen();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt >= 50) throw error;
      await setTimeout(100);
    }
  }
}
