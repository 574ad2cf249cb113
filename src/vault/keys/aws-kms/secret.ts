import { KeyError } from "../provider.ts";

/**
 * Takes a secret out of an answer and zeroes the answer's bytes, which lie in a pool of node's. The base64 text that came over the wire cannot be
 * zeroed: it is a string, and stays until it is collected.
 * @throws {KeyError} `wrong-provider` where it has another length.
 */
export function taken(secret: Uint8Array | undefined, bytes: number): Buffer {
  const copy = Buffer.from(secret ?? []);
  secret?.fill(0);
  if (copy.length !== bytes)
    throw new KeyError("wrong-provider", `the key service answered with ${copy.length} bytes where ${bytes} were expected`);
  return copy;
}
