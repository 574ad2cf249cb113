import type { Agreement } from "../../domain/agreement.ts";
import { nothingForbidden } from "../../domain/release-decision.ts";
import type {
  AgreementView,
  CarrierHealth,
  Carriers,
  CarrierView,
  ChangeView,
  TransferPolicyInput,
  TransferPolicyView,
} from "../../ingress/carrier-services.ts";
import { nobody } from "../outbound/cached-register.ts";
import { ProblemError } from "../../ingress/problems.ts";
import { serviceLevel } from "../../outbound/service-level.ts";
import type { SourceHealthRow } from "../../store/outbound-store.ts";
import type { RegisterStore, TenantEntry, TenantVersion } from "../../store/register-store.ts";

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

  /** @throws {ProblemError} `approval_required` once there is an approval policy; then a change is asked for. */
  async agree(tenant: string, source: string, agreement: Agreement, changedBy: string): Promise<CarrierView | null> {
    const isKnown = await this.#store.agree(tenant, source, agreement, { changedBy, approval: null }).catch(refuseUnapproved);
    return isKnown ? ((await this.list(tenant)).find((carrier) => carrier.source === source) ?? null) : null;
  }

  async agreements(tenant: string, source: string): Promise<readonly AgreementView[] | null> {
    const isKnown = (await this.#store.of(tenant)).some(({ entry }) => entry.source === source);
    if (!isKnown) return null;
    return (await this.#store.agreements(tenant, source)).map((version) => ({ ...version.content, ...changeView(version) }));
  }

  async policy(tenant: string): Promise<TransferPolicyView> {
    const version = await this.#store.policy(tenant);
    const { refusesOwnersOutsideEea, refusedRecipients } = version?.content ?? nothingForbidden;
    return {
      refusesOwnersOutsideEea,
      refusedRecipients: [...refusedRecipients].toSorted(),
      change: version === null ? null : changeView(version),
    };
  }

  async setPolicy(tenant: string, { refusesOwnersOutsideEea, refusedRecipients }: TransferPolicyInput, changedBy: string) {
    const policy = { refusesOwnersOutsideEea, refusedRecipients: new Set(refusedRecipients) };
    const version = await this.#store.setPolicy(tenant, policy, { changedBy, approval: null }).catch(refuseUnapproved);
    return version === null ? null : this.policy(tenant);
  }
}

/** PKA01 of migration 0031. */
function refuseUnapproved(error: unknown): never {
  throw (error as { code?: unknown }).code === "PKA01" ? new ProblemError("approval_required") : error;
}

function changeView({ version, validFrom, changedBy, approval }: TenantVersion<unknown>): ChangeView {
  return { version, validFrom: validFrom.toISOString(), changedBy, approval };
}

function healthView(row: SourceHealthRow): CarrierHealth {
  const { calls, failures, numbers, rateLimited, recentCalls, recentFailures, recentLatencyMs, breaker, underWay, held, due } = row;
  const { target, answered, budgetLeft } = serviceLevel({ calls, failures });
  return {
    breaker,
    underWay,
    accountsHeld: held,
    due,
    days30: { calls, failures, numbers, rateLimited, target, answered, budgetLeft },
    recent: {
      calls: recentCalls,
      failures: recentFailures,
      meanLatencyMs: recentCalls === 0 ? null : Math.round(recentLatencyMs / recentCalls),
    },
  };
}

function carrierView({ entry, version, validFrom, agreementVersion }: TenantEntry): CarrierView {
  const { owner: _, breachContact: __, sources: ___, polling, ...facts } = entry;
  return { ...facts, polling: polling ?? null, version, validFrom: validFrom.toISOString(), agreementVersion, health: null };
}
