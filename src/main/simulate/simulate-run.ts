import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { CarrierDesk, type DeskCounts } from "../../simulator/carrier-desk.ts";
import type { Behaviour } from "../../simulator/faults.ts";
import { happenedBy, lifeMaxMs, statusAfter, type SimulatedParcel } from "../../simulator/life.ts";
import { Pusher, type PushOutcome, type Receiver } from "../../simulator/pusher.ts";
import { simulatedSenders } from "../../simulator/pushes.ts";
import { type OnAnswered, SimulatorServer } from "../../simulator/server.ts";
import { last, type SimulatedCarrier, type Tracked } from "../../simulator/simulated-carrier.ts";
import { simulatedClock } from "../../simulator/simulated-clock.ts";
import { World } from "../../simulator/world.ts";
import { clients } from "../outbound/clients.ts";
import { Asker, type AskerCarrier } from "./simulate-asker.ts";
import { measureBatching } from "./simulate-batching.ts";
import { measureCache } from "./simulate-cache.ts";
import type { Agreement, CarrierFigure, PushFigure, SimulationFigures, StepFigure } from "./simulate-figures.ts";
import { percentiles } from "./simulate-percentiles.ts";
import { Product, type Tenant } from "./simulate-product.ts";
import { type Seen, type Told, Watcher, type Way } from "./simulate-watch.ts";

export interface RunOrder {
  readonly seed: string;
  readonly carriers: readonly SimulatedCarrier[];
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly parcels: number;
  readonly durationMs: number;
  readonly hasQuotas: boolean;
  readonly tokenLifeSeconds: number | null;
  /** The product's own outbound process, or its connectors in this process. */
  readonly askedBy: SimulationFigures["askedBy"];
  /** Drives the program that holds the data folder instead of one of its own. */
  readonly attach: boolean;
  readonly report: (line: string) => void;
}

/** Parcels are announced over this share of the longest life, so that all ages are met. */
const announcedShare = 0.5;
/** Share of the parcels of a carrier that pushes whose steps are pushed; the others are asked for. The product does not ask for what is pushed. */
const pushedShare = { product: 1, connectors: 0.5 };
/** Of each carrier's parcels, the share that a shop announces; a merchant imports the others. */
const shopShare = 0.25;
/** How often a carrier is asked for everything that is on its way, as a share of the run. */
const askedShare = 1 / 40;
const drainMsMax = 10_000;
const checkedMax = 300;
const cacheReadsMax = 60;

