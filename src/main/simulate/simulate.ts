import { writeFile } from "node:fs/promises";
import { CarrierDesk } from "../../simulator/carrier-desk.ts";
import { lifeMaxMs } from "../../simulator/life.ts";
import { Pusher } from "../../simulator/pusher.ts";
import { SimulatorServer } from "../../simulator/server.ts";
import { simulatedClock } from "../../simulator/simulated-clock.ts";
import { World } from "../../simulator/world.ts";
import type { SimulationFigures } from "./simulate-figures.ts";
import { behavioursOf, carriersOf, receiversOf, type SimulateArguments, SimulateError } from "./simulate-options.ts";
import { pairedFigures, pairedText } from "./simulate-pair.ts";
import { figuresHtml, figuresText } from "./simulate-report.ts";
import { runSimulation, settingsFor } from "./simulate-run.ts";

export interface SimulateOrder extends SimulateArguments {
  readonly seed: string;
  readonly parcels: number;
  readonly quotas: boolean;
  readonly tokenLifeSeconds: number | null;
}

export interface ServeOrder extends SimulateOrder {
  readonly host: string;
  readonly port: number;
  readonly speed: number;
}

export interface DriveOrder extends SimulateOrder {
  readonly durationSeconds: number;
  readonly askedBy: "product" | "connectors";
  readonly attach: boolean;
  /** A carrier that answers in a first run and not in a second; null for one run. */
  readonly blackHole: string | null;
  readonly report: string | null;
  readonly json: boolean;
}

/** The simulated time of a server without an end starts this far in the past. */
const headStartMs = 30 * 86_400_000;

/** The carriers alone, until a signal ends them. */
export async function serveSimulator(order: ServeOrder, print: (line: string) => void): Promise<void> {
  const carriers = carriersOf(order);
  const behaviours = behavioursOf(order, carriers);
  const receivers = receiversOf(order);
  const clock = simulatedClock(order.speed, headStartMs);
  const world = new World(order.seed, clock);
  const desks = carriers.map(
    (carrier) =>
      new CarrierDesk(carrier, world, {
        seed: order.seed,
        behaviour: behaviours.get(carrier.source)!,
        hasQuotas: order.quotas,
        tokenLifeSeconds: order.tokenLifeSeconds,
      }),
  );
  for (const carrier of carriers) world.add(carrier, Math.ceil(order.parcels / carriers.length), lifeMaxMs);
  const simulator = await SimulatorServer.start(desks, world, order);
  clock.start();
  const pusher = new Pusher(world, () => {});
  for (const receiver of receivers) {
    const sources = receiver.sender.role === "shop" ? carriers.map((carrier) => carrier.source) : [receiver.sender.source];
    for (const source of sources) for (const parcel of world.parcels(source)) pusher.push(parcel, receiver);
  }
  print(`The carriers run: ${simulator.url}`);
  const settings = Object.entries(settingsFor(simulator.url)).map(([name, value]) => `${name}=${value}`);
  print(`  for the product   ${settings.join(" ")}`);
  print(`  credentials       curl ${simulator.url}/_control`);
  print(`  numbers           curl ${simulator.url}/_control/parcels/${carriers[0]!.source}`);
  print(`  a black hole      curl -X PUT -d '{"faults":{"hang":1}}' ${simulator.url}/_control/carriers/${carriers[0]!.source}`);
  print("Stop with Ctrl-C.");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
  pusher.stop();
  await simulator.stop();
}

/** Drives the product end to end and reports what was measured. */
export async function driveProduct(order: DriveOrder, print: (text: string) => void, progress: (line: string) => void): Promise<void> {
  const carriers = carriersOf(order);
  const run = (fault: readonly string[]): Promise<SimulationFigures> =>
    measured({ ...order, fault: [...(order.fault ?? []), ...fault] }, progress);
  const { blackHole } = order;
  if (blackHole === null) {
    const figures = await run([]);
    if (order.report !== null) await writeFile(order.report, figuresHtml(figures));
    return print(order.json ? JSON.stringify(figures) : figuresText(figures));
  }
  if (!carriers.some(({ source }) => source === blackHole)) throw new SimulateError(`${blackHole} is none of the simulated carriers here`);
  if (order.attach) throw new SimulateError("a pair needs two products of their own", "leave --attach out");
  progress(`the first of two runs: ${blackHole} answers`);
  const without = await run([]);
  progress(`the second: ${blackHole} swallows every call`);
  const paired = pairedFigures(blackHole, without, await run([`${blackHole}=hang:1`]));
  if (order.report !== null) await writeFile(order.report, figuresHtml(paired.with));
  print(order.json ? JSON.stringify(paired) : `${figuresText(paired.with)}\n${pairedText(paired)}`);
}

function measured(order: DriveOrder, progress: (line: string) => void): Promise<SimulationFigures> {
  const carriers = carriersOf(order);
  return runSimulation({
    seed: order.seed,
    carriers,
    behaviours: behavioursOf(order, carriers),
    parcels: order.parcels,
    durationMs: order.durationSeconds * 1000,
    hasQuotas: order.quotas,
    tokenLifeSeconds: order.tokenLifeSeconds,
    askedBy: order.askedBy,
    attach: order.attach,
    report: progress,
  });
}
