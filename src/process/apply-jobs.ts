import { foldMessages, type ShipmentState } from "../domain/shipment.ts";
import type { Message } from "../domain/message.ts";

/** One message out of the inbox. */
export interface Job {
  readonly record: string;
  readonly tenant: string;
  readonly message: string;
}

/** A shipment as it stands in the index, or one that these jobs have made (`isNew`). */
export interface HeldShipment {
  readonly id: string;
  readonly tenant: string;
  discriminator: string;
  state: ShipmentState;
  numbers: string[];
  readonly isNew: boolean;
  changed: boolean;
}

export interface Applied {
  /** Shipments to write. */
  readonly changed: readonly HeldShipment[];
  /** Which shipments each job touched, by the job's place. */
  readonly touched: readonly (string | null)[];
  /** Jobs that cannot be applied, by place: they go to the dead letters and the others go on. */
  readonly failed: readonly { readonly job: number; readonly code: "unreadable-message" }[];
}

/** Every number token that these jobs name: the index is asked for their shipments. */
export function numbersOf(jobs: readonly Job[]): readonly string[] {
  const numbers = new Set<string>();
  for (const job of jobs) {
    const message = parse(job.message);
    if (message === null) continue;
    for (const number of numberTokens(message)) numbers.add(number);
  }
  return [...numbers];
}

/**
 * Applies jobs to shipments. Which shipment a message belongs to:
 * 1. One of the same tenant that has one of its numbers, and whose carrier and discriminator do not contradict it (a shop may have
 *    announced the number before anybody knew the carrier).
 * 2. The exact discriminator goes before an open one; among equals the oldest.
 * 3. Else a new one: so two shipments under one number stay two where the carrier tells them apart, or carriers differ.
 * A message without a number (an order that has not shipped) makes no shipment.
 */
export function applyJobs(jobs: readonly Job[], held: readonly HeldShipment[], newId: () => string): Applied {
  const shipments = [...held];
  const byNumber = new Map<string, HeldShipment[]>();
  for (const shipment of shipments) for (const number of shipment.numbers) remember(byNumber, number, shipment);
  const touched: (string | null)[] = [];
  const failed: { job: number; code: "unreadable-message" }[] = [];

  for (const [index, job] of jobs.entries()) {
    const message = parse(job.message);
    if (message === null) {
      failed.push({ job: index, code: "unreadable-message" });
      touched.push(null);
      continue;
    }
    if (message.number === null) {
      touched.push(null);
      continue;
    }
    const numbers = numberTokens(message);
    let shipment = match(
      message,
      job.tenant,
      numbers.flatMap((number) => byNumber.get(number) ?? []),
    );
    if (shipment === null) {
      shipment = {
        id: newId(),
        tenant: job.tenant,
        discriminator: "",
        state: foldMessages(null, []),
        numbers: [],
        isNew: true,
        changed: true,
      };
      shipments.push(shipment);
    }
    const state = foldMessages(shipment.state, [message]);
    if (state !== shipment.state) {
      shipment.state = state;
      shipment.changed = true;
    }
    if (shipment.discriminator === "" && message.discriminator !== null) {
      shipment.discriminator = message.discriminator;
      shipment.changed = true;
    }
    for (const number of numbers) {
      if (shipment.numbers.includes(number)) continue;
      shipment.numbers.push(number);
      shipment.changed = true;
      remember(byNumber, number, shipment);
    }
    touched.push(shipment.id);
  }
  return { changed: shipments.filter((shipment) => shipment.changed), touched, failed };
}

function remember(byNumber: Map<string, HeldShipment[]>, number: string, shipment: HeldShipment): void {
  const known = byNumber.get(number);
  if (known === undefined) byNumber.set(number, [shipment]);
  else if (!known.includes(shipment)) known.push(shipment);
}

function match(message: Message, tenant: string, candidates: readonly HeldShipment[]): HeldShipment | null {
  const fitting = candidates.filter(
    (shipment) =>
      shipment.tenant === tenant &&
      (message.carrier === null || shipment.state.carrier === null || shipment.state.carrier === message.carrier) &&
      (message.discriminator === null || shipment.discriminator === "" || shipment.discriminator === message.discriminator),
  );
  const wanted = message.discriminator ?? "";
  return (
    fitting.toSorted((a, b) => Number(b.discriminator === wanted) - Number(a.discriminator === wanted) || (a.id < b.id ? -1 : 1))[0] ?? null
  );
}

function numberTokens(message: Message): string[] {
  return message.number === null ? [] : [...new Set([message.number, ...message.alternatives])];
}

function parse(text: string): Message | null {
  try {
    const message = JSON.parse(text) as Message;
    return message.version === 1 && Array.isArray(message.events) ? message : null;
  } catch {
    return null;
  }
}
