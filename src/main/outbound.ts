import { readFile } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import pg from "pg";
import { Registry } from "prom-client";
import type { CarrierClient } from "../carriers/client.ts";
import type { RegisterEntry } from "../domain/register-entry.ts";
import { FairTurns } from "../outbound/polling/fair-turns.ts";
import { Resilience, usualResilience } from "../outbound/resilience.ts";
import { TokenCache } from "../outbound/token-cache.ts";
import { egressStore } from "../store/egress-store.ts";
import { indexVersionsOf } from "../store/index-versions.ts";
import { Listener } from "../store/listener.ts";
import { outboundChannel, outboundStore } from "../store/outbound-store.ts";
import { registerStore } from "../store/register-store.ts";
import { NumberResolver } from "../vault/resolve-numbers.ts";
import { capturedIngress } from "./captured-ingress.ts";
import { CarrierCalls } from "./carrier-calls.ts";
import { clients } from "./clients.ts";
import { type Config, readConfig } from "./config.ts";
import { type RunFile, runPath } from "./data-folder.ts";
import { ingressKeyPath } from "./key-paths.ts";
import { programEgress } from "./egress.ts";
import { errorKind, programLog } from "./log.ts";
import { resolvingKeysOf } from "./opening-keys.ts";
import { PollSchedule } from "./poll-schedule.ts";
import { reportedKeys } from "./reported-keys.ts";
import type { RoleHost } from "./role.ts";
import { sealingKeysOf } from "./sealing-keys.ts";
import { TenantKeys } from "./tenant-keys.ts";
import { Wake } from "./wake.ts";
import { WebhookSecrets, webhookSecretsLabel } from "./webhook-secrets.ts";
import { startWebhookSender, webhookRecipients } from "./webhook-sender.ts";

/** Calls that may be under way. One carrier's share is small enough that several may hang. */
const slots = { total: 32, perSource: usualResilience.callsMax, perAccount: 2 };
/** The database is away: looked for again after this. */
const awayMs = 5_000;
const statesEveryMs = 60_000;
/** What a tenant has agreed with a source takes effect within this time. */
const entryTtlMs = 30_000;
const entriesMax = 10_000;

/**
 * Asks carriers. Resolves tracking numbers, each for the carrier that issued it and recorded before it leaves, and opens the credentials that carriers gave;
 * nothing else that is sealed opens to it. What carriers answer it hands to ingress as it came. It tells merchants of changed shipments too.
 */
export async function runOutbound(host: RoleHost<"parcelkeep_outbound">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "outbound");
  const connection = host.connections.parcelkeep_outbound;
  const pool = new pg.Pool({ ...connection, max: 6, application_name: "parcelkeep-outbound" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const store = outboundStore(pool);
  const keys = await resolvingKeysOf(config);
  const resilience = new Resilience(usualResilience, Date.now, Math.random);
  const tokens = new TokenCache(Date.now);
  const numbers = new NumberResolver(keys);
  const registry = new Registry();
  const sealing = reportedKeys(await sealingKeysOf(config), log);
  const entryOf = cachedEntries(registerStore(pool));
  const baseUrlOf = ({ source, baseUrl }: CarrierClient): string =>
    config.carriersUrl === null ? baseUrl : `${config.carriersUrl}/${source}`;
  const egress = programEgress({
    entryOf: async (source) => entryOf(nobody, source),
    webhookOf: webhookRecipients(pool),
    tenantKeys: new TenantKeys(sealing, indexVersionsOf(pool)),
    store: egressStore(pool),
    testHosts: config.egressTestHosts,
    baseUrlOf,
    registry,
    log,
  });
  const secrets = new WebhookSecrets(await sealing.derive(webhookSecretsLabel));
  const ingressKey = (await readFile(ingressKeyPath(config.dataDir), "utf8")).trim();
  const called = new Set<string>();
  const calls = new CarrierCalls({
    store,
    egress,
    ingress: capturedIngress(ingressAddress(config), ingressKey, (why) =>
      log.error({ why }, "an answer was not taken in; it is asked for again"),
    ),
    keys,
    numbers,
    tokens,
    resilience,
    baseUrlOf,
    now: Date.now,
    called: (source, outcome, latencyMs) => {
      called.add(source);
      log.debug({ source, outcome, latencyMs }, "a carrier was asked");
    },
  });
  const wake = new Wake();
  const schedule = new PollSchedule({
    store,
    calls,
    resilience,
    turns: new FairTurns(slots),
    clients,
    entryOf,
    now: Date.now,
    random: Math.random,
    ended: () => wake.ring(),
    failed: (error, what) => log.error(errorKind(error), what),
  });
  const heard = (): void => {
    schedule.accountsChanged();
    wake.ring();
  };
  const listener = new Listener({ ...connection, application_name: "parcelkeep-outbound-wake" }, outboundChannel, {
    heard,
    missed: heard,
    failed: (error) => log.warn(errorKind(error), "new accounts are not heard; they are looked for now and then"),
  });
  await listener.start();
  const webhooks = startWebhookSender({ pool, egress, secrets, registry, log });
  host.announceReady({});

  let isStopped = false;
  let statesAt = -Infinity;
  const tellStates = async (): Promise<void> => {
    if (called.size === 0 || performance.now() - statesAt < statesEveryMs) return;
    statesAt = performance.now();
    await store.noteStates([...called].map((source) => ({ source, breaker: resilience.stateOf(source) ?? "closed" })));
  };
  const running = (async () => {
    while (!isStopped) {
      wake.attend();
      const restMs = await schedule.turn().catch((error: unknown) => {
        log.error(errorKind(error), "what is due cannot be read; tried again");
        return awayMs;
      });
      await tellStates().catch((error: unknown) => log.warn(errorKind(error), "the state of carriers could not be told"));
      if (!isStopped && restMs > 0) await wake.rest(restMs);
    }
  })();
  host.onStop(async () => {
    isStopped = true;
    wake.ring();
    await running;
    await Promise.all([schedule.settled(), webhooks.stop()]);
    numbers.close();
    await listener.stop();
    await pool.end();
  });
}

/** No tenant has this id, and so no agreement. */
const nobody = "00000000-0000-0000-0000-000000000000";

function cachedEntries(register: ReturnType<typeof registerStore>): (tenant: string, source: string) => Promise<RegisterEntry | null> {
  const held = new LRUCache<string, Promise<ReadonlyMap<string, RegisterEntry>>>({ max: entriesMax, ttl: entryTtlMs });
  const read = async (tenant: string): Promise<ReadonlyMap<string, RegisterEntry>> =>
    new Map((await register.of(tenant)).map(({ entry }) => [entry.source, entry]));
  return async (tenant, source) => {
    let entries = held.get(tenant);
    if (entries === undefined) {
      entries = read(tenant);
      held.set(tenant, entries);
      entries.catch(() => held.delete(tenant));
    }
    return (await entries).get(source) ?? null;
  };
}

/** The program of the data folder may have another address after a while: it is read each time. */
function ingressAddress({ ingressUrl, dataDir }: Config): () => Promise<string | null> {
  if (ingressUrl !== null) return async () => ingressUrl;
  return async () => {
    try {
      return (JSON.parse(await readFile(runPath(dataDir), "utf8")) as RunFile).url;
    } catch {
      return null;
    }
  };
}
