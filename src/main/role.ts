import type { DatabaseAddress } from "../store/client-config.ts";
import type { PowerRole } from "../store/roles.ts";
import { type Opened, OpenerError, type OpenerErrorCode, type OpeningRequest, type OpenSubject } from "../vault/opening.ts";

/** Each process of the program and the database roles whose powers it has (DESIGN section 5). */
export const rolePowers = {
  front: ["parcelkeep_ingress", "parcelkeep_api"],
  worker: ["parcelkeep_worker"],
  archivist: ["parcelkeep_archivist"],
  keeper: ["parcelkeep_keeper"],
  sequencer: ["parcelkeep_sequencer"],
  granter: ["parcelkeep_granter"],
  outbound: ["parcelkeep_outbound"],
} as const satisfies Record<string, readonly PowerRole[]>;

export type RoleName = keyof typeof rolePowers;

/** Powers of processes that run all the time; the others are for processes that are started for one task. */
export type ServicePower = (typeof rolePowers)[RoleName][number];

export const roleNames = Object.keys(rolePowers) as readonly RoleName[];

/** What `pg` needs to connect with one role's powers. */
export type RoleConnection = DatabaseAddress;

/** What the supervisor tells a role's process when it starts it: the connections that this role needs and no others. */
export interface RoleStart<Power extends PowerRole = PowerRole> {
  readonly connections: Readonly<Record<Power, RoleConnection>>;
}

/** Whoever looks after a role's process. */
export interface RoleHost<Power extends PowerRole = PowerRole> extends RoleStart<Power> {
  announceReady(detail: Readonly<Record<string, string>>): void;
  /** Has the supervisor start an opener, by its own policy. @throws {OpenerError} */
  readonly open: OpenSubject;
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
  const questions = new Questions();
  const { connections } = await new Promise<RoleStart>((resolve) => {
    process.on("message", (message: "stop" | RoleStart | OpenerReply) => {
      if (message === "stop") ending.begin();
      else if ("opener" in message) questions.answer(message);
      else resolve(message);
    });
  });
  return {
    connections,
    announceReady: (detail) => tell({ ready: detail }),
    open: (request) => questions.ask(request),
    onStop: (stop) => ending.drainBy(stop),
  };
}

/** A platform that supervises processes itself and ends them by a signal. */
export function platformHost<Power extends PowerRole>(
  { connections }: RoleStart<Power>,
  announceReady: RoleHost["announceReady"],
): RoleHost<Power> {
  const ending = new Ending(drainMaxMs);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => ending.begin());
  // Where a platform runs each role by itself, openers are started by its own means.
  const open = (): Promise<never> => Promise.reject(new OpenerError("not-permitted", "this process has nobody to start an opener"));
  return { connections, announceReady, open, onStop: (stop) => ending.drainBy(stop) };
}

/** What a role's process tells its supervisor. */
export type RoleMessage = { readonly ready: Readonly<Record<string, string>> } | { readonly open: OpeningRequest; readonly serial: number };

/** What the supervisor answers to `open`. */
export type OpenerReply = { readonly opener: number } & ({ readonly opened: Opened } | { readonly error: OpenerErrorCode });

function tell(message: RoleMessage): void {
  process.send?.(message);
}

class Questions {
  readonly #waiting = new Map<number, { resolve: (opened: Opened) => void; reject: (error: OpenerError) => void }>();
  #serial = 0;

  ask(open: OpeningRequest): Promise<Opened> {
    const serial = this.#serial++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(serial, { resolve, reject });
      tell({ open, serial });
    });
  }

  answer(reply: OpenerReply): void {
    const waiting = this.#waiting.get(reply.opener);
    this.#waiting.delete(reply.opener);
    if ("opened" in reply) waiting?.resolve(reply.opened);
    else waiting?.reject(new OpenerError(reply.error, "the supervisor started no opener, or it did not answer"));
  }
}

/** A role whose drain hangs ends all the same, with 1: the platform would kill it a moment later. Beside the time that a front goes on serving. */
const drainMaxMs = 115_000;

/** Runs what drains and ends the process, however often it is asked to. */
class Ending {
  hasBegun = false;
  readonly #maxMs: number | null;
  #stop: () => Promise<void> = async () => {};

  /** @param maxMs that it may take; null: whoever asked sees to it. */
  constructor(maxMs: number | null = null) {
    this.#maxMs = maxMs;
  }

  drainBy(stop: () => Promise<void>): void {
    this.#stop = stop;
  }

  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    if (this.#maxMs !== null) setTimeout(() => process.exit(1), this.#maxMs).unref();
    this.#stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  }
}
