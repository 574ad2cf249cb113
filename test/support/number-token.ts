import { formatToken, tokenOf } from "../../src/vault/token.ts";

/** The token of a tracking number at a place of a sealed group. */
export function numberToken(groupId: Uint8Array, place: number): string {
  return formatToken("eu1", "trackingNumber", tokenOf(groupId, place));
}
