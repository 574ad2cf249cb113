import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** `npm run check`: lint and import borders, types, dead code; then planted breaches of every border and of the rules that need types, which the lint must catch. */
const root = join(import.meta.dirname, "..");

const borderBreaches: readonly (readonly [file: string, source: string])[] = [
  ["src/domain/planted.ts", 'export { codecs } from "../main/sources.ts";\n'],
  ["src/domain/planted.ts", 'export { connect } from "node:net";\n'],
  ["src/carriers/planted.ts", 'export { Committer } from "../main/committer.ts";\n'],
  ["src/ingress/planted.ts", 'export { tokenise } from "../vault/tokenise.ts";\n'],
  ["src/vault/planted.ts", 'export { migrate } from "../store/migrate.ts";\n'],
  ["src/vault/planted.ts", 'export { KMSClient } from "@aws-sdk/client-kms";\n'],
  ["src/vault/aws-planted.ts", 'export { migrate } from "../store/migrate.ts";\n'],
  ["src/main/planted.ts", 'export { KMSClient } from "@aws-sdk/client-kms";\n'],
  ["src/store/planted.ts", 'export type { PersonalField } from "../domain/personal.ts";\n'],
  ["src/process/planted.ts", 'export { takeTurn } from "../store/worker-store.ts";\n'],
  ["src/process/planted.ts", 'export type { Notice } from "../domain/notice.ts";\n'],
  ["src/process/planted.ts", 'export { Pool } from "pg";\n'],
  ["src/outbound/planted.ts", 'export { findTokens } from "../vault/find-tokens.ts";\n'],
  ["src/outbound/planted.ts", 'export type { PersonalField } from "../domain/personal.ts";\n'],
  ["src/outbound/planted.ts", 'export { Pool } from "pg";\n'],
  ["src/identity/planted.ts", 'export { problems } from "../ingress/problems.ts";\n'],
  ["src/identity/planted.ts", 'export { Pool } from "pg";\n'],
  ["src/ingress/planted.ts", 'export { relyingParty } from "../identity/relying-party.ts";\n'],
  ["src/aws/planted.ts", 'export { connectKms } from "../vault/keys/aws-kms/aws-connection.ts";\n'],
  ["src/aws/planted.ts", 'export { KMSClient } from "@aws-sdk/client-kms";\n'],
  ["src/archive/planted.ts", 'export { localSealingKeys } from "../vault/keys/local/sealing.ts";\n'],
  ["src/cloud/aws-planted.ts", 'export { buildServer } from "../ingress/server.ts";\n'],
  ["src/cloud/planted.ts", 'export { buildServer } from "../ingress/server.ts";\n'],
  ["src/audit/planted.ts", 'export { canonicalJson } from "../domain/keyed-hash.ts";\n'],
  ["src/audit/planted.ts", 'export { Pool } from "pg";\n'],
  ["src/approvals/planted.ts", 'export { Pool } from "pg";\n'],
  ["src/approvals/planted.ts", 'export { openGroup } from "../vault/seal-group.ts";\n'],
  ["src/simulator/planted.ts", 'export { codec } from "../carriers/gls/codec.ts";\n'],
  ["src/outbound/planted.ts", 'export { World } from "../simulator/world.ts";\n'],
  ["src/cli/planted.ts", 'export { migrate } from "../store/migrate.ts";\n'],
];

const promiseBreaches: readonly (readonly [rule: string, source: string])[] = [
  ["no-floating-promises", "export const planted = (work: () => Promise<void>): void => {\n  work();\n};\n"],
  ["no-misused-promises", 'export const planted = (work: Promise<boolean>): string => (work ? "done" : "not done");\n'],
  ["await-thenable", "export const planted = async (value: number): Promise<number> => await value;\n"],
  [
    "switch-exhaustiveness-check",
    'export function planted(state: "waiting" | "done"): void {\n  switch (state) {\n    case "waiting":\n      break;\n  }\n}\n',
  ],
];

const step = (name: string, passed: boolean, output = ""): void => {
  process.stdout.write(`${passed ? "ok  " : "FAIL"}  ${name}\n${passed ? "" : `${output}\n`}`);
  if (!passed) process.exitCode = 1;
};

const lint = run("oxlint", ["--type-aware", "--deny-warnings", "src", "test", "scripts", "bench"]);
step("lint and import borders, with types", lint.status === 0, lint.output);
const format = run("prettier", ["--check", "--log-level", "warn", "."]);
step("format", format.status === 0, format.output);
const types = run("tsc", []);
step("types", types.status === 0, types.output);
const dead = run("knip", ["--no-progress", "--no-config-hints"]);
step("dead code and unused dependencies", dead.status === 0, dead.output);
const planted = [
  ...borderBreaches.map(([file, source]) => ({ file, source, rule: "no-restricted-imports" })),
  ...promiseBreaches.map(([rule, source]) => ({ file: "src/main/planted.ts", source, rule })),
].map((breach, index) => ({ ...breach, file: breach.file.replace(/planted\.ts$/, `planted-${index}.ts`) }));
try {
  for (const { file, source } of planted) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), source);
  }
  // One run for all of them; each must be caught in a file of its own, by the rule that is there for it.
  const caught = run("oxlint", ["--type-aware", "--format", "unix", ...planted.map(({ file }) => file)]).output.split("\n");
  for (const { file, source, rule } of planted) {
    const isCaught = caught.some((line) => line.startsWith(`${file}:`) && line.includes(rule));
    step(`a breach in ${dirname(file)} is caught: ${source.trim().replaceAll(/\s+/g, " ")}`, isCaught, "the lint let it pass");
  }
} finally {
  for (const { file } of planted) rmSync(join(root, file), { force: true });
}

function run(tool: string, args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const done = spawnSync(join(root, "node_modules", ".bin", tool), args, { cwd: root, encoding: "utf8" });
  return { status: done.status, output: `${done.stdout}${done.stderr}` };
}
