import { runArchivist } from "./archivist.ts";
import { runFront } from "./front.ts";
import { runKeeper } from "./keeper.ts";
import { runOutbound } from "./outbound.ts";
import type { RoleHost, RoleName, ServicePower } from "./role.ts";
import { runSequencer } from "./sequencer.ts";
import { runWorker } from "./worker.ts";

const roles = {
  front: runFront,
  worker: runWorker,
  archivist: runArchivist,
  keeper: runKeeper,
  sequencer: runSequencer,
  outbound: runOutbound,
} as const satisfies Record<RoleName, unknown>;

/** Runs a role in this process. Resolves when it runs; the host says when it ends. */
export function runRole(name: RoleName, host: RoleHost<ServicePower>): Promise<void> {
  return roles[name](host);
}
