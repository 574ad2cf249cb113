import type { RoleHost, RoleName, ServicePower } from "./role.ts";

/** A process loads the code of its own role and of no other. */
const roles = {
  front: async () => (await import("./front/front.ts")).runFront,
  worker: async () => (await import("./worker/worker.ts")).runWorker,
  archivist: async () => (await import("./worker/archivist.ts")).runArchivist,
  keeper: async () => (await import("./worker/keeper.ts")).runKeeper,
  sequencer: async () => (await import("./audit/run-sequencer.ts")).runSequencer,
  outbound: async () => (await import("./outbound/outbound.ts")).runOutbound,
  granter: async () => (await import("./releases/granter.ts")).runGranter,
} as const satisfies Record<RoleName, () => Promise<unknown>>;

/** Runs a role in this process. Resolves when it runs; the host says when it ends. */
export type RunRole = (host: RoleHost<ServicePower>) => Promise<void>;

/** Loads a role's code. */
export function loadRole(name: RoleName): Promise<RunRole> {
  return roles[name]();
}
