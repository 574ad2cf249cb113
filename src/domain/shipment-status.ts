import { compareText } from "./bounded-union.ts";
import { compareNewest, compareOptional, compareTimes } from "./statement.ts";
import type { Statement, StoredEvent, StoredSummary } from "./statement.ts";
import { statusRank, terminalStatuses } from "./status.ts";
import type { Status, StatusReason } from "./status.ts";
import type { CarrierTime } from "./time.ts";

export interface DerivedStatus {
  readonly status: Status;
  readonly reason: StatusReason | null;
  readonly code: string | null;
  readonly time: CarrierTime | null;
}

/**
 * The status of a shipment, out of everything that was said about it. It depends on the set of statements alone, never on the
 * order in which they arrived:
 *
 * 1. The strongest statement gives status, reason, code and time. An event and a summary count alike, each at its own time.
 * 2. A terminal statement (delivered, returned) is stronger than any that is not: late scans and scans of other legs undo nothing.
 * 3. `unknown` and `not_found` are weaker than every other status, whatever their times.
 * 4. Within those three classes a statement with a time is stronger than one without: a sender that names no time may be saying
 *    something old. So an untimed summary decides only where nothing of its class has a time; an untimed "delivered" beats timed scans
 *    by rule 2.
 * 5. Among statements with a time the later is stronger (`orderingInstant`); so a later terminal one beats an earlier one.
 * 6. At the same instant, and among statements without a time, the higher `statusRank` is stronger.
 * 7. Then one with a reason, then the higher fingerprint (a summary has none, so the event wins), then the contents compared.
 * 8. A shipment that only a shop announced (nothing by rule 1, or no more than rule 3's statuses) is `info_received` without a reason:
 *    the data are known and no carrier has scanned the parcel, which is what that status means elsewhere. Announced and `not_found` is the usual
 *    hour between the label and the first scan.
 * 9. A shipment about which nothing was said is `unknown`.
 *
 * The price of rule 6: a source that never gives times cannot take back an `exception` with an `in_transit`.
 */
export function deriveStatus(events: readonly StoredEvent[], summaries: readonly StoredSummary[], announced = false): DerivedStatus {
  let strongest: Statement | null = null;
  for (const statement of [...events, ...summaries]) {
    if (strongest === null || compareStrength(statement, strongest) < 0) strongest = statement;
  }
  if (announced && (strongest === null || weight(strongest.status) === 0))
    return { status: "info_received", reason: null, code: null, time: null };
  if (strongest === null) return { status: "unknown", reason: null, code: null, time: null };
  return { status: strongest.status, reason: strongest.reason, code: strongest.code, time: strongest.time };
}

/**
 * Rules 2 to 7 as a total order, the stronger first. The bounds on stored statements use it too, so a bound cannot change a status.
 * @returns 0 only for statements of equal content.
 */
export function compareStrength(left: Statement, right: Statement): number {
  return (
    weight(right.status) - weight(left.status) ||
    compareNewest(left.at, right.at) ||
    statusRank[right.status] - statusRank[left.status] ||
    Number(left.reason === null) - Number(right.reason === null) ||
    compareText(fingerprint(right), fingerprint(left)) ||
    compareText(left.source, right.source) ||
    compareOptional(left.reason, right.reason) ||
    compareOptional(left.code, right.code) ||
    compareOptional(country(left), country(right)) ||
    compareTimes(left.time, right.time)
  );
}

function weight(status: Status): 0 | 1 | 2 {
  if (terminalStatuses.has(status)) return 2;
  return status === "unknown" || status === "not_found" ? 0 : 1;
}

function fingerprint(statement: Statement): string {
  return "fingerprint" in statement ? statement.fingerprint : "";
}

function country(statement: Statement): string | null {
  return "country" in statement ? statement.country : null;
}
