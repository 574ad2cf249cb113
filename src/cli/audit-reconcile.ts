import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { reconcileLog, type ReconcileReport } from "../main/audit/audit-reconcile.ts";
import { commands } from "../main/commands.ts";
import { wholeNumber } from "./option-numbers.ts";

/** Of a comparison that found something; 1 is for one that could not be made. */
const differsExitCode = 2;

interface Options {
  readonly provider: string[];
  readonly key: string;
  readonly log?: string;
  readonly from?: string;
  readonly to?: string;
  readonly tolerance: number;
  readonly json?: boolean;
}

/** `parcelkeep audit reconcile`. */
export function addReconcileCommand(audit: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  audit
    .command("reconcile")
    .description("compare the log's openings with the key provider's own record (docs/operations/reconcile.md)")
    .requiredOption("--provider <file...>", "files of CloudTrail (gzip or not), or of CloudHSM's audit log")
    .requiredOption("--key <vkey>", "the log's verifier key, name+id+key")
    .option("--log <folder>", "an exported log; the running program's unless named")
    .option("--from <time>", "begin of what the files are of, RFC 3339; their first event unless said", time)
    .option("--to <time>", "its end; their last event unless said", time)
    .option("--tolerance <seconds>", "between the two clocks", wholeNumber(0, 3_600), 5)
    .option("--json", "one JSON object")
    .action((options: Options) =>
      run(async () => {
        const report = await withLog(options.log, (folder) => reconcileLog(folder, { ...options, toleranceS: options.tolerance }));
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report));
        if (report.unexplained.length + report.missing.length > 0) process.exitCode = differsExitCode;
      }),
    );
}

function time(text: string): string {
  if (!/^\d{4}-\d\d-\d\d[Tt]/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError("It is no time, such as 2026-11-26T00:00:00Z.");
  return text;
}

async function withLog(folder: string | undefined, work: (folder: string) => Promise<ReconcileReport>): Promise<ReconcileReport> {
  if (folder !== undefined) return work(folder);
  const copy = await mkdtemp(join(tmpdir(), "parcelkeep-log-"));
  try {
    await commands.exportAudit(copy, () => {});
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function textOf({ from, to, formats, unwraps, intents, unchecked, denied, unexplained, missing }: ReconcileReport): string {
  const lines = [
    `${from} to ${to}, ${formats.join(" and ")}`,
    `${unwraps} unwraps of the provider's, ${unexplained.length} that no entry explains`,
    `${intents} openings in the log, ${missing.length} that the provider did not see`,
    `${unchecked} unwraps for purposes without entries, ${denied} refused`,
    ...unexplained.map(
      ({ at, tenant, purpose, grant }) => `UNEXPLAINED ${at} tenant ${tenant ?? "-"} purpose ${purpose ?? "-"} grant ${grant ?? "-"}`,
    ),
    ...missing.map(({ at, tenant, purpose, grant }) => `MISSING     ${at} tenant ${tenant ?? "-"} purpose ${purpose} grant ${grant}`),
  ];
  return `${lines.join("\n")}\n`;
}
