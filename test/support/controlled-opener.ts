import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** What somebody would try who runs code of theirs in the opener's process. Each attempt says how it failed, or `succeeded`. */
interface Given {
  readonly dataDir: string;
}

const given = JSON.parse(readFileSync(0, "utf8")) as Given;
const outcomes: Record<string, unknown> = {};

async function attempt(name: string, work: () => unknown): Promise<void> {
  outcomes[name] = await Promise.resolve()
    .then(work)
    .then(
      () => "succeeded",
      (error: { code?: string }) => String(error.code),
    );
}

const inData = (...names: string[]): string => join(given.dataDir, ...names);
await attempt("reads the opening half", () => readFileSync(inData("keys", "opening.json")));
await attempt("reads the signing half", () => readFileSync(inData("keys", "signing.json")));
await attempt("reads the sealing half", () => readFileSync(inData("keys", "sealing.json")));
await attempt("reads the database's passwords", () => readFileSync(inData("secrets", "postgres.json")));
await attempt("reads the operator's key", () => readFileSync(inData("secrets", "operator.key")));
await attempt("reads the machine's users", () => readFileSync("/etc/passwd"));
await attempt("writes a file", () => writeFileSync(inData("stolen"), "stolen"));
await attempt("writes beside its program", () => writeFileSync(join(import.meta.dirname, "stolen"), "stolen"));
await attempt("starts a process", () => {
  const { error } = spawnSync("/bin/true");
  if (error !== undefined) throw error;
});
await attempt("starts a thread", () => new Worker("", { eval: true }));
await attempt("loads native code", () => process.dlopen({ exports: {} }, "/nowhere.node"));
// The shell that switches core dumps off adds some of its own.
const shellNames = ["PWD", "OLDPWD", "SHLVL", "_"];
outcomes["environment"] = Object.keys(process.env)
  .filter((name) => !shellNames.includes(name))
  .toSorted();
outcomes["arguments hold"] = process.execArgv.filter((option) => /--(?:inspect|heap|report|cpu-prof|diagnostic)/.test(option));
// Linux tells a process's limits; node has no call for them. The opener may not read them, so its starter does.
outcomes["pid"] = process.pid;
writeSync(1, "to whoever listens");
writeSync(2, "to whoever listens");
writeSync(3, JSON.stringify(outcomes));
await new Promise((resolve) => setTimeout(resolve, 60_000));
