import fc from "fast-check";

/** Places to cut at, as fractions of a file in 1/10,000, and a chunk size. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(10_000), { maxLength: 12 });

/** The bytes of a file in chunks; the same place twice gives an empty chunk. */
export async function* cut(file: string | Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(file);
  const places = at.map((place) => Math.round((place / 10_000) * bytes.length)).sort((one, other) => one - other);
  let start = 0;
  for (const end of [...places, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
