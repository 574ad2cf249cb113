import type { Connection } from "../store/embedded/connection.ts";
import type { PowerRole } from "../store/roles.ts";

/** Each process of the program and the database roles whose powers it has (DESIGN section 5). */
export const rolePowers = {
  front: ["parcelkeep_ingress", "parcelkeep_api"],
  worker: ["parcelkeep_worker"],
  archivist: ["parcelkeep_archivist"],
} as const satisfies Record<string, readonly PowerRole[]>;

export type RoleName = keyof typeof rolePowers;

/** Powers of processes that run all the time; the others are for processes that are started for one task. */
export type ServicePower = (typeof rolePowers)[RoleName][number];

export const roleNames = Object.keys(rolePowers) as readonly RoleName[];

/** What `pg` needs to connect with one role's powers. */
export type RoleConnection = Connection | { readonly connectionString: string };

/** What the supervisor tells a role's process when it starts it: the connections that this role needs and no others. */
export interface RoleStart<Power extends PowerRole = PowerRole> {
  readonly connections: Readonly<Record<Power, RoleConnection>>;
}

/** Whoever looks after a role's process. */
export interface RoleHost<Power extends PowerRole = PowerRole> extends RoleStart<Power> {
  announceReady(detail: Readonly<Record<string, string>>): void;
  /** On the host's word `stop` runs, once, and the process ends. Before this was called there is nothing to drain, and it ends at once. */
  onStop(stop: () => Promise<void>): void;
}

/** The program's supervisor, over the channel to it. When it is gone (killed) the process ends too. */
export async function supervisorHost(): Promise<RoleHost> {
  const ending = new Ending();
  process.on("disconnect", () => process.exit(ending.hasBegun ? 0 : 1));
  process.on("SIGTERM", () => ending.begin());
  // A Ctrl-C in the terminal reaches every process of the group; what it means is for the supervisor to say.
  process.on("SIGINT", () => {});
  const { connections } = await new Promise<RoleStart>((resolve) => {
    process.on("message", (message) => (message === "stop" ? ending.begin() : resolve(message as RoleStart)));
  });
  return { connections, announceReady: (detail) => process.send?.({ ready: detail }), onStop: (stop) => ending.drainBy(stop) };
}

/** A platform that supervises processes itself and ends them by a signal. */
export function platformHost<Power extends PowerRole>(
  { connections }: RoleStart<Power>,
  announceReady: RoleHost["announceReady"],
): RoleHost<Power> {
  const ending = new Ending();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.begin());
  return { connections, announceReady, onStop: (stop) => ending.drainBy(stop) };
}

/** Runs what drains and ends the process, however often it is asked to. */
class Ending {
  hasBegun = false;
  #stop: () => Promise<void> = async () => {};

  drainBy(stop: () => Promise<void>): void {
    this.#stop = stop;
  }

  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.#stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }
}
