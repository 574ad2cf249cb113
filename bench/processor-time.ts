import { readdirSync, readFileSync } from "node:fs";

/**
 * Processor time that the parts of the programs under this process have used so far, in microseconds, from `/proc` (Linux). Where several benches or
 * tests share a machine, processor time per request is steadier than requests per second.
 */
export function processorTime(): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  for (const pid of descendants()) {
    try {
      const part = partOf(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      if (part === null) continue;
      for (const thread of readdirSync(`/proc/${pid}/task`))
        add(used, part === "front" ? threadName(pid, thread) : part, microseconds(pid, thread));
    } catch {
      // The process ended while it was looked at.
    }
  }
  return used;
}

export function usedBetween(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...after].map(([part, used]) => [part, used - (before.get(part) ?? 0)]));
}

function partOf(command: string): string | null {
  const role = /(?:role-process\.ts|serve --role) (\w+)/.exec(command)?.[1];
  if (role !== undefined) return role;
  const backend = /^postgres: parcelkeep_(\w+)/.exec(command)?.[1];
  if (backend !== undefined) return `postgres ${backend}`;
  if (command.startsWith("postgres: ")) return "postgres background";
  if (command.includes("bench/bare-server.ts")) return "bare";
  return command.includes("bench/load.ts") ? "load generator" : null;
}

function threadName(pid: string, thread: string): string {
  if (thread === pid) return "front main thread";
  const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, "utf8").trim();
  return `front ${name}`;
}

function descendants(): readonly string[] {
  const children = new Map<string, string[]>();
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const parent = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[1]!;
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // The process ended while it was looked at.
    }
  }
  const found = [...(children.get(String(process.pid)) ?? [])];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

function microseconds(pid: string, thread: string): number {
  return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1000;
}

function add(used: Map<string, number>, part: string, microseconds: number): void {
  used.set(part, (used.get(part) ?? 0) + microseconds);
}
