import { keySetUrls as shipengine } from "../../carriers/shipengine/key-set.ts";

/** Where sources publish the keys that they sign with; apart from the codecs, which the process that fetches them does not need. */
const urls: ReadonlyMap<string, readonly string[]> = new Map([["shipengine", shipengine]]);

export function keySetUrlsOf(source: string): readonly string[] {
  return urls.get(source) ?? [];
}
