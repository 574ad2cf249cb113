import type { CarrierDesk } from "./carrier-desk.ts";
import { faultNames, type Behaviour } from "./faults.ts";
import { last } from "./simulated-carrier.ts";
import { json, type Call, type Reply } from "./simulated-carrier.ts";
import type { World } from "./world.ts";

/** Most parcels that one order may add, and that one list shows. */
const parcelsMax = 10_000;
/** Parcels that are added while it runs are announced over this much simulated time. */
const announcedWithinMs = 3_600_000;

export interface Controlled {
  readonly desks: ReadonlyMap<string, CarrierDesk>;
  readonly world: World;
  baseUrlOf(source: string): string;
}

/**
 * The simulator's own small interface, below `/_control`: `GET /` (addresses, credentials, behaviour and counts of every carrier),
 * `PUT /carriers/{source}` (`{faults: {hang: 1}, latency: {medianMs, p99Ms}}`; what is left out stays), `GET /parcels/{source}` and
 * `POST /parcels/{source}` (`{count}`).
 */
export function control(simulator: Controlled, { method, path, body }: Call): Reply {
  if (method === "GET" && (path === "" || path === "/")) {
    const carriers = Array.from(simulator.desks, ([source, desk]) => [source, described(simulator, desk)]);
    return json({ simulatedNow: new Date(simulator.world.clock.now()), carriers: Object.fromEntries(carriers) });
  }
  const [, what, source = ""] = path.split("/");
  const desk = simulator.desks.get(source);
  if (desk === undefined) return json({ error: "no such carrier" }, 404);
  if (what === "carriers" && method === "GET") return json(described(simulator, desk));
  if (what === "carriers" && method === "PUT") {
    const behaviour = behaviourOf(body, desk.behaviour);
    if (behaviour === null)
      return json({ error: `faults are shares from 0 to 1 of: ${faultNames.join(", ")}; latency is {medianMs, p99Ms}` }, 400);
    desk.behaviour = behaviour;
    return json(described(simulator, desk));
  }
  if (what === "parcels" && method === "GET") return json({ parcels: simulator.world.parcels(source).slice(-parcelsMax).map(parcelOf) });
  if (what === "parcels" && method === "POST") {
    const count = Number(objectOf(body)?.["count"]);
    if (!Number.isInteger(count) || count < 1 || count > parcelsMax)
      return json({ error: `count is a whole number from 1 to ${parcelsMax}` }, 400);
    return json({ parcels: simulator.world.add(desk.carrier, count, announcedWithinMs).map(parcelOf) }, 201);
  }
  return json({ error: "no such call" }, 404);

  function parcelOf({ number, reference }: { readonly number: string; readonly reference: string }): object {
    const tracked = simulator.world.track(source, number);
    return { number, reference, stage: tracked === null ? null : last(tracked.happened).stage };
  }
}

function described(simulator: Controlled, desk: CarrierDesk): object {
  const { carrier, credentials, behaviour, counts } = desk;
  return {
    baseUrl: simulator.baseUrlOf(carrier.source),
    credentials,
    batchMax: carrier.batchMax,
    quotas: carrier.quotas,
    ...behaviour,
    counts,
  };
}

/** @returns null where the body is none. */
function behaviourOf(body: string, now: Behaviour): Behaviour | null {
  const given = objectOf(body);
  const faults = given?.["faults"] ?? {};
  const latency = given?.["latency"] ?? now.latency;
  if (given === null || !isNumbers(faults) || !isNumbers(latency)) return null;
  const { medianMs = now.latency.medianMs, p99Ms = now.latency.p99Ms } = latency;
  const names: readonly string[] = faultNames;
  if (Object.entries(faults).some(([name, share]) => !names.includes(name) || share > 1) || p99Ms < medianMs) return null;
  return { latency: { medianMs, p99Ms }, faults: { ...now.faults, ...faults } };
}

function objectOf(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isNumbers(value: unknown): value is Readonly<Record<string, number>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((each) => typeof each === "number" && Number.isFinite(each) && each >= 0)
  );
}
