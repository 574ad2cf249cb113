import type { Protection, ProviderDescription } from "../../vault/keys/provider.ts";
import type { KeysReport } from "./keys.ts";

/** For reading: one fact a line, the warnings last. */
export function keysReportText({ sealing, opening, resolving }: KeysReport): string {
  const halves = [halfLines("sealing half", sealing), halfLines("opening half", opening), halfLines("resolving half", resolving)];
  return halves.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function halfLines(name: string, half: ProviderDescription | null): readonly string[] {
  if (half === null) return [`${name}: none was given to this command`];
  const facts: readonly (readonly [name: string, value: string])[] = [
    ["provider", `${half.provider}, ${half.product}`],
    ["protection", protectionText(half.protection)],
    ["location", half.location],
    ["epochs", `${half.minimumEpoch} to ${half.currentEpoch}; new wraps are for ${half.currentEpoch}`],
    ["recorded", half.recordedOperations.length === 0 ? "nothing, by the provider itself" : half.recordedOperations.join(", ")],
    ["derivation", derivationTexts[half.derivationRoot]],
    ...half.warnings.map((warning) => ["warning", warning] as const),
  ];
  return [`${name}:`, ...facts.map(([fact, value]) => `  ${fact.padEnd(11)} ${value}`)];
}

const derivationTexts: Readonly<Record<ProviderDescription["derivationRoot"], string>> = {
  "file-secret": "a secret in a file",
  "provider-hmac": "HMAC inside the provider; the root never leaves it",
  "wrapped-secret": "a secret wrapped under the provider's key, in memory while a process runs",
};

function protectionText(protection: Protection): string {
  switch (protection.kind) {
    case "software-file":
      return "none but the file's permissions";
    case "software-token":
      return "none: a token made of software";
    case "hsm":
      return `hardware security module, ${protection.fips ?? "certification not told by the token"}`;
    case "kms":
      return `key service, key material from ${protection.origin}, ${protection.fips ?? "certification not told"}`;
  }
}
