import { randomUUID } from "node:crypto";
import type { CarrierClient } from "../../src/carriers/client.ts";
import type { RegisterEntry } from "../../src/domain/register-entry.ts";
import { nothingForbidden } from "../../src/domain/release-decision.ts";
import { clients } from "../../src/main/outbound/clients.ts";
import type { Asker, AskerParts, ReadyPoll } from "../../src/main/outbound/poll-askers.ts";
import { readRegisterFiles } from "../../src/main/outbound/register-files.ts";
import type { OutboundAccount } from "../../src/store/outbound-store.ts";

export const aTenant = "00000000-0000-4000-8000-0000000000aa";

export const glsClient: CarrierClient = { ...clients.get("gls")!, batchMax: 10 };
/** GLS as the register has it, without quotas. */
export const glsEntry: RegisterEntry = {
  ...readRegisterFiles().find(({ source }) => source === "gls")!,
  polling: { quotas: [], cadenceMs: 0 },
};

/** An account of GLS that nothing holds. */
export function outboundAccount(given: Partial<OutboundAccount> = {}): OutboundAccount {
  return {
    id: randomUUID(),
    tenant: aTenant,
    source: "gls",
    carriers: ["gls"],
    rank: 0,
    credential: randomUUID(),
    epoch: 1,
    wrapped: Buffer.alloc(0),
    sealed: Buffer.alloc(0),
    heldUntil: null,
    heldReason: null,
    isPushed: false,
    ...given,
  };
}

export function asker(given: Partial<Asker> = {}): Asker {
  return {
    account: outboundAccount(),
    client: glsClient,
    entry: glsEntry,
    quotas: [],
    cadenceMs: 0,
    heldUntil: 0,
    restsUntil: 0,
    ready: [],
    ...given,
  };
}

export function readyPoll(given: Partial<ReadyPoll> = {}): ReadyPoll {
  return { shipment: randomUUID(), number: "ptk_number", carrier: "gls", failures: 0, claimedAt: 0, ...given };
}

/** Means that let every account of GLS be asked. */
export function askerParts(given: Partial<AskerParts> & Pick<AskerParts, "store">): AskerParts {
  return {
    resilience: { waitMs: () => 0 },
    clients: new Map([["gls", glsClient]]),
    entryOf: async () => glsEntry,
    policyOf: async () => nothingForbidden,
    now: () => 0,
    ...given,
  };
}
