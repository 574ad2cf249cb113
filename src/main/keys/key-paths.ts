import { join } from "node:path";
import type { KeyPower } from "./key-powers.ts";

/** Of the `local` provider: a file for each power. */
export function keyFolder(dataDir: string): string {
  return join(dataDir, "keys");
}

/** The file of one power. */
export function keyPath(dataDir: string, power: KeyPower): string {
  return join(keyFolder(dataDir), `${power}.json`);
}

export function operatorKeyPath(dataDir: string): string {
  return join(dataDir, "secrets", "operator.key");
}

/** Of the process that asks carriers, for handing in what they answer and nothing else. */
export function ingressKeyPath(dataDir: string): string {
  return join(dataDir, "secrets", "ingress.key");
}
