import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { controls } from "./controls.ts";
import type { Control } from "./controls/control.ts";
import { cells } from "./truth/cells/all.ts";

/** `node scripts/run.mjs infra/print-controls.ts` writes docs/compliance/controls.md; a test compares. */
export const controlsPage = join(import.meta.dirname, "..", "docs", "compliance", "controls.md");

export function controlsAsText(): string {
  const sections = controls.map(sectionOf).join("\n");
  return `# Controls

Every item of the guide, where it is enforced, where it is proven. Written by \`infra/print-controls.ts\` from \`infra/controls.ts\`; do not edit here. A policy is a function under
\`infra/policies/\`; cells are rows of the truth table under \`infra/truth/cells/\`, of which ${cells.length} are asked together with all policies.

${sections}`;
}

function sectionOf({ id, asks, enforced, proven, evidence, limits }: Control): string {
  const cell = (group: string): string => `${group} (${cells.filter((each) => each.id.replace(/-\d+$/, "") === group).length})`;
  const rows: readonly (readonly [what: string, which: readonly string[]])[] = [
    ["Policies", (enforced.policies ?? []).map(code)],
    ["Stacks", (enforced.stacks ?? []).map((name) => code(`infra/stacks/${name}.ts`))],
    ["Code", (enforced.code ?? []).map(code)],
    ["Truth table", (proven.cells ?? []).map(cell)],
    ["Tests", (proven.tests ?? []).map(code)],
    ["Evidence", [evidence]],
    ["Limits", limits === undefined ? [] : [limits]],
  ];
  const lines = rows.filter(([, which]) => which.length > 0).map(([what, which]) => `- ${what}: ${which.join(", ")}`);
  return `## ${id}. ${asks}\n\n${lines.join("\n")}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) writeFileSync(controlsPage, controlsAsText());
