import { hash } from "node:crypto";
import { KeyError, type OpeningRoot } from "../provider.ts";
import { type Attribute, cka, type Handle } from "./cryptoki.ts";
import type { TokenSession } from "./token.ts";

/**
 * The roots of an epoch, by their labels in the token:
 *
 * - `wrap`: an RSA-3072 pair. The opener's login has the private key, which may unwrap and nothing else; the sealing login has a copy of the public key.
 * - `resolve`: another one, of the root that the outbound process opens.
 * - `derive`: a generic secret of 32 bytes, for HMAC only, seen by the sealing login.
 * - `sign`: a P-256 pair, seen by the signing login.
 *
 * No private or secret key is extractable; each is sensitive and has one use.
 */
export type RootName = "wrap" | "resolve" | "derive" | "sign";

/** The pair behind each root of the opening half. */
export const pairOf = { opening: "wrap", resolving: "resolve" } as const satisfies Record<OpeningRoot, RootName>;

/** NIST SP 800-57 part 1, table 2: 128 bits of strength. */
export const rsaBits = 3072;

const labelPattern = /^parcelkeep\/(wrap|resolve|derive|sign)\/e([1-9]\d{0,8})$/;

export function rootLabel(name: RootName, epoch: number): string {
  return `parcelkeep/${name}/e${epoch}`;
}

/** Label and id; CloudHSM wants a label that is not empty and an id that no other object has. */
export function naming(objectClass: number, name: RootName, epoch: number): readonly Attribute[] {
  const label = rootLabel(name, epoch);
  return [
    { type: cka.label, value: label },
    { type: cka.id, value: hash("sha256", `${objectClass}|${label}`, "buffer").subarray(0, 16) },
  ];
}

/** The epochs of one root that this login sees, in order. */
export function epochsOf(session: TokenSession, objectClass: number, name: RootName): readonly number[] {
  const epochs = session.list([{ type: cka.class, value: objectClass }]).flatMap((handle) => {
    const [, found, epoch] = labelPattern.exec(labelOf(session, handle)) ?? [];
    return found === name ? [Number(epoch)] : [];
  });
  return [...new Set(epochs)].toSorted((one, two) => one - two);
}

/**
 * The key of an epoch.
 * @param epochs those that there are: one before them was retired.
 * @throws {KeyError} `retired-epoch`, `unknown-epoch`
 */
export function rootOf(session: TokenSession, objectClass: number, name: RootName, epoch: number, epochs: readonly number[]): Handle {
  const handle = epochs.includes(epoch) ? session.find(objectClass, rootLabel(name, epoch)) : null;
  if (handle !== null) return handle;
  throw missingEpoch(epoch, epochs);
}

export function missingEpoch(epoch: number, epochs: readonly number[]): KeyError {
  const newest = epochs.at(-1) ?? 0;
  if (epoch < newest) return new KeyError("retired-epoch", `epoch ${epoch} is retired; the first that is not is ${epochs[0]}`);
  return new KeyError("unknown-epoch", `there is no root for epoch ${epoch}; the newest is ${newest}`);
}

/** @throws {KeyError} `wrong-provider` where the login sees no root of a name at all. */
export function refuseWithout(epochs: readonly number[], name: RootName): void {
  if (epochs.length > 0) return;
  throw new KeyError("wrong-provider", `this login sees no ${name} root in the token; \`parcelkeep keys init\` makes them`);
}

function labelOf(session: TokenSession, handle: Handle): string {
  // An object may have no label; then the token says so by an error or by none.
  try {
    return session.attributes(handle, [cka.label])[0]!.toString("utf8");
  } catch {
    return "";
  }
}
