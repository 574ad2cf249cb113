import type { CarrierClaim } from "./carrier-claim.ts";
import type { MainNumber } from "./sayings.ts";
import type { ShipmentState } from "./shipment.ts";
import { shipmentOf } from "./shipment.ts";
import type { Statement, StoredEvent, StoredSummary } from "./statement.ts";
import type { StoredPersonal, StoredText } from "./stored-token.ts";
import type { CarrierTime } from "./time.ts";

/**
 * A shipment's state as the tracking index keeps it: JSON that says everything once. It is read and written with every message of a parcel, so its
 * length is what a message costs the database: a third of the plain object's.
 *
 * Words (statuses, codes, sources, countries, zones, categories, roles, persons) and instants stand in lists of their own and are named by their place.
 * What follows from the rest (carrier, status) is left out. Lists are in the order of the columns that the functions below name.
 */
interface Packed {
  readonly v: 1;
  readonly words: readonly (string | null)[];
  readonly instants: readonly (number | null)[];
  readonly announced: 0 | 1;
  readonly claims: readonly number[];
  readonly events: readonly Row[];
  readonly summaries: readonly Row[];
  readonly personal: readonly Row[];
  readonly texts: readonly Row[];
  readonly estimate: Row;
  readonly main: Row;
  readonly numbers: readonly string[];
  readonly references: readonly string[];
  readonly parents: readonly string[];
}

/** Columns of texts and of places in the lists. */
type Row = readonly (string | number)[];

export function packShipment(state: ShipmentState): string {
  const words = new Places<string | null>();
  const instants = new Places<number | null>();
  const timeColumns = (time: CarrierTime | null): (string | number)[] => {
    if (time === null) return [];
    const { text, local, zone, confidence, instant } = time;
    // Most carriers write the clock first and the zone behind it.
    return [text, text.startsWith(local) ? local.length : local, words.of(zone), words.of(confidence), instants.of(instant)];
  };
  const statementColumns = ({ status, reason, code, source, at, time }: Statement): (string | number)[] => {
    return [words.of(status), words.of(reason), words.of(code), words.of(source), instants.of(at), ...timeColumns(time)];
  };
  const { mainNumber } = state;
  const packed: Packed = {
    v: 1,
    announced: state.announced ? 1 : 0,
    claims: state.carrierClaims.flatMap(({ carrier, source }) => [words.of(carrier), words.of(source)]),
    events: state.events.map((event) => [event.fingerprint, words.of(event.country), ...statementColumns(event)]),
    summaries: state.summaries.map(statementColumns),
    personal: state.personal.map(({ token, category, role, subject, fromShop, knowledge }) => {
      return [token, words.of(category), words.of(role), words.of(subject), fromShop ? 1 : 0, instants.of(knowledge)];
    }),
    texts: state.texts.map(({ token, source, knowledge }) => [token, words.of(source), instants.of(knowledge)]),
    estimate: [instants.of(state.estimateKnowledge), ...timeColumns(state.estimatedDelivery)],
    main: mainNumber === null ? [] : [mainNumber.standing, placeOrText(state.numbers, mainNumber.token)],
    numbers: state.numbers,
    references: state.references,
    parents: state.parents,
    words: words.values,
    instants: instants.values,
  };
  return JSON.stringify(packed);
}

/** @param text what {@link packShipment} has given. */
export function unpackShipment(text: string): ShipmentState {
  const packed = JSON.parse(text) as Packed;
  const { instants } = packed;
  // The reader trusts the writer about which word stands where.
  const words = packed.words as readonly never[];
  const timeOf = (row: Row, from: number): CarrierTime | null => {
    if (row.length <= from) return null;
    const written = row[from] as string;
    const zone: string | null = words[row[from + 2] as number]!;
    const instant = instants[row[from + 4] as number]!;
    const local = row[from + 1]!;
    return {
      text: written,
      local: typeof local === "number" ? written.slice(0, local) : local,
      zone,
      confidence: words[row[from + 3] as number]!,
      instant,
    };
  };
  return shipmentOf({
    announced: packed.announced === 1,
    carrierClaims: pairs(packed.claims, (carrier, source): CarrierClaim => ({ carrier: words[carrier]!, source: words[source]! })),
    events: packed.events.map((row): StoredEvent => {
      return {
        status: words[row[2] as number]!,
        reason: words[row[3] as number]!,
        code: words[row[4] as number]!,
        time: timeOf(row, 7),
        country: words[row[1] as number]!,
        fingerprint: row[0] as string,
        source: words[row[5] as number]!,
        at: instants[row[6] as number]!,
      };
    }),
    summaries: packed.summaries.map((row): StoredSummary => {
      return {
        status: words[row[0] as number]!,
        reason: words[row[1] as number]!,
        code: words[row[2] as number]!,
        time: timeOf(row, 5),
        source: words[row[3] as number]!,
        at: instants[row[4] as number]!,
      };
    }),
    personal: packed.personal.map((row): StoredPersonal => {
      return {
        category: words[row[1] as number]!,
        role: words[row[2] as number]!,
        token: row[0] as string,
        subject: words[row[3] as number]!,
        fromShop: row[4] === 1,
        knowledge: instants[row[5] as number]!,
      };
    }),
    texts: packed.texts.map((row): StoredText => {
      return { source: words[row[1] as number]!, token: row[0] as string, knowledge: instants[row[2] as number]! };
    }),
    estimatedDelivery: timeOf(packed.estimate, 1),
    estimateKnowledge: instants[packed.estimate[0] as number]!,
    mainNumber: mainNumberOf(packed),
    numbers: packed.numbers,
    references: packed.references,
    parents: packed.parents,
  });
}

/** A parcel of very many numbers may have dropped its main one from the list. */
function placeOrText(numbers: readonly string[], token: string): number | string {
  const place = numbers.indexOf(token);
  return place < 0 ? token : place;
}

function mainNumberOf({ main, numbers }: Packed): MainNumber | null {
  if (main.length === 0) return null;
  const [standing, number] = main;
  return { token: typeof number === "number" ? numbers[number]! : number!, standing: standing as MainNumber["standing"] };
}

function pairs<Result>(flat: readonly number[], make: (first: number, second: number) => Result): Result[] {
  const made: Result[] = [];
  for (let at = 0; at < flat.length; at += 2) made.push(make(flat[at]!, flat[at + 1]!));
  return made;
}

/** Values by the order in which they are first asked for. */
class Places<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<Value, number>();

  of(value: Value): number {
    let place = this.#places.get(value);
    if (place === undefined) {
      place = this.values.push(value) - 1;
      this.#places.set(value, place);
    }
    return place;
  }
}
