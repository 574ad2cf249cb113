import { randomUUID } from "node:crypto";
import { unpackShipment } from "../domain/packed-shipment.ts";
import type { ErasureReason, ErasureView, Identifier, Persons, PersonView } from "../ingress/services.ts";
import type { ErasureRow, PersonStore } from "../store/person-store.ts";
import type { TenantKeys } from "./tenant-keys.ts";

const shipmentsShownMax = 1_000;

/** Finds persons through the blind index and hands orders to the keeper. */
export class FrontPersons implements Persons {
  readonly #store: PersonStore;
  readonly #keys: Pick<TenantKeys, "renewed">;

  constructor(store: PersonStore, keys: Pick<TenantKeys, "renewed">) {
    this.#store = store;
    this.#keys = keys;
  }

  async search(tenant: string, identifiers: readonly Identifier[]): Promise<readonly PersonView[]> {
    const persons = await this.#find(tenant, identifiers);
    const views: PersonView[] = [];
    for (const subjects of persons) views.push(await this.#view(tenant, subjects));
    return views;
  }

  /** Nobody may be missed because the index got a new key in between. */
  async #find(tenant: string, identifiers: readonly Identifier[]): Promise<readonly (readonly string[])[]> {
    for (let keys = await this.#keys.renewed(tenant); ;) {
      const blinds = identifiers.flatMap(({ category, value }) =>
        [keys.blind(category, value), keys.formerBlind(category, value) ?? []].flat(),
      );
      const persons = await this.#store.findPersons(
        tenant,
        blinds.map((blind) => Buffer.from(blind, "latin1")),
      );
      const newest = await this.#keys.renewed(tenant);
      if (newest === keys) return persons;
      keys = newest;
    }
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
