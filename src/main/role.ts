import type { Connection } from "../store/embedded/connection.ts";
import type { PowerRole } from "../store/roles.ts";

/** What the supervisor tells a role's process when it starts it. */
export interface RoleStart {
  readonly connections: Readonly<Record<PowerRole, Connection>>;
}

/** Waits for the supervisor's start message. */
export function roleStart(): Promise<RoleStart> {
  return new Promise((resolve) => process.once("message", (message) => resolve(message as RoleStart)));
}

export function announceReady(detail: Readonly<Record<string, string>>): void {
  process.send?.({ ready: detail });
}

/** Runs `stop` once, on SIGTERM, SIGINT or the supervisor's word; a supervisor that is gone (killed) ends the process at once. */
export function onStop(stop: () => Promise<void>): void {
  let stopping = false;
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("message", (message) => {
    if (message === "stop") end();
  });
  process.on("SIGTERM", end);
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(stopping ? 0 : 1));
}
