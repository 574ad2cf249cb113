import type { CarrierId } from "../../domain/carrier.ts";
import { packShipment, unpackShipment } from "../../domain/packed-shipment.ts";
import { applyJobs, type HeldShipment, readJobs } from "../../process/apply-jobs.ts";
import { uuidText } from "../../store/binary-array.ts";
import type { InboxJob, TurnPlan } from "../../store/worker-store.ts";
import { uuid7 } from "../intake/uuid7.ts";

/** Between the store's rows and the pure rules of `process/`. */
export function planTurn(jobs: readonly InboxJob[]): TurnPlan {
  const read = readJobs(jobs);
  return {
    numbers: read.numbers,
    apply: (rows) => {
      const held = rows.map((row): HeldShipment => ({
        ...row,
        carrier: row.carrier as CarrierId | null,
        state: unpackShipment(row.state),
      }));
      const applied = applyJobs(read, held, () => uuidText(uuid7(Date.now())));
      return { ...applied, writes: applied.writes.map((write) => ({ ...write, state: packShipment(write.state) })) };
    },
  };
}
