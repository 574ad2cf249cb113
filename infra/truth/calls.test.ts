import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, test } from "node:test";
import { processNames } from "../policies/context.ts";
import { actionsOf, byPersons, type Call, calls, entries, neverSent } from "./calls.ts";
import { ask } from "./evaluate.ts";
import type { Target } from "./world.ts";

/* The table of cells asks what somebody thought of. This begins at the other end: whatever the program sends to AWS, its role may do. */

const source = join(import.meta.dirname, "..", "..", "src");

function sentIn(path: string): readonly string[] {
  return Array.from(readFileSync(path, "utf8").matchAll(/new (\w+)Command\(/g), ([, command]) => command!);
}

/** File below `src/` → commands. */
const senders = new Map(
  globSync("**/*.ts", { cwd: source })
    .filter((file) => !/\.(?:test|contract)\.ts$/.test(file))
    .map((file) => [file, sentIn(join(source, file))] as const)
    .filter(([, commands]) => commands.length > 0),
);

test("every command that the program sends is in the table, and none that it does not send", () => {
  const sent = new Set([...senders].flatMap(([file, commands]) => commands.map((command) => `${file} ${command}`)));
  const told = Object.values(calls).flatMap((each) => each.map(({ file, command }) => `${file} ${command}`));
  assert.deepEqual(new Set([...told, ...Object.keys(byPersons)]), sent);
});

describe("each process may do what it sends:", () => {
  for (const process of processNames)
    test(process, async () => {
      const denied: string[] = [];
      for (const call of calls[process])
        for (const request of requestsOf(call)) {
          const answer = await ask({ id: `${process} ${call.command}`, control: "A8", who: process, verdict: "allowed", ...request });
          if (answer.result !== "Allowed") denied.push(`${call.command}: ${request.does} on ${request.on}`);
        }
      assert.deepEqual([...new Set(denied)], []);
    });
});

function requestsOf({ command, on, having, during }: Call): readonly (Pick<Call, "having" | "during"> & { does: string; on: Target })[] {
  const rest = during === undefined ? {} : { during };
  return actionsOf[command].map((action) =>
    action === "404"
      ? { does: "s3:ListBucket", on: `bucket ${on.split(" ")[1]!}` as Target, ...rest }
      : { does: action, on, ...(having === undefined ? {} : { having }), ...rest },
  );
}

describe("nothing that a process's code reaches is left out of the table:", () => {
  for (const [process, entry] of Object.entries(entries) as [keyof typeof calls, string][])
    test(process, () => {
      const reached = reachedFrom(join(source, "main", entry));
      const sends = new Set(calls[process].map(({ file }) => file));
      const others = [...senders.keys()].filter((file) => reached.has(join(source, file)) && !sends.has(file));
      assert.deepEqual(new Set(others), new Set(neverSent[process] ?? []));
      assert.deepEqual(
        [...sends].filter((file) => !reached.has(join(source, file))),
        [],
        "it could not send these",
      );
    });
});

/** Imports of values, those that wait until they are needed too. */
const imports = /(?:^(?:import|export) (?!type )[^;]*?from |^import |import\()"(\.[^"]+)"/gm;

function reachedFrom(start: string): ReadonlySet<string> {
  const seen = new Set([start]);
  for (const file of seen) for (const [, path] of readFileSync(file, "utf8").matchAll(imports)) seen.add(resolve(dirname(file), path!));
  return seen;
}
