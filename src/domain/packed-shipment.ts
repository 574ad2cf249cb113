import type { CarrierClaim } from "./carrier-claim.ts";
import { type Cell, type Instants, Places, pushTime, records, timeCells, Unpacking, type Words } from "./packing.ts";
import type { MainNumber } from "./sayings.ts";
import { shipmentOf, type ShipmentState } from "./shipment.ts";
import type { Statement, StoredEvent, StoredSummary } from "./statement.ts";
import type { StoredPersonal, StoredText } from "./stored-token.ts";

/** A shipment as the tracking index keeps it (`packing.ts`). What follows from the rest (carrier, status) is left out. */
interface Packed {
  readonly v: 1;
  readonly announced: 0 | 1;
  readonly claims: readonly Cell[];
  readonly events: readonly Cell[];
  readonly summaries: readonly Cell[];
  readonly personal: readonly Cell[];
  readonly texts: readonly Cell[];
  readonly estimate: readonly Cell[];
  readonly main: readonly Cell[];
  readonly numbers: readonly string[];
  readonly references: readonly string[];
  readonly parents: readonly string[];
  readonly words: readonly (string | null)[];
  readonly instants: readonly (number | null)[];
}

const summaryCells = 5 + timeCells;
const eventCells = 2 + summaryCells;
const personalCells = 6;
const textCells = 3;

export function packShipment(state: ShipmentState): string {
  const words: Words = new Places();
  const instants: Instants = new Places();
  const claims: Cell[] = [];
  for (const { carrier, source } of state.carrierClaims) claims.push(words.of(carrier), words.of(source));
  const events: Cell[] = [];
  for (const event of state.events) {
    events.push(event.fingerprint, words.of(event.country));
    pushStatement(events, event, words, instants);
  }
  const summaries: Cell[] = [];
  for (const summary of state.summaries) pushStatement(summaries, summary, words, instants);
  const personal: Cell[] = [];
  for (const { token, category, role, subject, fromShop, knowledge } of state.personal)
    personal.push(token, words.of(category), words.of(role), words.of(subject), fromShop ? 1 : 0, instants.of(knowledge));
  const texts: Cell[] = [];
  for (const { token, source, knowledge } of state.texts) texts.push(token, words.of(source), instants.of(knowledge));
  const estimate: Cell[] = [instants.of(state.estimateKnowledge)];
  pushTime(estimate, state.estimatedDelivery, words, instants);
  const { mainNumber, numbers, references, parents } = state;
  const packed: Packed = {
    v: 1,
    announced: state.announced ? 1 : 0,
    claims,
    events,
    summaries,
    personal,
    texts,
    estimate,
    main: mainNumber === null ? [] : [mainNumber.standing, placeOrText(numbers, mainNumber.token)],
    numbers,
    references,
    parents,
    words: words.values,
    instants: instants.values,
  };
  return JSON.stringify(packed);
}

function pushStatement(cells: Cell[], { status, reason, code, source, at, time }: Statement, words: Words, instants: Instants): void {
  cells.push(words.of(status), words.of(reason), words.of(code), words.of(source), instants.of(at));
  pushTime(cells, time, words, instants);
}

/** @param text what {@link packShipment} has given. */
export function unpackShipment(text: string): ShipmentState {
  const packed = JSON.parse(text) as Packed;
  const { claims, events, summaries, personal, texts, estimate, numbers, references, parents } = packed;
  const from = new Unpacking(packed);
  return shipmentOf({
    announced: packed.announced === 1,
    carrierClaims: records(claims, 2, (at): CarrierClaim => ({ carrier: from.word(claims[at]), source: from.word(claims[at + 1]) })),
    events: records(events, eventCells, (at): StoredEvent => {
      return {
        status: from.word(events[at + 2]),
        reason: from.word(events[at + 3]),
        code: from.word(events[at + 4]),
        time: from.time(events, at + 7),
        country: from.word(events[at + 1]),
        fingerprint: events[at] as string,
        source: from.word(events[at + 5]),
        at: from.instant(events[at + 6]),
      };
    }),
    summaries: records(summaries, summaryCells, (at): StoredSummary => {
      return {
        status: from.word(summaries[at]),
        reason: from.word(summaries[at + 1]),
        code: from.word(summaries[at + 2]),
        time: from.time(summaries, at + 5),
        source: from.word(summaries[at + 3]),
        at: from.instant(summaries[at + 4]),
      };
    }),
    personal: records(personal, personalCells, (at): StoredPersonal => {
      return {
        category: from.word(personal[at + 1]),
        role: from.word(personal[at + 2]),
        token: personal[at] as string,
        subject: from.word(personal[at + 3]),
        fromShop: personal[at + 4] === 1,
        knowledge: from.instant(personal[at + 5]),
      };
    }),
    texts: records(texts, textCells, (at): StoredText => {
      return { source: from.word(texts[at + 1]), token: texts[at] as string, knowledge: from.instant(texts[at + 2]) };
    }),
    estimatedDelivery: from.time(estimate, 1),
    estimateKnowledge: from.instant(estimate[0]),
    mainNumber: mainNumberOf(packed),
    numbers,
    references,
    parents,
  });
}

/** A parcel of very many numbers may have dropped its main one from the list. */
function placeOrText(numbers: readonly string[], token: string): Cell {
  const place = numbers.indexOf(token);
  return place < 0 ? token : place;
}

function mainNumberOf({ main, numbers }: Packed): MainNumber | null {
  if (main.length === 0) return null;
  const [standing, number] = main;
  return { token: typeof number === "number" ? numbers[number]! : number!, standing: standing as MainNumber["standing"] };
}
