/** A core dump would hold what was opened. The shell's limit is inherited by the process that takes its place. */
export function withoutCoreDump(command: string, args: readonly string[]): [string, string[]] {
  if (process.platform === "win32") return [command, [...args]];
  return ["/bin/sh", ["-c", 'ulimit -c 0 && exec "$@"', "parcelkeep", command, ...args]];
}
