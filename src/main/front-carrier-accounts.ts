import { randomUUID } from "node:crypto";
import type { CarrierClient } from "../carriers/client.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import type { RegisterEntry } from "../domain/register-entry.ts";
import { ProblemError } from "../ingress/problems.ts";
import type { CarrierAccounts, CarrierAccountView, NewCarrierAccountInput } from "../ingress/services.ts";
import { uuidText } from "../store/binary-array.ts";
import type { CarrierAccountStore } from "../store/carrier-account-store.ts";
import { sealCredential } from "../vault/carrier-credentials.ts";
import type { SealingKeys } from "../vault/keys/provider.ts";
import { busyWithoutKeys } from "./busy-without-keys.ts";
import { mayBeTold } from "./poll-schedule.ts";

export interface CarrierAccountParts {
  readonly store: CarrierAccountStore;
  readonly keys: Pick<SealingKeys, "currentEpoch" | "generateDataKey" | "derive">;
  readonly clients: ReadonlyMap<string, CarrierClient>;
  readonly entryOf: (tenant: string, source: string) => Promise<RegisterEntry | null>;
  readonly now: () => number;
}

/** What merchants ask carriers with. Credentials are sealed when they come, and never shown. */
export class FrontCarrierAccounts implements CarrierAccounts {
  readonly #parts: CarrierAccountParts;

  constructor(parts: CarrierAccountParts) {
    this.#parts = parts;
  }

  async add(tenant: string, { source, credentials, carriers: named, rank = 0 }: NewCarrierAccountInput): Promise<CarrierAccountView> {
    const { store, keys, clients, entryOf, now } = this.#parts;
    const client = clients.get(source);
    const entry = client === undefined ? null : await entryOf(tenant, source);
    if (client === undefined || entry === null || entry.polling === undefined) throw new ProblemError("unknown_source");
    refuseOtherFields(client, credentials);
    const carriers = named ?? [source];
    // Whoever did not issue a number is told it under an approval, or not at all.
    if (!carriers.every((carrier) => mayBeTold(entry, carrier, now()))) throw new ProblemError("grant_required");
    const id = randomUUID();
    const sealed = await sealCredential(keys, { tenant, account: id, source }, credentials).catch(busyWithoutKeys);
    const credential = await this.#credentialOf(source, credentials).catch(busyWithoutKeys);
    const isAdded = await store.add({ id, tenant, source, carriers, rank, credential, ...sealed });
    if (!isAdded) throw new ProblemError("not_found");
    return (await this.list(tenant)).find((account) => account.id === id)!;
  }

  async list(tenant: string): Promise<readonly CarrierAccountView[]> {
    const { store, now } = this.#parts;
    const [accounts, backlog] = [await store.of(tenant), await store.backlog(tenant)];
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

function refuseOtherFields({ credentialFields }: CarrierClient, credentials: Readonly<Record<string, string>>): void {
  const missing = credentialFields.filter((field) => (credentials[field] ?? "") === "");
  const unknown = Object.keys(credentials).length !== credentialFields.length - missing.length;
  if (missing.length === 0 && !unknown) return;
  throw new ProblemError("invalid_field", {
    errors: [{ pointer: "#/credentials", detail: `exactly these parts: ${credentialFields.join(", ")}` }],
  });
}
