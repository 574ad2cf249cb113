import { constants, setPriority } from "node:os";
import { exitCodeOf } from "./exit-code.ts";
import { type RoleName, supervisorHost } from "./role.ts";
import { loadRole } from "./run-role.ts";

const name = process.argv[2] as RoleName;
// On a machine that all roles share, whoever waits for an answer goes first: what is acknowledged is durable and may be worked off a moment later.
if (name !== "front") setPriority(constants.priority.PRIORITY_LOW);
try {
  const host = supervisorHost();
  // Loaded while the supervisor may still wait for others before it lets this process begin.
  const run = await loadRole(name);
  await run(await host);
} catch (error) {
  process.stderr.write(`error: ${name}: ${error instanceof Error ? (error.stack ?? error.message) : "unknown"}\n`);
  process.exit(exitCodeOf(error));
}
