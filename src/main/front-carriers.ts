import type { Agreement } from "../domain/agreement.ts";
import type { CarrierHealth, Carriers, CarrierView } from "../ingress/services.ts";
import { serviceLevel } from "../outbound/service-level.ts";
import type { SourceHealthRow } from "../store/outbound-store.ts";
import type { RegisterStore, TenantEntry } from "../store/register-store.ts";

/** No tenant has this id, and so no agreement. */
const nobody = "00000000-0000-0000-0000-000000000000";

/** The carrier register as the API shows it. */
export class FrontCarriers implements Carriers {
  readonly #store: RegisterStore;
  readonly #health: () => Promise<readonly SourceHealthRow[]>;

  constructor(store: RegisterStore, health: () => Promise<readonly SourceHealthRow[]>) {
    this.#store = store;
    this.#health = health;
  }

  async list(tenant: string | null): Promise<readonly CarrierView[]> {
    const health = new Map((await this.#health()).map((row) => [row.source, healthView(row)]));
    return (await this.#store.of(tenant ?? nobody)).map((entry) => ({
      ...carrierView(entry),
      health: health.get(entry.entry.source) ?? null,
    }));
  }

  async agree(tenant: string, source: string, agreement: Agreement): Promise<CarrierView | null> {
    const isKnown = await this.#store.agree(tenant, source, agreement, "operator");
    return isKnown ? ((await this.list(tenant)).find((carrier) => carrier.source === source) ?? null) : null;
  }
}

function healthView({ calls, failures, recentCalls, recentFailures, recentLatencyMs, breaker }: SourceHealthRow): CarrierHealth {
  const { target, answered, budgetLeft } = serviceLevel({ calls, failures });
  return {
    breaker,
    days30: { calls, failures, target, answered, budgetLeft },
    recent: {
      calls: recentCalls,
      failures: recentFailures,
      meanLatencyMs: recentCalls === 0 ? null : Math.round(recentLatencyMs / recentCalls),
    },
  };
}

function carrierView({ entry, version, validFrom, agreementVersion }: TenantEntry): CarrierView {
  const { source, legalName, country, ultimateOwner, role, contract, transferTool, lawfulBasis, hosts, fieldsAllowed, path, push } = entry;
  const facts = { source, legalName, country, ultimateOwner, role, contract, transferTool, lawfulBasis, hosts, fieldsAllowed, path, push };
  return { ...facts, version, validFrom: validFrom.toISOString(), agreementVersion, health: null };
}
