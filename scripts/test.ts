import { spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { availableParallelism, constants } from "node:os";
import { join } from "node:path";
import { testProcesses, writeTestEntries } from "./test-processes.ts";

const root = join(import.meta.dirname, "..");

const usage = `npm test                        all tests
npm test -- store/embedded      the files whose path contains one of these words
npm test -- --test-name-pattern="adopts"   options go to node --test, with their value after "="
`;

/** Test files lie beside what they test; those of whole journeys and public vectors stand alone. `test/faults` is not among them: it kills processes for minutes. */
const places = ["src/**/*.test.ts", "test/{journeys,vectors,support}/**/*.test.ts", "scripts/**/*.test.ts"];

const given = process.argv.slice(2);
if (given.includes("--help")) {
  process.stdout.write(usage);
} else {
  process.exitCode = await runTests(given);
}

/** @returns the exit code of `node --test`. */
async function runTests(args: readonly string[]): Promise<number> {
  const options = args.filter((argument) => argument.startsWith("-"));
  const words = args.filter((argument) => !argument.startsWith("-")).map((word) => word.replace(/^\.\//, ""));
  // A file that is named in full runs wherever it lies: so CI starts the suites that are not among the places.
  const named = words.filter((word) => word.endsWith(".test.ts") && existsSync(join(root, word)));
  const files =
    named.length > 0
      ? named
      : globSync(places, { cwd: root }).filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (files.length === 0) {
    process.stderr.write(`error: no test file fits ${words.join(" ")}\nhint: ${usage}`);
    return 1;
  }
  // Node's default leaves one processor of two idle; a test that waits for the database leaves its own.
  const concurrency = `--test-concurrency=${Math.max(2, availableParallelism())}`;
  const entries = await writeTestEntries(
    root,
    testProcesses(files.map((file) => file.replaceAll("\\", "/")).sort(), (file) => readFileSync(join(root, file), "utf8")),
  );
  const node = spawn(
    process.execPath,
    ["--test", "--test-global-setup=test/support/global-setup.ts", concurrency, ...options, ...entries.paths],
    { cwd: root, stdio: "inherit" },
  );
  // A Ctrl-C reaches node from the terminal; we wait for it to stop the database.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => node.kill("SIGTERM"));
  try {
    return await new Promise((settle, fail) => {
      node.once("error", fail);
      node.once("exit", (code, signal) => settle(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    await entries.remove();
  }
}
