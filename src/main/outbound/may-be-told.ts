import type { RegisterEntry } from "../../domain/register-entry.ts";
import { decideRelease, type TransferPolicy } from "../../domain/release-decision.ts";

/** Whether a source may be told the numbers of a carrier's parcels, without anybody's approval. */
export function mayBeTold(entry: RegisterEntry, carrier: string, policy: TransferPolicy, now: number): boolean {
  const day = new Date(now).toISOString().slice(0, 10);
  const { lawfulBasis } = entry;
  const question = {
    recipient: entry,
    fields: ["trackingNumber"],
    purpose: "tracking",
    lawfulBasis,
    issuer: carrier,
    policy,
    day,
  } as const;
  return decideRelease(question).outcome === "automatic";
}
