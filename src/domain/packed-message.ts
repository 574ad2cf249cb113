import type { Message, MessageEvent, MessageSummary, PersonalToken } from "./message.ts";
import { type Cell, type Instants, Places, pushTime, records, timeCells, Unpacking, type Words } from "./packing.ts";

/** A message as the queue carries it (`packing.ts`). Tokens and persons stand in it as they are, so that others can be put in their place. */
interface Packed {
  readonly v: 1;
  readonly kind: Message["kind"];
  readonly source: string;
  readonly carrier: Message["carrier"];
  readonly number: string | null;
  readonly discriminator: string | null;
  readonly alternatives: readonly string[];
  readonly parent: string | null;
  readonly references: readonly string[];
  readonly events: readonly Cell[];
  readonly summary: readonly Cell[];
  readonly estimate: readonly Cell[];
  readonly personal: readonly Cell[];
  readonly text: string | null;
  readonly words: readonly (string | null)[];
  readonly instants: readonly (number | null)[];
}

const eventCells = 5 + timeCells;
const personalCells = 4;

export function packMessage(message: Message): string {
  const words: Words = new Places();
  const instants: Instants = new Places();
  const events: Cell[] = [];
  for (const event of message.events) {
    events.push(event.fingerprint, words.of(event.country));
    pushMeaning(events, event, words, instants);
  }
  const summary: Cell[] = [];
  if (message.summary !== null) pushMeaning(summary, message.summary, words, instants);
  const estimate: Cell[] = [];
  if (message.estimatedDelivery !== null) pushTime(estimate, message.estimatedDelivery, words, instants);
  const personal: Cell[] = [];
  for (const { category, role, token, subject } of message.personal)
    personal.push(token, words.of(category), words.of(role), words.of(subject));
  const { kind, source, carrier, number, discriminator, alternatives, parent, references, textToken } = message;
  const packed: Packed = {
    v: 1,
    kind,
    source,
    carrier,
    number,
    discriminator,
    alternatives,
    parent,
    references,
    events,
    summary,
    estimate,
    personal,
    text: textToken,
    words: words.values,
    instants: instants.values,
  };
  return JSON.stringify(packed);
}

function pushMeaning(cells: Cell[], { status, reason, code, time }: MessageSummary, words: Words, instants: Instants): void {
  cells.push(words.of(status), words.of(reason), words.of(code));
  pushTime(cells, time, words, instants);
}

/**
 * @param text what {@link packMessage} has given.
 * @throws {TypeError | SyntaxError} for another text, as far as it is noticed.
 */
export function unpackMessage(text: string): Message {
  const packed = JSON.parse(text) as Packed;
  if (packed.v !== 1) throw new TypeError("expected a message of version 1");
  const { kind, source, carrier, number, discriminator, alternatives, parent, references, events, summary, personal } = packed;
  const from = new Unpacking(packed);
  const meaningAt = (cells: readonly Cell[], at: number): MessageSummary => {
    return {
      status: from.word(cells[at]),
      reason: from.word(cells[at + 1]),
      code: from.word(cells[at + 2]),
      time: from.time(cells, at + 3),
    };
  };
  return {
    version: 1,
    kind,
    source,
    carrier,
    number,
    discriminator,
    alternatives,
    parent,
    references,
    events: records(events, eventCells, (at): MessageEvent => {
      return { ...meaningAt(events, at + 2), country: from.word(events[at + 1]), fingerprint: events[at] as string };
    }),
    summary: summary.length === 0 ? null : meaningAt(summary, 0),
    estimatedDelivery: from.time(packed.estimate, 0),
    personal: records(personal, personalCells, (at): PersonalToken => {
      return {
        category: from.word(personal[at + 1]),
        role: from.word(personal[at + 2]),
        token: personal[at] as string,
        subject: from.word(personal[at + 3]),
      };
    }),
    textToken: packed.text,
  };
}
