import { simulatedCarriers } from "../../simulator/carriers.ts";
import { faultName, faultNames, usualBehaviour, type Behaviour, type Faults } from "../../simulator/faults.ts";
import { simulatedSenders } from "../../simulator/pushes.ts";
import type { Receiver } from "../../simulator/pusher.ts";
import type { SimulatedCarrier } from "../../simulator/simulated-carrier.ts";

/** As the command line gives them. */
export interface SimulateArguments {
  readonly carriers?: readonly string[];
  /** `SOURCE=FAULT[:SHARE]`; `all` for every carrier. */
  readonly fault?: readonly string[];
  /** `SOURCE=MEDIAN..P99` in milliseconds. */
  readonly latency?: readonly string[];
  /** `SOURCE=URL`, `SOURCE=SECRET`, `SOURCE=ID`. */
  readonly push?: readonly string[];
  readonly pushSecret?: readonly string[];
  readonly pushClientId?: readonly string[];
}

export class SimulateError extends Error {
  override readonly name = "SimulateError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** @throws {SimulateError} for a name that is no simulated carrier's. */
export function carriersOf({ carriers }: SimulateArguments): readonly SimulatedCarrier[] {
  if (carriers === undefined) return simulatedCarriers;
  return carriers.map((source) => {
    const carrier = simulatedCarriers.find((each) => each.source === source);
    if (carrier === undefined) throw unknownCarrier(source);
    return carrier;
  });
}

/** How each carrier behaves. @throws {SimulateError} */
export function behavioursOf(given: SimulateArguments, carriers: readonly SimulatedCarrier[]): ReadonlyMap<string, Behaviour> {
  const behaviours = new Map(carriers.map(({ source }) => [source, usualBehaviour]));
  const change = (text: string, changed: (value: string, now: Behaviour) => Behaviour): void => {
    const [source, value] = pair(text);
    const sources = source === "all" ? [...behaviours.keys()] : [source];
    for (const each of sources) {
      const now = behaviours.get(each);
      if (now === undefined) throw unknownCarrier(each);
      behaviours.set(each, changed(value, now));
    }
  };
  for (const text of given.latency ?? []) change(text, (value, now) => ({ ...now, latency: latencyOf(value) }));
  for (const text of given.fault ?? []) change(text, (value, now) => ({ ...now, faults: { ...now.faults, ...faultOf(value) } }));
  return behaviours;
}

/** Where webhooks go. @throws {SimulateError} */
export function receiversOf(given: SimulateArguments): readonly Receiver[] {
  const secrets = new Map((given.pushSecret ?? []).map(pair));
  const clientIds = new Map((given.pushClientId ?? []).map(pair));
  return (given.push ?? []).map((text) => {
    const [source, url] = pair(text);
    const sender = simulatedSenders.find((each) => each.source === source);
    if (sender === undefined)
      throw new SimulateError(`${source} does not push here`, `one of ${simulatedSenders.map((each) => each.source).join(", ")}`);
    if (URL.parse(url)?.protocol.startsWith("http") !== true) throw new SimulateError(`${source}: not an address to push to`);
    const secret = secrets.get(source);
    if (secret === undefined) throw new SimulateError(`${source} signs what it pushes`, `--push-secret ${source}=SECRET`);
    const clientId = clientIds.get(source) ?? null;
    if (sender.fetchesToken && clientId === null)
      throw new SimulateError(`${source} fetches a token first`, `--push-client-id ${source}=ID`);
    return { sender, url, secret, clientId };
  });
}

function pair(text: string): readonly [source: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new SimulateError(`${text} is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function latencyOf(text: string): Behaviour["latency"] {
  const [medianMs = Number.NaN, p99Ms = Number.NaN] = text.split("..").map(Number);
  if (!(medianMs >= 0 && p99Ms >= medianMs))
    throw new SimulateError(`${text} is no latency`, "the median and the 99th percentile in ms, as in 60..300");
  return { medianMs, p99Ms };
}

function faultOf(text: string): Faults {
  const [written = "", share = "1"] = text.split(":");
  const name = faultName(written);
  if (name === null) throw new SimulateError(`${written} is no fault`, `one of ${faultNames.join(", ")}`);
  if (!(Number(share) >= 0 && Number(share) <= 1))
    throw new SimulateError(`${share} is no share of calls`, "a number from 0 to 1, as in unavailable:0.2");
  return { [name]: Number(share) };
}

function unknownCarrier(source: string): SimulateError {
  return new SimulateError(`${source} is not simulated`, `one of ${simulatedCarriers.map((each) => each.source).join(", ")}`);
}
