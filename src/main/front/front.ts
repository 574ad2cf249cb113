import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { nothingForbidden } from "../../domain/release-decision.ts";
import { buildServer } from "../../ingress/server.ts";
import { clientConfig } from "../../store/client-config.ts";
import { auditReads } from "../../store/audit-store.ts";
import { adminStore } from "../../store/admin-store.ts";
import { inboxHolds } from "../../store/inbox-depth.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { backlog, readStore } from "../../store/read-store.ts";
import { workState } from "../../store/work-state.ts";
import { serviceLevel } from "../../outbound/service-level.ts";
import { approvalStore } from "../../store/approval-store.ts";
import { carrierAccountStore } from "../../store/carrier-account-store.ts";
import { sourceHealth } from "../../store/outbound-store.ts";
import { toldCounters } from "../../store/told-counters.ts";
import { registerStore } from "../../store/register-store.ts";
import { tokenReads } from "../../store/token-store.ts";
import { personStore } from "../../store/person-store.ts";
import { webhookEndpointStore } from "../../store/webhook-store.ts";
import { listenForChanges } from "./change-listener.ts";
import { type Config, readConfig } from "../config.ts";
import { ingressKeyOf, operatorKeyOf } from "../settings/door-settings.ts";
import { CredentialBox } from "./endpoint-credentials.ts";
import { followEvictions } from "./evictions.ts";
import { ApprovalWords, approvalWordsLabel } from "./approval-words.ts";
import { clients } from "../outbound/clients.ts";
import { outboundCounterNames } from "../outbound/outbound-counters.ts";
import { FrontExports } from "./front-exports.ts";
import { FrontApprovals } from "./front-approvals.ts";
import { frontCache } from "./front-cache.ts";
import { FrontCarrierAccounts } from "./front-carrier-accounts.ts";
import { FrontDeadLetters } from "./front-dead-letters.ts";
import { FrontCarriers } from "./front-carriers.ts";
import { AttemptLimit } from "./attempt-limit.ts";
import { FrontApiKeys } from "./front-api-keys.ts";
import { FrontAudit } from "./front-audit.ts";
import { FrontOperators } from "./front-operators.ts";
import type { OpenIdProvider } from "../../identity/open-id-provider.ts";
import { PersonDigests } from "../../identity/person-digests.ts";
import { relyingParty } from "../../identity/relying-party.ts";
import { operatorStore } from "../../store/operator-store.ts";
import { FrontEndpoints } from "./front-endpoints.ts";
import { FrontPersons } from "./front-persons.ts";
import { FrontWebhooks } from "./front-webhooks.ts";
import { FrontServices } from "./front-services.ts";
import { FrontTokens } from "./front-tokens.ts";
import { InboxBound } from "./inbox-bound.ts";
import { IntakeThreads } from "../intake/intake-threads.ts";
import { errorKind, programLog } from "../log.ts";
import { tellMetricLines } from "../metric-line-teller.ts";
import { ingressMetrics } from "../metrics.ts";
import { RateLimit } from "./rate-limit.ts";
import type { RoleHost } from "../role.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";
import { TenantVault } from "../keys/tenant-vault.ts";
import { VaultPolicies } from "../keys/vault-policy.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { tracedOpener } from "../telemetry/traced-opener.ts";
import { TrackingViews } from "./tracking-views.ts";
import { pointersOf, readerOf } from "../settings/object-stores.ts";
import { reportedKeys } from "../keys/reported-keys.ts";
import { WebhookSecrets, webhookSecretsLabel } from "./webhook-secrets.ts";
import { sealingKeysOf } from "../keys/sealing-keys.ts";

type FrontHost = RoleHost<"parcelkeep_ingress" | "parcelkeep_api">;

