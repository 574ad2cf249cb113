import { ConfigError, readSetting } from "./setting.ts";

/** What the settings name in AWS KMS; nothing is checked here but the form. */
export interface KmsNames {
  /** ARNs by epoch. */
  readonly keys: ReadonlyMap<number, string>;
  readonly derivationKeys: ReadonlyMap<number, string>;
  /** For the epochs whose derivation root is a wrapped secret. */
  readonly derivationSecrets: ReadonlyMap<number, Buffer>;
  readonly signingKey: string | null;
}

/** @throws {ConfigError} without the value, which may be a secret's wrap. */
export function kmsNames(env: NodeJS.ProcessEnv): KmsNames {
  const byEpoch = (name: string): ReadonlyMap<number, string> => {
    const text = readSetting(env, name) ?? "";
    const epochs = text.trim().startsWith("{") ? pairsOfJson(text) : pairsOfList(text);
    if (epochs === null) throw new ConfigError(`${name} must be a list such as 1=value,2=value, or a JSON object`);
    return epochs;
  };
  return {
    keys: byEpoch("PARCELKEEP_KMS_KEYS"),
    derivationKeys: byEpoch("PARCELKEEP_KMS_DERIVATION_KEYS"),
    derivationSecrets: new Map(
      Array.from(byEpoch("PARCELKEEP_KMS_DERIVATION_SECRETS"), ([epoch, text]) => [epoch, Buffer.from(text, "base64")]),
    ),
    signingKey: readSetting(env, "PARCELKEEP_KMS_SIGNING_KEY"),
  };
}

/** @returns null where one is not `epoch=value`, or comes twice. */
function pairsOfList(text: string): ReadonlyMap<number, string> | null {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return pairsByEpoch(entries.map((entry) => [entry.slice(0, Math.max(0, entry.indexOf("="))), entry.slice(entry.indexOf("=") + 1)]));
}

function pairsOfJson(text: string): ReadonlyMap<number, string> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? pairsByEpoch(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function pairsByEpoch(entries: readonly (readonly [epoch: string, value: unknown])[]): ReadonlyMap<number, string> | null {
  const byEpoch = new Map<number, string>();
  for (const [epoch, value] of entries) {
    if (!/^[1-9]\d{0,8}$/.test(epoch) || typeof value !== "string" || value === "" || byEpoch.has(Number(epoch))) return null;
    byEpoch.set(Number(epoch), value);
  }
  return byEpoch;
}
