import { readFile } from "node:fs/promises";
import pg from "pg";
import { Registry } from "prom-client";
import type { CarrierClient } from "../../carriers/client.ts";
import { FairTurns } from "../../outbound/polling/fair-turns.ts";
import { Resilience, usualResilience } from "../../outbound/resilience.ts";
import { TokenCache } from "../../outbound/token-cache.ts";
import { defaultTransport } from "../../outbound/transport.ts";
import { clientConfig } from "../../store/client-config.ts";
import { egressStore } from "../../store/egress-store.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { Listener } from "../../store/listener.ts";
import { outboundChannel, outboundStore } from "../../store/outbound-store.ts";
import { registerStore } from "../../store/register-store.ts";
import { NumberResolver } from "../../vault/resolve-numbers.ts";
import { CachedRegister, nobody } from "./cached-register.ts";
import { capturedIngress } from "../intake/captured-ingress.ts";
import { CarrierCalls } from "./carrier-calls.ts";
import { clients } from "./clients.ts";
import { type Config, readConfig } from "../config.ts";
import { type RunFile, runPath } from "../data-folder.ts";
import { ingressKeyOf } from "../settings/door-settings.ts";
import { ChangeFeeds } from "./change-feeds.ts";
import { ConnectorStates } from "./connector-states.ts";
import { programEgress } from "./egress.ts";
import { egressTransport } from "./egress-transport.ts";
import { keySetUrlsOf } from "./key-set-urls.ts";
import { KeySets } from "./key-sets.ts";
import { errorKind, programLog } from "../log.ts";
import { startNoticeSender } from "../releases/notice-sender.ts";
import { resolvingKeysOf } from "../releases/opening-keys.ts";
import { CounterTeller } from "./outbound-counters.ts";
import { PollSchedule } from "./poll-schedule.ts";
import { reportedKeys } from "../keys/reported-keys.ts";
import type { RoleHost } from "../role.ts";
import { sealingKeysOf } from "../keys/sealing-keys.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";
import { Rounds } from "../rounds.ts";
import { WebhookSecrets, webhookSecretsLabel } from "../front/webhook-secrets.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { startWebhookSender, webhookRecipients } from "./webhook-sender.ts";

/** Calls that may be under way. One carrier's share is small enough that several may hang. */
const slots = { total: 32, perSource: usualResilience.callsMax, perAccount: 2 };
/** The database is away: looked for again after this. */
const awayMs = 5_000;
/** Key sets that are due are looked for, and what is seen of calls is told, so often. */
const upkeepEveryMs = 5_000;

/**
 * Asks carriers. Resolves tracking numbers, each for the carrier that issued it and recorded before it leaves, and opens the credentials that carriers gave;
 * nothing else that is sealed opens to it. What carriers answer it hands to ingress as it came. It tells merchants of changed shipments too.
 */
