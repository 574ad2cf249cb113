import type { RoleName } from "./role.ts";

/** What one may do with the root keys, each by a file, login or role of its own. */
export type KeyPower = "sealing" | "opening" | "signing";

export const keyPowers = ["sealing", "opening", "signing"] as const satisfies readonly KeyPower[];

/** Those of each process that runs all the time. None of them opens. */
export const roleKeyPowers = {
  front: ["sealing"],
  worker: [],
  archivist: [],
  // Proofs of erasures.
  keeper: ["signing"],
} as const satisfies Record<RoleName, readonly KeyPower[]>;
