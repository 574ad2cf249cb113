import { randomUUID } from "node:crypto";
import { unpackShipment } from "../../domain/packed-shipment.ts";
import { ProblemError } from "../../ingress/problems.ts";
import type { ErasureReason, ErasureView, Identifier, Persons, PersonView } from "../../ingress/services.ts";
import type { ErasureRow, PersonStore } from "../../store/person-store.ts";
import type { TokenBudget } from "../../store/token-store.ts";
import { busyWithoutKeys } from "../keys/busy-without-keys.ts";
import type { ProgramLog } from "../log.ts";
import type { IngressMetrics } from "../metrics.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";

const shipmentsShownMax = 1_000;

export interface FrontPersonParts {
  readonly store: PersonStore;
  readonly keys: Pick<TenantKeys, "renewed">;
  /** That of the tokens API: whoever may not try values there may not try them here. */
  readonly budget: TokenBudget;
  readonly metrics: Pick<IngressMetrics, "tokenBudgets" | "tokenAlarms">;
  readonly log: Pick<ProgramLog, "warn">;
}

/** Finds persons through the blind index and hands orders to the keeper. */
export class FrontPersons implements Persons {
  readonly #store: PersonStore;
  readonly #parts: FrontPersonParts;

  constructor(parts: FrontPersonParts) {
    this.#store = parts.store;
    this.#parts = parts;
  }

  /** @throws {ProblemError} `budget_exhausted`, `busy` */
  async search(tenant: string, caller: string, identifiers: readonly Identifier[]): Promise<readonly PersonView[]> {
    const persons = await this.#find(tenant, caller, identifiers);
    const views: PersonView[] = [];
    for (const subjects of persons) views.push(await this.#view(tenant, subjects));
    return views;
  }

  /** Nobody may be missed because the index got a new key in between. */
  async #find(tenant: string, caller: string, identifiers: readonly Identifier[]): Promise<readonly (readonly string[])[]> {
    const { keys: tenantKeys, budget } = this.#parts;
    for (let keys = await tenantKeys.renewed(tenant).catch(busyWithoutKeys); ;) {
      const entries = identifiers.map(({ category, value }) => {
        const former = keys.formerBlind(category, value);
        return {
          blind: Buffer.from(keys.blind(category, value), "latin1"),
          former: former === null ? null : Buffer.from(former, "latin1"),
        };
      });
      const search = await this.#store.searchPersons(tenant, `${tenant}/${caller}`, entries, budget);
      if (search.state === "refused") throw this.#refusal(caller, search.retryAfterS);
      if (search.alarm) this.#alarm(caller);
      const newest = await tenantKeys.renewed(tenant).catch(busyWithoutKeys);
      if (newest === keys) return search.persons;
      keys = newest;
    }
  }

  #refusal(caller: string, retryAfterS: number): ProblemError {
    this.#parts.metrics.tokenBudgets.inc({ budget: "misses" });
    this.#parts.log.warn({ caller }, "a caller that searches for persons has spent its budget of misses");
    return new ProblemError("budget_exhausted", { retryAfterS });
  }

  #alarm(caller: string): void {
    this.#parts.metrics.tokenAlarms.inc();
    this.#parts.log.warn({ caller }, "a caller searches for persons who are mostly unknown: probing with a dictionary, perhaps");
  }

  async #view(tenant: string, subjects: readonly string[]): Promise<PersonView> {
    const overview = await this.#store.overview(tenant, subjects);
    const shipments = await this.#store.shipments(tenant, subjects, shipmentsShownMax);
    const [id, ...sameAs] = subjects;
    return {
      id: id!,
      sameAs,
      records: Number(overview.records),
      firstSeen: overview.first_seen?.toISOString() ?? null,
      lastSeen: overview.last_seen?.toISOString() ?? null,
      onHold: overview.is_held,
      values: valuesByCategory(
        shipments.map(({ state }) => state),
        new Set(subjects),
      ),
      shipments: shipments.map((shipment) => shipment.id),
    };
  }

  erase(tenant: string, subject: string, reason: ErasureReason, requestedBy: string | null): Promise<string | null> {
    return this.#store.requestErasure(tenant, subject.toLowerCase(), { id: randomUUID(), reason, requestedBy });
  }

  async erasure(tenant: string, id: string): Promise<ErasureView | null> {
    const row = await this.#store.erasure(tenant, id);
    return row === null ? null : erasureView(row);
  }

  hold(tenant: string, subject: string, reference: string | null): Promise<boolean> {
    return this.#store.placeHold(tenant, subject, reference);
  }

  release(tenant: string, subject: string): Promise<boolean> {
    return this.#store.releaseHold(tenant, subject);
  }
}

/** Different tokens of these persons. A token that the shipment no longer keeps, since it keeps so many only, is not counted. */
function valuesByCategory(states: readonly string[], subjects: ReadonlySet<string>): Readonly<Record<string, number>> {
  const tokens = new Map<string, Set<string>>();
  for (const state of states) {
    if (state === "") continue;
    for (const { category, token, subject } of unpackShipment(state).personal) {
      if (!subjects.has(subject)) continue;
      const held = tokens.get(category);
      if (held === undefined) tokens.set(category, new Set([token]));
      else held.add(token);
    }
  }
  return Object.fromEntries([...tokens].sort(([a], [b]) => (a < b ? -1 : 1)).map(([category, { size }]) => [category, size]));
}

function erasureView(row: ErasureRow): ErasureView {
  const times = {
    requested: row.requested_at,
    frozen: row.frozen_at,
    refused: row.refused_at,
    destroyed: row.destroyed_at,
    probed: row.probed_at,
    proven: row.proven_at,
  };
  return {
    erasure: row.id,
    subject: row.subject,
    reason: row.reason,
    requestedBy: row.requested_by,
    state: row.state,
    steps: Object.fromEntries(Object.entries(times).flatMap(([state, at]) => (at === null ? [] : [[state, at.toISOString()]]))),
    proof: row.proof === null ? null : { proof: row.proof, signature: row.signature },
  };
}
