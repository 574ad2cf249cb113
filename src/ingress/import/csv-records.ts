/** Longest record, its line feed not counted. */
export const recordBytesMax = 16 * 1024;

const quote = 0x22;
const lineFeed = 0x0a;

/**
 * What stands at the front of the input.
 * `record`: the bytes up to the first line feed outside quotes, or up to the end of the input.
 * `line-too-long`: a single line over the bound.
 * `unbalanced`: the first line is short enough, but no line feed outside quotes comes within the bound or before the end of the input.
 * `more`: not to be told before more bytes come. `end`: nothing left.
 */
export type Front =
  { readonly kind: "record"; readonly bytes: Buffer } | { readonly kind: "line-too-long" | "unbalanced" | "more" | "end" };

/**
 * Cuts a byte stream into CSV records (RFC 4180, section 2), one at a time, so that a broken one costs one line and no more: after
 * {@link dropLine} the next line is read as if it began the input. Quotes are only counted here; whether they stand where they may is
 * for the parser to say. What is held is bounded by {@link recordBytesMax} and one chunk.
 */
export class CsvRecords {
  #held: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Up to here the held bytes have been searched for the end of the record at `#start`. */
  #searched = 0;
  #quoted = false;
  #ended = false;
  /** The rest of a line that is being dropped has not come yet. */
  #dropping = false;

  push(chunk: Uint8Array): void {
    this.#held = Buffer.concat([this.#held.subarray(this.#start), chunk]);
    this.#searched -= this.#start;
    this.#start = 0;
    if (this.#dropping) this.dropLine();
  }

  /** The input is complete. */
  end(): void {
    this.#ended = true;
  }

  front(): Front {
    const end = this.#recordEnd();
    if (end !== null) return { kind: "record", bytes: this.#held.subarray(this.#start, end) };
    const length = this.#held.length - this.#start;
    if (length > recordBytesMax) return { kind: this.#lineEnd() - this.#start > recordBytesMax ? "line-too-long" : "unbalanced" };
    if (!this.#ended) return { kind: "more" };
    if (length === 0) return { kind: "end" };
    return this.#quoted ? { kind: "unbalanced" } : { kind: "record", bytes: this.#held.subarray(this.#start) };
  }

  /** Goes on behind the record that {@link front} showed. */
  dropRecord(): void {
    this.#goOnAt((this.#recordEnd() ?? this.#held.length) + 1);
  }

  /** Goes on behind the next line feed, quoted or not. */
  dropLine(): void {
    const end = this.#lineEnd();
    this.#dropping = end === this.#held.length;
    this.#goOnAt(end + 1);
  }

  #goOnAt(start: number): void {
    this.#start = Math.min(start, this.#held.length);
    this.#searched = this.#start;
    this.#quoted = false;
  }

  /** Index of the line feed that ends the record at `#start`; null where none is held within the bound. */
  #recordEnd(): number | null {
    const limit = Math.min(this.#held.length, this.#start + recordBytesMax + 1);
    for (; this.#searched < limit; this.#searched += 1) {
      const byte = this.#held[this.#searched];
      if (byte === quote) this.#quoted = !this.#quoted;
      else if (byte === lineFeed && !this.#quoted) return this.#searched;
    }
    return null;
  }

  /** Index of the next line feed, or of the end of what is held. */
  #lineEnd(): number {
    const end = this.#held.indexOf(lineFeed, this.#start);
    return end === -1 ? this.#held.length : end;
  }
}
