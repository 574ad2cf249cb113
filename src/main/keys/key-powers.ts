import type { RoleName } from "../role.ts";

/** What one may do with the root keys, each by a file, login or role of its own. `resolving`: open tracking numbers and carriers' credentials. */
export const keyPowers = ["sealing", "opening", "resolving", "signing"] as const;
export type KeyPower = (typeof keyPowers)[number];

/** The powers of whoever opens anything that is sealed. */
export const openerKeyPowers = ["opening", "resolving"] as const satisfies readonly KeyPower[];

/** Those of each process that runs all the time. None of them opens what is known of persons. */
export const roleKeyPowers = {
  front: ["sealing"],
  worker: [],
  archivist: [],
  // Proofs of erasures.
  keeper: ["signing"],
  // Checkpoints of the audit log.
  sequencer: ["signing"],
  // Looks at signatures by public keys.
  granter: [],
  // Numbers and credentials; and index keys, by which the guard asks the vault what it knows.
  outbound: ["sealing", "resolving"],
} as const satisfies Record<RoleName, readonly KeyPower[]>;
