import { fork } from "node:child_process";
import { join } from "node:path";
import type { Leg, LegOrder } from "./load.ts";

/** Runs one leg in a load generator of its own. */
export function leg(order: LegOrder): Promise<Leg> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "load.ts"), { execArgv: [] });
    child.once("message", (result) => resolve(result as Leg));
    child.once("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
    child.send(order);
  });
}
