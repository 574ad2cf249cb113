import type { Sayings } from "./sayings.ts";
import type { StoredPersonal } from "./stored-token.ts";
import type { StatusReason } from "./status.ts";

/** What a merchant asks of a shipment beside its status, out of what was said of it. Pseudonymous: tokens and codes only. */
export interface DeliveryFacts {
  /** Whether the parcel is going back to its sender, or is back. */
  readonly isReturn: boolean;
  /** What customs did with it, each once. */
  readonly customs: readonly StatusReason[];
  /** Tokens of who signed, and of what proves it; sealed as everything personal is. Empty where nobody gave any. */
  readonly proofOfDelivery: readonly string[];
  /** Tokens of the shop or locker where it waits or was handed out. */
  readonly pickupPoint: readonly string[];
}

export function deliveryFacts(state: Pick<Sayings, "events" | "summaries" | "personal">): DeliveryFacts {
  const stated = [...state.events, ...state.summaries];
  return {
    isReturn: stated.some(({ status, reason }) => status === "returned" || reason === "transit:returning"),
    customs: [...new Set(stated.map(({ reason }) => reason).filter((reason) => reason !== null))]
      .filter((reason) => reason.startsWith("customs:"))
      .toSorted(),
    proofOfDelivery: tokensOf(state.personal, "signatory"),
    pickupPoint: tokensOf(state.personal, "pickup_point"),
  };
}

function tokensOf(personal: readonly StoredPersonal[], role: StoredPersonal["role"]): readonly string[] {
  return personal.filter((each) => each.role === role).map(({ token }) => token);
}
