import { existsSync } from "node:fs";

const shell = "/bin/sh";

/**
 * A core dump would hold what was opened. The shell's limit is inherited by the process that takes its place. The image has no shell: there the task's own limit says it, and nothing
 * can be written where the process is (docs/operations/image.md).
 */
export function withoutCoreDump(command: string, args: readonly string[]): [string, string[]] {
  if (process.platform === "win32" || !existsSync(shell)) return [command, [...args]];
  return [shell, ["-c", 'ulimit -c 0 && exec "$@"', "parcelkeep", command, ...args]];
}
