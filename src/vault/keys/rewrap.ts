import type { KeyContext, OpeningKeys, SealingKeys } from "./provider.ts";

/**
 * Moves a data key to another epoch: what it sealed stays as it is.
 * @throws {KeyError} as unwrap and wrap do.
 */
export async function rewrap(
  opening: OpeningKeys,
  sealing: SealingKeys,
  wrapped: Uint8Array,
  from: KeyContext,
  epoch: number,
): Promise<Buffer> {
  const dataKey = await opening.unwrap(wrapped, from);
  try {
    return await sealing.wrap(dataKey, { ...from, epoch });
  } finally {
    dataKey.fill(0);
  }
}