export async function runOutbound(host: RoleHost<"parcelkeep_outbound">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "outbound");
  const connection = host.connections.parcelkeep_outbound;
  const pool = new pg.Pool({ ...clientConfig(connection), max: 6, application_name: "parcelkeep-outbound" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const { spans, stop: stopTelemetry } = await startTelemetry(config, "outbound", log);
  const store = outboundStore(pool);
  const keys = await resolvingKeysOf(config);
  const resilience = new Resilience(usualResilience, Date.now, Math.random);
  const tokens = new TokenCache(Date.now);
  const numbers = new NumberResolver(keys);
  const registry = new Registry();
  const sealing = reportedKeys(await sealingKeysOf(config), log);
  const register = new CachedRegister(registerStore(pool));
  const baseUrlOf = ({ source, baseUrl }: CarrierClient): string =>
    config.carriersUrl === null ? baseUrl : `${config.carriersUrl}/${source}`;
  const keySetAddress = (source: string, url: string): string =>
    config.carriersUrl === null ? url : `${config.carriersUrl}/${source}${new URL(url).pathname}`;
  const transport = await egressTransport(config, defaultTransport);
  const egress = programEgress({
    transport,
    entryOf: async (source) => register.entryOf(nobody, source),
    webhookOf: webhookRecipients(pool),
    tenantKeys: new TenantKeys(sealing, indexVersionsOf(pool)),
    store: egressStore(pool),
    testHosts: config.egressTestHosts,
    baseUrlOf,
    keySetUrlsOf: (source) => keySetUrlsOf(source).map((url) => keySetAddress(source, url)),
    registry,
    log,
  });
  const keySets = new KeySets({
    store,
    egress,
    addressOf: ({ source, url }) => keySetAddress(source, url),
    now: Date.now,
    failed: (source, reason) => log.warn({ source, reason }, "a key set could not be fetched; what was fetched before holds on"),
  });
  const secrets = new WebhookSecrets(await sealing.derive(webhookSecretsLabel));
  const ingressKey = await ingressKeyOf(config);
  const states = new ConnectorStates({ resilience, note: (news) => store.noteStates(news), now: Date.now });
  const counters = new CounterTeller(registry, (counts) => store.tellCounters(counts));
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
      states.called(source);
      spans.begin("carrier.call", latencyMs)?.end({ "parcelkeep.source": source, "parcelkeep.outcome": outcome });
      log.debug({ source, outcome, latencyMs }, "a carrier was asked");
    },
  });
  const schedule: PollSchedule = new PollSchedule({
    store,
    calls,
    resilience,
    feedsOf: (askers) => new ChangeFeeds({ store, calls, askers, now: Date.now }),
    turns: new FairTurns(slots),
    clients,
    entryOf: (tenant, source) => register.entryOf(tenant, source),
    policyOf: (tenant) => register.policyOf(tenant),
    now: Date.now,
    random: Math.random,
    ended: () => polling.ring(),
    failed: (error, what) => log.error(errorKind(error), what),
  });
  const polling = new Rounds(() =>
    schedule.turn().catch((error: unknown) => {
      log.error(errorKind(error), "what is due cannot be read; tried again");
      return awayMs;
    }),
  );
  const stopping = new AbortController();
  const upkeep = new Rounds(async () => {
    await keySets.turn(stopping.signal).catch((error: unknown) => log.warn(errorKind(error), "key sets that are due cannot be read"));
    await states.tell().catch((error: unknown) => log.warn(errorKind(error), "the state of carriers could not be told"));
    await counters.tell().catch((error: unknown) => log.warn(errorKind(error), "what was counted could not be told"));
    return upkeepEveryMs;
  });
  // Apart from the rest: a carrier that hangs holds up its feeds and nothing else.
  const feeding = new Rounds(async () => {
    await schedule.fetchFeeds().catch((error: unknown) => log.warn(errorKind(error), "feeds of carriers cannot be fetched; tried again"));
    return upkeepEveryMs;
  });
  const heard = (): void => {
    register.forget();
    upkeep.ring();
    schedule.accountsChanged();
    polling.ring();
  };
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-outbound-wake" }, outboundChannel, {
    heard,
    missed: heard,
    failed: (error) => log.warn(errorKind(error), "new accounts are not heard; they are looked for now and then"),
  });
  await listener.start();
  const webhooks = startWebhookSender({ pool, egress, secrets, registry, spans, log });
  const notices = await startNoticeSender({
    pool,
    connection,
    settings: config.notices,
    testHosts: config.egressTestHosts,
    transport,
    registry,
    log,
  });
  host.announceReady({});

  for (const rounds of [polling, upkeep, feeding]) rounds.start();
  host.onStop(async () => {
    stopping.abort();
    await polling.stop();
    await Promise.all([schedule.settled(), webhooks.stop(), notices.stop()]);
    await Promise.all([upkeep.stop(), feeding.stop()]);
    await counters.tell().catch(() => {});
    numbers.close();
    await listener.stop();
    await stopTelemetry();
    await pool.end();
  });
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
