import type { NoteKey } from "../../audit/note.ts";
import { parsePolicy, type Policy } from "../../audit/policy.ts";
import { ConfigError } from "./setting.ts";

export interface WitnessAddress {
  readonly key: NoteKey;
  /** Its submission prefix (C2SP tlog-witness). */
  readonly url: string;
}

export interface WitnessSettings {
  readonly witnesses: readonly WitnessAddress[];
  /** Says which of them are enough. */
  readonly policy: Policy;
  /** What becomes of a checkpoint that too few have cosigned. */
  readonly shortfall: "hold" | "publish";
  /** That a checkpoint waits for all of them at the most. */
  readonly timeoutMs: number;
}

/** Names of witnesses stand in the audit log, whose facts have these characters. */
const witnessName = /^[A-Za-z0-9_.:/-]{1,200}$/;

/** @param text a policy (C2SP tlog-policy) with addresses; null where there are no witnesses. @throws {ConfigError} */
export function witnessSettings(
  text: string | null,
  { shortfall, timeoutMs }: { readonly shortfall: string; readonly timeoutMs: number },
): WitnessSettings | null {
  if (shortfall !== "hold" && shortfall !== "publish") throw new ConfigError("PARCELKEEP_WITNESS_SHORTFALL must be hold or publish");
  if (text === null) return null;
  try {
    const policy = parsePolicy(text);
    const witnesses = policy.submissions.flatMap(({ key, url }) => (url === null ? [] : [{ key, url }]));
    const isSound = witnesses.every(
      ({ key, url }) => witnessName.test(key.name) && /^https?:$/.test(URL.parse(url)?.protocol ?? "") && !/[?#@]/.test(url),
    );
    if (isSound && witnesses.length > 0) return { witnesses, policy, shortfall, timeoutMs };
  } catch (cause) {
    throw new ConfigError("PARCELKEEP_WITNESSES must be a policy (C2SP tlog-policy)", { cause });
  }
  throw new ConfigError("PARCELKEEP_WITNESSES must name witnesses with plain names and https addresses: witness NAME VKEY URL");
}
