import { join } from "node:path";

/** Of the `local` provider: `sealing.json`, `opening.json`, `signing.json`. */
export function keyFolder(dataDir: string): string {
  return join(dataDir, "keys");
}

export function sealingKeyPath(dataDir: string): string {
  return join(keyFolder(dataDir), "sealing.json");
}

export function openingKeyPath(dataDir: string): string {
  return join(keyFolder(dataDir), "opening.json");
}

export function signingKeyPath(dataDir: string): string {
  return join(keyFolder(dataDir), "signing.json");
}
