import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { line } from "./gates/line.ts";

/**
 * `npm run infra:check`: everything about the infrastructure that can be shown without an account, one line for each gate. Installs the packages of `infra/` where they
 * are missing; nothing else in this repository does. Two things run at a time, for two processors: the gates over templates, and types, lint and tests.
 */
const here = import.meta.dirname;
const root = join(here, "..");

if (!existsSync(join(here, "node_modules", "aws-cdk-lib"))) {
  const began = performance.now();
  const installed = spawnSync("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  report("packages of infra/ installed", installed.status === 0 ? [] : [installed.stderr], began);
}

const testFiles = globSync("**/*.test.ts", { cwd: here, exclude: (path) => path === "node_modules" || path === "cdk.out" }).sort();
await Promise.all([templates(), typesLintAndTests()]);

/** In a process of its own: engines of the rule packs take a processor for themselves. */
async function templates(): Promise<void> {
  const { status, output } = await run(process.execPath, [join(here, "gates", "run.ts")]);
  process.stdout.write(output.stdout);
  if (status !== 0) {
    process.exitCode = 1;
    if (output.stdout === "") process.stdout.write(output.stderr);
  }
}

async function typesLintAndTests(): Promise<void> {
  let began = performance.now();
  const types = await run(join(root, "node_modules", ".bin", "tsc"), ["-p", here]);
  report("types", types.status === 0 ? [] : [types.output.stdout], began);
  began = performance.now();
  const ignored = ["node_modules", "cdk.out"].flatMap((folder) => ["--ignore-pattern", join(here, folder)]);
  const lint = await run(join(root, "node_modules", ".bin", "oxlint"), [
    "--config",
    join(root, ".oxlintrc.json"),
    "--deny-warnings",
    ...ignored,
    here,
  ]);
  report("lint", lint.status === 0 ? [] : [lint.output.stdout], began);
  began = performance.now();
  // In one process: the CDK is loaded, and both stages are synthesised, once and not in each of twenty files. That was half of the time of all gates together.
  const tests = await run(process.execPath, ["--test", "--test-isolation=none", "--test-reporter=spec", ...testFiles]);
  report(
    `tests: truth table, planted faults, stacks, snapshots (${testFiles.length} files)`,
    tests.status === 0 ? [] : [tests.output.stdout],
    began,
  );
}

function report(name: string, findings: readonly string[], began: number): void {
  process.stdout.write(`${line(name, findings, performance.now() - began)}\n`);
  if (findings.length > 0) process.exitCode = 1;
}

interface Done {
  readonly status: number | null;
  readonly output: { readonly stdout: string; readonly stderr: string };
}

function run(command: string, args: readonly string[]): Promise<Done> {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, { cwd: here, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.once("error", fail);
    child.once("exit", (status) => settle({ status, output }));
  });
}
