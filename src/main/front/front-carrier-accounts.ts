import { randomUUID } from "node:crypto";
import type { CarrierClient } from "../../carriers/client.ts";
import { KeyedHash } from "../../domain/keyed-hash.ts";
import type { Quota, RegisterEntry } from "../../domain/register-entry.ts";
import type { TransferPolicy } from "../../domain/release-decision.ts";
import { ProblemError } from "../../ingress/problems.ts";
import type { CarrierAccounts, CarrierAccountView, NewCarrierAccountInput, QuotaView } from "../../ingress/carrier-services.ts";
import { allowance, paceOf, waitMs } from "../../outbound/polling/quota.ts";
import { uuidText } from "../../store/binary-array.ts";
import type { CarrierAccountStore } from "../../store/carrier-account-store.ts";
import { sealCredential } from "../../vault/carrier-credentials.ts";
import type { SealingKeys } from "../../vault/keys/provider.ts";
import { busyWithoutKeys } from "../keys/busy-without-keys.ts";
import { mayBeTold } from "../outbound/may-be-told.ts";

export interface CarrierAccountParts {
  readonly store: CarrierAccountStore;
  readonly keys: Pick<SealingKeys, "currentEpoch" | "generateDataKey" | "derive">;
  readonly clients: ReadonlyMap<string, CarrierClient>;
  readonly entryOf: (tenant: string, source: string) => Promise<RegisterEntry | null>;
  readonly policyOf: (tenant: string) => Promise<TransferPolicy>;
  readonly now: () => number;
}

/** What merchants ask carriers with. Credentials are sealed when they come, and never shown. */
export class FrontCarrierAccounts implements CarrierAccounts {
  readonly #parts: CarrierAccountParts;

  constructor(parts: CarrierAccountParts) {
    this.#parts = parts;
  }

  async add(tenant: string, { source, credentials, carriers: named, rank = 0 }: NewCarrierAccountInput): Promise<CarrierAccountView> {
    const { store, keys, clients, entryOf, policyOf, now } = this.#parts;
    const client = clients.get(source);
    const entry = client === undefined ? null : await entryOf(tenant, source);
    if (client === undefined || entry === null || entry.polling === undefined) throw new ProblemError("unknown_source");
    refuseOtherFields(client, credentials);
    const carriers = named ?? [source];
    const policy = await policyOf(tenant);
    // Whoever did not issue a number is told it under an approval, or not at all.
    if (!carriers.every((carrier) => mayBeTold(entry, carrier, policy, now()))) throw new ProblemError("grant_required");
    const id = randomUUID();
    const sealed = await sealCredential(keys, { tenant, account: id, source }, credentials).catch(busyWithoutKeys);
    const credential = await this.#credentialOf(source, credentials).catch(busyWithoutKeys);
    const isAdded = await store.add({ id, tenant, source, carriers, rank, credential, ...sealed });
    if (!isAdded) throw new ProblemError("not_found");
    return (await this.list(tenant)).find((account) => account.id === id)!;
  }

  async list(tenant: string): Promise<readonly CarrierAccountView[]> {
    const { store, entryOf, now } = this.#parts;
    const [accounts, backlog, spent] = [await store.of(tenant), await store.backlog(tenant), await store.quotaUses(tenant)];
    const rules = new Map<string, readonly Quota[]>();
    for (const source of new Set(accounts.map((account) => account.source)))
      rules.set(source, (await entryOf(tenant, source))?.polling?.quotas ?? []);
    return accounts.map(({ id, source, carriers, rank, createdAt, heldUntil, heldReason }) => {
      const isHeld = heldUntil !== null && heldUntil.getTime() > now();
      const waiting = backlog.find((each) => each.source === source);
      return {
        id,
        source,
        carriers,
        rank,
        createdAt: createdAt.toISOString(),
        held: isHeld ? { until: heldUntil.toISOString(), reason: heldReason ?? "unknown" } : null,
        quotas: (rules.get(source) ?? []).map((quota) =>
          quotaView(
            quota,
            spent.filter(({ account }) => account === id),
            now(),
          ),
        ),
        tracked: waiting?.tracked ?? 0,
        overdue: waiting?.overdue ?? 0,
      };
    });
  }

  remove(tenant: string, id: string): Promise<boolean> {
    return this.#parts.store.remove(tenant, id);
  }

  retryLetters(
    tenant: string,
    filter: { readonly ids?: readonly string[]; readonly source?: string; readonly code?: string },
  ): Promise<number> {
    return this.#parts.store.retryLetters(tenant, filter.ids ?? null, filter.source ?? null, filter.code ?? null);
  }

  /** The same for the same credential, so that two accounts with one share its quota; nobody learns a credential from it. */
  async #credentialOf(source: string, credentials: Readonly<Record<string, string>>): Promise<string> {
    const key = await this.#parts.keys.derive("carrier-credentials");
    using keyed = new KeyedHash(key);
    key.fill(0);
    const text = JSON.stringify([source, ...Object.entries(credentials).toSorted(([one], [other]) => (one < other ? -1 : 1))]);
    return uuidText(Buffer.from(keyed.ofText(text).slice(0, 16), "latin1"));
  }
}

function quotaView(quota: Quota, spent: readonly { readonly quota: string; readonly freeAt: Date }[], now: number): QuotaView {
  const { unit, count, windowMs } = quota;
  const pace = paceOf(quota);
  const freeAt = spent.find((each) => each.quota === pace.key)?.freeAt.getTime() ?? null;
  const untilNextMs = waitMs(pace, freeAt, 1, now);
  const nextAt = untilNextMs > 0 ? new Date(now + untilNextMs).toISOString() : null;
  return { unit, count, windowMs, leftNow: allowance(pace, freeAt, now, 0), nextAt };
}

function refuseOtherFields({ credentialFields, feed }: CarrierClient, credentials: Readonly<Record<string, string>>): void {
  const optional = feed === undefined ? [] : [feed.credentialField];
  const isComplete = credentialFields.every((field) => (credentials[field] ?? "") !== "");
  if (isComplete && Object.keys(credentials).every((field) => credentialFields.includes(field) || optional.includes(field))) return;
  const alsoFor = feed === undefined ? "" : `; ${feed.credentialField} too for its feed of changes`;
  throw new ProblemError("invalid_field", {
    errors: [{ pointer: "#/credentials", detail: `exactly these parts: ${credentialFields.join(", ")}${alsoFor}` }],
  });
}
