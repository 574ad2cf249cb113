import type { Registry } from "prom-client";
import type { CarrierClient } from "../../carriers/client.ts";
import type { RegisterEntry } from "../../domain/register-entry.ts";
import { GuardedEgress, type GuardParts, type Recipient } from "../../outbound/guarded-egress.ts";
import { commonRules, type GuardRules, joinedRules } from "../../outbound/guard/rules.ts";
import { Transport } from "../../outbound/transport.ts";
import type { EgressStore } from "../../store/egress-store.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import { clients } from "./clients.ts";
import { carrierRules } from "./egress-rules.ts";
import { KnownValues } from "./known-values.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { outboundCounter } from "./outbound-counters.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";

export interface EgressParts {
  /** The register's entry of a source; null where there is none. */
  readonly entryOf: (source: string) => Promise<RegisterEntry | null>;
  /** A merchant's endpoint by its id: where it is and what its calls may say. Null where the tenant has none of this id. */
  readonly webhookOf: (tenant: string, endpoint: string) => Promise<Omit<Recipient, "label"> | null>;
  readonly tenantKeys: Pick<TenantKeys, "renewed">;
  readonly store: EgressStore;
  readonly testHosts: ReadonlySet<string>;
  /** Where a carrier is called, when not at its own address. */
  readonly baseUrlOf?: (client: CarrierClient) => string;
  /** Where a source's key sets are fetched; nowhere if left out. */
  readonly keySetUrlsOf?: (source: string) => readonly string[];
  readonly registry: Registry;
  readonly log: ProgramLog;
  readonly transport?: GuardParts["transport"];
}

/** The egress of a process, guarded. Every outbound call of the process goes through it. */
export function programEgress(parts: EgressParts): GuardedEgress {
  const { entryOf, webhookOf, tenantKeys, store, testHosts, registry, log } = parts;
  if (testHosts.size > 0)
    log.warn(
      { hosts: [...testHosts] },
      "PARCELKEEP_EGRESS_TEST_HOSTS is set: these may be called in the clear and on this machine; it is for tests only",
    );
  const rules = new Map<string, GuardRules>();
  const rulesOf = (source: string): GuardRules => {
    const client = clients.get(source);
    const held =
      rules.get(source) ??
      joinedRules(
        client === undefined ? commonRules : carrierRules({ ...client, baseUrl: parts.baseUrlOf?.(client) ?? client.baseUrl }),
        pathRules(parts.keySetUrlsOf?.(source) ?? []),
      );
    rules.set(source, held);
    return held;
  };
  const recipientOf = async (tenant: string, recipient: string): Promise<Recipient | null> => {
    if (recipient.startsWith("webhook:")) {
      const endpoint = await webhookOf(tenant, recipient.slice("webhook:".length));
      return endpoint === null ? null : { ...endpoint, label: "webhook" };
    }
    const entry = await entryOf(recipient);
    return entry === null ? null : { hosts: entry.hosts, path: entry.path, rules: rulesOf(recipient), label: recipient };
  };
  const known = new KnownValues(tenantKeys, store);
  return new GuardedEgress({
    recipientOf,
    knownOf: (tenant, candidates) => known.of(tenant, candidates),
    tokensIn: findTokens,
    record: {
      refused: async ({ tenant, recipient, code, findings }) => {
        log.error({ tenant, recipient, refused: code, findings }, "an outbound call was refused");
        await store.noteRefusal(tenant, recipient, code, findings);
      },
    },
    transport: parts.transport ?? new Transport(),
    testHosts,
    counted: egressCounters(registry),
    recordFailed: (error) => log.error(errorKind(error), "a refused call could not be taken down; it was not made"),
  });
}

/** The words of these addresses, which are the same for everybody. */
function pathRules(urls: readonly string[]): GuardRules {
  return { texts: new Set(urls.flatMap((url) => new URL(url).pathname.split("/").filter((segment) => segment !== ""))), formats: [] };
}

function egressCounters(registry: Registry): GuardParts["counted"] {
  const calls = outboundCounter("egressCalls", registry);
  const findings = outboundCounter("egressFindings", registry);
  return (recipient, outcome, found) => {
    calls.inc({ recipient, outcome });
    for (const { kind, place, count } of found) findings.inc({ recipient, kind, place }, count);
  };
}
