import { codec as fedex } from "../carriers/fedex/codec.ts";
import { codec as ups } from "../carriers/ups/codec.ts";
import type { Codec } from "../carriers/codec.ts";

/** Every source with a codec, by the id that stands in URLs and commands. */
export const codecs: ReadonlyMap<string, Codec> = new Map([fedex, ups].map((codec) => [codec.source, codec]));

/** Takes anything and quarantines it, sealed. */
export const unknownSource = "unknown";

/** Sources whose payloads are known to exist but have no codec yet are taken like {@link unknownSource}. */
export function isSource(text: string): boolean {
  return codecs.has(text) || text === unknownSource || /^[a-z][a-z0-9-]{1,39}$/.test(text);
}