/** A merchant's parcels through the product, end to end: registered, asked for, pushed, seen. */
export async function runSimulation(order: RunOrder): Promise<SimulationFigures> {
  const { carriers, seed, durationMs, report } = order;
  const startedAt = new Date();
  const simulatedMs = lifeMaxMs * (1 + announcedShare);
  const speed = Math.max(1, simulatedMs / durationMs);
  const clock = simulatedClock(speed, simulatedMs * 2);
  const world = new World(seed, clock);
  const desks = carriers.map(
    (carrier) =>
      new CarrierDesk(carrier, world, {
        seed,
        behaviour: order.behaviours.get(carrier.source)!,
        hasQuotas: order.hasQuotas,
        tokenLifeSeconds: order.tokenLifeSeconds,
      }),
  );
  let onAnswered: OnAnswered = () => {};
  const simulator = await SimulatorServer.start(desks, world, {
    host: "127.0.0.1",
    port: 0,
    onAnswered: (...answered) => onAnswered(...answered),
  });
  report(`the carriers run: ${simulator.url}`);
  const product = await (order.attach ? Product.running() : Product.startNew(settingsFor(simulator.url))).catch(async (error: unknown) => {
    await simulator.stop();
    throw error;
  });
  report(`the product runs: ${product.url}`);
  clock.start();
  const lives = new Map(
    carriers.map((carrier, at) => {
      // The product asks about a parcel at once and then by the hour: it is to find some that have lived. What is pushed comes as it happens.
      const agoMs = order.askedBy === "product" && !pushes(carrier) ? lifeMaxMs : 0;
      return [carrier.source, world.add(carrier, countOf(order, at), lifeMaxMs * announcedShare + agoMs, agoMs)];
    }),
  );
  const tenant = await product.createTenant();
  const watcher = new Watcher((source, number) => tenant.findShipment(source, number));
  const tell = (way: Way, { parcel, happened }: Pick<Tracked, "parcel" | "happened">, toldAt: number): void => {
    const happenedAt = world.clock.realAt(last(happened).at.getTime());
    watcher.tell({ source: parcel.source, number: parcel.number, way, steps: happened.length, toldAt, happenedAt });
  };
  onAnswered = (_source, tracked, at) => tracked.forEach((each) => tell("asked", each, at));
  const outcomes: PushOutcome[] = [];
  const pusher = new Pusher(world, (outcome) => {
    outcomes.push(outcome);
    const { parcel, steps, status, sentAt } = outcome;
    if (outcome.source !== parcel.source || status >= 300 || status < 200) return;
    const happened = parcel.steps.slice(0, steps).map((step) => ({ ...step, at: new Date(parcel.announcedAt + step.afterMs) }));
    tell("pushed", { parcel, happened }, sentAt);
  });
  const asker = new Asker(durationMs * askedShare, (source, payload) => tenant.capture(source, payload));
  try {
    const pushed = await startPushes(tenant, pusher, lives, pushedShare[order.askedBy]);
    if (order.askedBy === "product")
      for (const { carrier, credentials } of desks) await tenant.addCarrierAccount(carrier.source, credentials);
    const registered = await register(tenant, lives, pushed.ofShop);
    report(`${registered} shipments imported, ${pushed.ofShop.size} announced by a shop; ${pushed.parcels.size} parcels are pushed`);
    if (order.askedBy === "connectors") asker.start(desks.map((desk) => askedOf(desk, simulator, lives, pushed, watcher)));
    await passes(durationMs, report);
    await asker.stop();
    pusher.stop();
    await drained(watcher);
    await watcher.stop();
    report("measuring the effect of batches and of the cache");
    const batching = await measuredBatching(world, lives, order);
    const shipments = await tenant.shipments(cacheReadsMax);
    const cache =
      shipments.length === 0
        ? null
        : await measureCache(
            shipments.map((each) => each.publicId),
            (id) => tenant.trackMs(id),
          );
    return {
      seed,
      startedAt: startedAt.toISOString(),
      machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, node ${process.version}`,
      durationMs,
      speed: Math.round(speed),
      askedBy: order.askedBy,
      carriers: desks.map((desk) => carrierFigure(desk, lives.get(desk.carrier.source)!, pushed.parcels, watcher, world, asker)),
      pushes: pushFigures(pushed, outcomes, watcher, world),
      batching,
      cache,
      agreement: await agreement(tenant, watcher, [...lives.values()].flat()),
    };
  } finally {
    await asker.stop();
    pusher.stop();
    await watcher.stop();
    await simulator.stop();
    await product.stop();
  }
}

/** Settings by which a product asks the simulated carriers, and nobody else's. */
export function settingsFor(simulatorUrl: string): Readonly<Record<string, string>> {
  return { PARCELKEEP_CARRIERS_URL: simulatorUrl, PARCELKEEP_EGRESS_TEST_HOSTS: new URL(simulatorUrl).host };
}

/** What the connectors in this process ask one carrier about: parcels that do not come by themselves and have not told their end. */
function askedOf(
  { carrier, credentials }: CarrierDesk,
  simulator: SimulatorServer,
  lives: ReadonlyMap<string, readonly SimulatedParcel[]>,
  { parcels: pushed }: Pushed,
  watcher: Watcher,
): AskerCarrier {
  const isOpen = (parcel: SimulatedParcel): boolean =>
    !pushed.has(parcel) && watcher.stepsTold(parcel.source, parcel.number) < parcel.steps.length;
  return {
    client: clients.get(carrier.source)!,
    baseUrl: simulator.baseUrlOf(carrier.source),
    credentials,
    open: () =>
      lives
        .get(carrier.source)!
        .filter(isOpen)
        .map((parcel) => parcel.number),
  };
}

function countOf({ parcels, carriers }: RunOrder, at: number): number {
  return Math.floor(parcels / carriers.length) + (at < parcels % carriers.length ? 1 : 0);
}

function pushes({ source }: SimulatedCarrier): boolean {
  return simulatedSenders.some((sender) => sender.role === "carrier" && sender.source === source);
}

interface Pushed {
  readonly receivers: readonly Receiver[];
  /** Parcels whose carrier pushes their steps. */
  readonly parcels: ReadonlySet<SimulatedParcel>;
  /** Parcels that a shop announces. */
  readonly ofShop: ReadonlySet<SimulatedParcel>;
}

async function startPushes(
  tenant: Tenant,
  pusher: Pusher,
  lives: ReadonlyMap<string, readonly SimulatedParcel[]>,
  ofCarrier: number,
): Promise<Pushed> {
  const senders = simulatedSenders.filter(({ role, source }) => role === "shop" || lives.has(source));
  const receivers = await Promise.all(
    senders.map(async (sender): Promise<Receiver> => {
      const secret = randomBytes(20).toString("hex");
      return { sender, secret, ...(await tenant.createEndpoint(sender.source, secret)) };
    }),
  );
  const parcels = new Set<SimulatedParcel>();
  const ofShop = new Set<SimulatedParcel>();
  for (const receiver of receivers) {
    for (const [source, all] of lives) {
      const isShop = receiver.sender.role === "shop";
      if (!isShop && source !== receiver.sender.source) continue;
      // The shop's are the youngest, whose orders come while it runs.
      const count = Math.floor(all.length * (isShop ? shopShare : ofCarrier));
      for (const parcel of isShop ? all.slice(all.length - count) : all.slice(0, count)) {
        (isShop ? ofShop : parcels).add(parcel);
        pusher.push(parcel, receiver);
      }
    }
  }
  return { receivers, parcels, ofShop };
}

/** @returns how many were taken. */
async function register(
  tenant: Tenant,
  lives: ReadonlyMap<string, readonly SimulatedParcel[]>,
  ofShop: ReadonlySet<SimulatedParcel>,
): Promise<number> {
  const rows = [...lives.values()]
    .flat()
    .filter((parcel) => !ofShop.has(parcel))
    .map(({ source, number, reference, recipient }) => ({
      carrier: source,
      trackingNumber: number,
      orderReference: reference,
      recipient: {
        name: `${recipient.givenName} ${recipient.familyName}`,
        street: `${recipient.street} ${recipient.houseNumber}`,
        postalCode: recipient.postalCode,
        city: recipient.city,
        country: recipient.country,
        email: recipient.email,
        phone: recipient.phone,
      },
    }));
  return tenant.importShipments(rows);
}

async function passes(durationMs: number, report: (line: string) => void): Promise<void> {
  const parts = 4;
  for (let part = 1; part <= parts; part++) {
    await new Promise((resolve) => setTimeout(resolve, durationMs / parts));
    report(`${Math.round((durationMs / 1000 / parts) * part)} of ${Math.round(durationMs / 1000)} s`);
  }
}

/** Until the product shows all that it was told, or long enough. */
async function drained(watcher: Watcher): Promise<void> {
  const until = Date.now() + drainMsMax;
  while (watcher.missing.length > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Against the same carriers without quotas and faults, so that nothing but the size of the batches differs. */
async function measuredBatching(
  world: World,
  lives: ReadonlyMap<string, readonly SimulatedParcel[]>,
  { carriers, behaviours, seed }: RunOrder,
): Promise<SimulationFigures["batching"]> {
  const desks = carriers
    .filter(({ batchMax, source }) => batchMax > 1 && lives.get(source)!.length > 1)
    .map((carrier) => {
      const behaviour = { latency: behaviours.get(carrier.source)!.latency, faults: {} };
      return new CarrierDesk(carrier, world, { seed, behaviour, hasQuotas: false, tokenLifeSeconds: null });
    });
  const simulator = await SimulatorServer.start(desks, world, { host: "127.0.0.1", port: 0 });
  try {
    const figures = [];
    for (const { carrier, credentials } of desks) {
      const numbers = lives.get(carrier.source)!.map((parcel) => parcel.number);
      figures.push(await measureBatching(clients.get(carrier.source)!, simulator.baseUrlOf(carrier.source), credentials, numbers));
    }
    return figures;
  } finally {
    await simulator.stop();
  }
}

function carrierFigure(
  { carrier, counts, behaviour }: CarrierDesk,
  parcels: readonly SimulatedParcel[],
  pushed: ReadonlySet<SimulatedParcel>,
  watcher: Watcher,
  world: World,
  asker: Asker,
): CarrierFigure {
  const asked = parcels.filter((parcel) => !pushed.has(parcel));
  const { medianMs, p99Ms } = behaviour.latency;
  const faults = Object.entries(behaviour.faults).map(([name, share]) => `${name} ${Math.round(share * 100)} %`);
  return {
    source: carrier.source,
    parcels: asked.length,
    behaviour: [`${medianMs}..${p99Ms} ms`, ...faults].join(", "),
    calls: counts.calls,
    numbers: counts.numbers,
    tokens: counts.tokens,
    refused: counts.refused,
    overQuota: counts.overQuota,
    faults: counts.faults,
    outcomes: asker.counts.get(carrier.source) ?? outcomesOf(counts),
    steps: stepFigure("asked", asked, watcher, world),
  };
}

/** What came of calls as the carrier saw it, where nobody here made them. */
function outcomesOf({ answered, refused, overQuota, badRequests, faults }: DeskCounts): Readonly<Record<string, number>> {
  const counted = { answered, refused, "over quota": overQuota, "bad requests": badRequests, ...faults };
  return Object.fromEntries(Object.entries(counted).filter(([, count]) => count > 0));
}

function pushFigures(
  { receivers, parcels, ofShop }: Pushed,
  outcomes: readonly PushOutcome[],
  watcher: Watcher,
  world: World,
): readonly PushFigure[] {
  return receivers.map(({ sender }) => {
    const own = outcomes.filter((outcome) => outcome.source === sender.source);
    const isTaken = ({ status }: PushOutcome): boolean => status >= 200 && status < 300;
    const concerned = sender.role === "shop" ? [...ofShop] : [...parcels].filter((parcel) => parcel.source === sender.source);
    return {
      source: sender.source,
      parcels: concerned.length,
      messages: own.length,
      first: own.filter((outcome) => isTaken(outcome) && outcome.attempts === 1).length,
      later: own.filter((outcome) => isTaken(outcome) && outcome.attempts > 1).length,
      lost: own.filter((outcome) => !isTaken(outcome)).length,
      acknowledged: percentiles(own.filter(isTaken).map(({ sentAt, answeredAt }) => answeredAt - sentAt)),
      steps: stepFigure("pushed", sender.role === "shop" ? [] : concerned, watcher, world),
    };
  });
}

function stepFigure(way: Way, parcels: readonly SimulatedParcel[], watcher: Watcher, world: World): StepFigure {
  const numbers = new Set(parcels.map((parcel) => `${parcel.source}/${parcel.number}`));
  const isOwn = (told: Told): boolean => told.way === way && numbers.has(`${told.source}/${told.number}`);
  const seen: readonly Seen[] = watcher.seen.filter(isOwn);
  return {
    way,
    happened: parcels.reduce((sum, parcel) => sum + happenedBy(parcel, world.clock.now()).length, 0),
    told: parcels.reduce((sum, parcel) => sum + watcher.stepsTold(parcel.source, parcel.number), 0),
    measured: seen.length,
    missing: watcher.missing.filter(isOwn).length,
    toldToSeen: percentiles(seen.map(({ toldAt, seenAt }) => seenAt - toldAt)),
    happenedToSeen: percentiles(seen.map(({ happenedAt, seenAt }) => seenAt - happenedAt)),
  };
}

async function agreement(tenant: Tenant, watcher: Watcher, parcels: readonly SimulatedParcel[]): Promise<Agreement> {
  const told = parcels.filter((parcel) => watcher.stepsTold(parcel.source, parcel.number) > 0);
  // Every so-many-th, so that all carriers are among them.
  const stride = Math.max(1, Math.ceil(told.length / checkedMax));
  const checked = told.filter((_, at) => at % stride === 0);
  const differing: string[] = [];
  for (const parcel of checked) {
    const { stage } = parcel.steps[watcher.stepsTold(parcel.source, parcel.number) - 1]!;
    const shipment = await tenant.findShipment(parcel.source, parcel.number);
    if (shipment?.status !== statusAfter[stage]) differing.push(`${parcel.source}: ${stage}, shown as ${shipment?.status ?? "nothing"}`);
  }
  return { checked: checked.length, agreed: checked.length - differing.length, differing: [...new Set(differing)] };
}