/** Ingress and API in one process on one port: what faces the network. It holds the sealing half of the keys only. */
export async function runFront(host: FrontHost): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "front");
  const ingressPool = pool(host, "parcelkeep_ingress", 2);
  const apiPool = pool(host, "parcelkeep_api", 8);
  for (const each of [ingressPool, apiPool]) each.on("error", (error) => log.warn(errorKind(error), "database connection lost"));

  const keys = reportedKeys(await sealingKeysOf(config), log);
  const operatorKey = await operatorKeyOf(config);
  const ingressKey = await ingressKeyOf(config).catch(() => null);
  const credentials = new CredentialBox(await keys.derive("endpoint-credentials"), await keys.derive("access-tokens"));
  const metrics = ingressMetrics();
  const telemetry = await startTelemetry(config, "front", log, metrics.registry);
  const open = tracedOpener(telemetry.spans, host.open);
  const tenantKeys = new TenantKeys(keys, indexVersionsOf(apiPool));
  const intake = await IntakeThreads.start(
    config.intakeThreads,
    { connection: host.connections.parcelkeep_ingress },
    metrics,
    (error) => {
      log.error(errorKind(error), "an intake thread ended; what it held was not acknowledged");
      process.exit(1);
    },
    telemetry.spans,
  );
  const inbox = new InboxBound(
    () => inboxHolds(apiPool, config.inboxMax),
    (error) => log.warn(errorKind(error), "the depth of the inbox is not known"),
  );
  await inbox.watch();
  let isDraining = false;
  let address = `http://${config.httpHost}:${config.httpPort}`;
  const reads = readStore(apiPool);
  const admin = adminStore(apiPool);
  const persons = personStore(apiPool);
  const { cache, close: closeCache } = await frontCache(config, keys, log);
  const views = new TrackingViews(cache, reads);
  const rateLimit = new RateLimit(config.tenantRate, config.tenantBurst);
  const tokens = tokenReads(apiPool);
  const register = registerStore(apiPool);
  const approvals = approvalStore(apiPool);
  const words = new ApprovalWords(await keys.derive(approvalWordsLabel));
  const operators = new FrontOperators({
    store: operatorStore(apiPool),
    digests: new PersonDigests(await keys.derive("operator-digests")),
    provider: await openIdProvider(config),
    party: () => relyingParty(config.operatorsUrl ?? `http://localhost:${new URL(address).port || "80"}`),
    attempts: new AttemptLimit(),
    metrics,
    log,
    now: Date.now,
  });
  const carrierAccounts = new FrontCarrierAccounts({
    store: carrierAccountStore(apiPool),
    keys,
    clients,
    entryOf: async (tenant, source) => (await register.of(tenant)).find(({ entry }) => entry.source === source)?.entry ?? null,
    policyOf: async (tenant) => (await register.policy(tenant))?.content ?? nothingForbidden,
    now: Date.now,
  });
  const counted = async (): Promise<typeof metrics.registry> => {
    metrics.waiting.set(intake.waiting);
    metrics.setCacheReads(cache.counters());
    const [waiting, work, health, requests, told] = await Promise.all([
      answerOf(backlog(apiPool)),
      answerOf(workState(apiPool)),
      answerOf(sourceHealth(apiPool)),
      answerOf(approvals.state()),
      answerOf(toldCounters(apiPool)),
    ]);
    metrics.setApprovals(requests);
    metrics.setBacklog(waiting);
    metrics.queue.set(work, waiting?.inboxDepth ?? 0);
    metrics.connectors.set((health ?? []).map((row) => ({ ...row, budgetLeft: serviceLevel(row).budgetLeft })));
    // Counters stay as they were: as nothing, they would have been set back.
    if (told !== null) metrics.told.set(told);
    return metrics.registry;
  };
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
    persons: new FrontPersons({ store: persons, keys: tenantKeys, budget: config.tokenBudget, metrics, log }),
    audit: new FrontAudit(auditReads(apiPool), await readerOf(config), await pointersOf(config)),
    operators,
    apiKeys: new FrontApiKeys(admin),
    webhooks: new FrontWebhooks(
      webhookEndpointStore(apiPool),
      new WebhookSecrets(await keys.derive(webhookSecretsLabel)),
      config.egressTestHosts,
    ),
    carriers: new FrontCarriers(register, () => sourceHealth(apiPool)),
    carrierAccounts,
    deadLetters: new FrontDeadLetters({ reads, accounts: carrierAccounts, intake, inbox, open }),
    exports: new FrontExports({ store: approvals, words, open, now: Date.now }),
    approvals: new FrontApprovals({
      store: approvals,
      registerOf: (tenant) => register.of(tenant),
      policyOf: async (tenant) => (await register.policy(tenant))?.content ?? nothingForbidden,
      isLivePasskeyOf: (asked) => operators.isLivePasskeyOf(asked),
      words,
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
    spans: telemetry.spans,
    cell: config.cell,
    now: Date.now,
    metricsText: async () => (await counted()).metrics(),
    notReady: async () => {
      if (isDraining) return "the front is about to end";
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
  const app = await buildServer(services, log, config.trustedHops);
  await listenWithRetry(() => app.listen({ host: config.httpHost, port: config.httpPort }));
  const bound = app.server.address();
  if (bound !== null && typeof bound === "object")
    address = `http://${config.httpHost.includes(":") ? `[${config.httpHost}]` : config.httpHost}:${bound.port}`;
  host.announceReady({ url: address });
  telemetry.tellMetrics(counted);
  const stopLines =
    config.metricLinesMs === 0
      ? async () => {}
      : tellMetricLines({
          registry: counted,
          role: "front",
          shared: outboundCounterNames,
          everyMs: config.metricLinesMs,
          write: (line) => process.stdout.write(line),
        });

  host.onStop(async () => {
    // Whoever sends requests here sees it first, and sends them elsewhere before the port is closed.
    isDraining = true;
    await setTimeout(config.drainMs);
    inbox.stop();
    await app.close();
    await evictions.stop();
    await intake.drain();
    await listener.stop();
    await Promise.all([stopLines(), telemetry.stop()]);
    await closeCache();
    await Promise.all([ingressPool.end(), apiPool.end()]);
  });
}

/** Somebody waits in front of a browser. */
const providerTimeoutMs = 10_000;

/** Loaded where a provider is set. */
async function openIdProvider(config: Config): Promise<OpenIdProvider | null> {
  const { openId, egressTestHosts } = config;
  if (openId === null) return null;
  const { OpenIdProvider } = await import("../../identity/open-id-provider.ts");
  const { providerFetch } = await import("../outbound/provider-egress.ts");
  const { egressTransport } = await import("../outbound/egress-transport.ts");
  const transport = await egressTransport(config, {
    timeoutMs: providerTimeoutMs,
    answerBytesMax: 1024 * 1024,
    connectionsPerHost: 4,
  });
  return new OpenIdProvider(openId, providerFetch(openId, transport, egressTestHosts), Date.now);
}

function pool(host: FrontHost, role: keyof FrontHost["connections"], max: number): pg.Pool {
  return new pg.Pool({ ...clientConfig(host.connections[role]), max, application_name: "parcelkeep-front" });
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
