import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Config, environmentWith } from "../config.ts";
import { type KeyPower, openerKeyPowers } from "./key-powers.ts";
import type { RekeyerProgress, RekeyerReport, RekeyerStart } from "./rekeyer-process.ts";
import { RotationError } from "./rotation-error.ts";
import { rekeyerPermissions } from "../role-permissions.ts";
import { withoutCoreDump } from "../without-core-dump.ts";

const heapMegabytes = 256;

/**
 * Runs a rekeyer to its end: a process of its own, with the keys, one connection, and of the environment what it needs to find the keys. It may read
 * its program and key files, and may write no file and start no process.
 * @throws {RotationError} `rekeyer-failed`
 */
export async function runRekeyer(
  config: Config,
  start: RekeyerStart,
  progress: (progress: RekeyerProgress) => void,
): Promise<RekeyerProgress> {
  const powers = start.order.kind === "wraps" ? (["sealing", ...openerKeyPowers] as const) : (["sealing"] as const);
  const [command, args] = withoutCoreDump(process.execPath, [
    ...rekeyerPermissions(config, powers),
    `--max-old-space-size=${heapMegabytes}`,
    join(import.meta.dirname, "rekeyer-process.ts"),
  ]);
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"], env: environment(config, powers) });
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      const report = message as RekeyerReport;
      switch (report.state) {
        case "running":
          return progress(report);
        case "done":
          return resolve(report);
        case "failed":
          return reject(new RotationError("rekeyer-failed", `${report.message} (${report.code})`));
      }
    });
    child.once("error", (cause) => reject(new RotationError("rekeyer-failed", "the rekeyer could not be started", { cause })));
    child.once("exit", (code, signal) => reject(new RotationError("rekeyer-failed", `the rekeyer ended with ${signal ?? code}`)));
    child.send(start);
  });
}

/** The settings that a rekeyer reads; where an HSM's module needs more of the environment, not the login that signs. */
function environment(config: Config, powers: readonly KeyPower[]): NodeJS.ProcessEnv {
  return config.keys === "local" ? { PARCELKEEP_DATA: config.dataDir } : environmentWith(powers);
}
