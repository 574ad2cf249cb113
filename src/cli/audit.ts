import type { Command } from "commander";
import { addReconcileCommand } from "./audit-reconcile.ts";
import { commands } from "../main/commands.ts";
import { type AuditVerification, type VerifyOptions, verifyAudit } from "../main/audit/audit-verify.ts";
import type { ServeWitnessOptions } from "../main/audit/run-witness.ts";
import { initWitness } from "../main/audit/witness-setup.ts";

/** What was verified, and what was not looked at. */
function linesOf({ origin, size, root, areEntriesRead, timeStamps, uncheckedTimeStamps }: AuditVerification): string {
  const lines = [`verified: ${size} entries of ${origin}, root ${root}`];
  if (!areEntriesRead) lines.push("not looked at: what the entries say; they are another program's");
  if (uncheckedTimeStamps !== undefined) lines.push(`not looked at: ${uncheckedTimeStamps} time-stamps; --tsa FILE checks them`);
  if (timeStamps?.length === 0) lines.push("NOT time-stamped: the folder has no time-stamp");
  for (const { size: stamped, time, code } of timeStamps ?? [])
    lines.push(code === undefined ? `time-stamped: ${stamped} entries, ${time}` : `NOT time-stamped: ${stamped} entries, ${code}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** Whoever asks for time-stamps is not told that all is well where there are none. */
function holds({ timeStamps }: AuditVerification): boolean {
  return timeStamps === undefined || (timeStamps.length > 0 && timeStamps.every(({ code }) => code === undefined));
}

/** `parcelkeep audit …`: what outsiders need of the audit log. */
export function addAuditCommands(audit: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  audit
    .command("export")
    .description("copy the whole audit log into a folder that `audit verify` and other tools can check")
    .argument("<folder>")
    .option("--json", "one JSON object")
    .action((folder: string, options: { json?: boolean }) =>
      run(async () => {
        const isTold = process.stderr.isTTY;
        const size = await commands.exportAudit(folder, (done, all) => void (isTold && process.stderr.write(`\r${done} of ${all} files`)));
        if (isTold) process.stderr.write("\n");
        process.stdout.write(options.json ? `${JSON.stringify({ folder, size })}\n` : `${size} entries are in ${folder}\n`);
      }),
    );
  audit
    .command("verify")
    .description("check an exported log (a folder with checkpoint and tile/), or one .tlog-proof with its entry, offline")
    .argument("<path>")
    .option("--key <vkey>", "the log's verifier key, name+id+key")
    .option("--policy <file>", "a file with the logs and witnesses that you trust (C2SP tlog-policy)")
    .option("--tsa <file>", "certificates (PEM) of time-stamping authorities, or of who issued theirs: checks the folder's time-stamps too")
    .option("--entry <file>", "the bytes of the entry that the proof is of")
    .option("--json", "one JSON object")
    .action((path: string, options: VerifyOptions & { json?: boolean }) =>
      run(async () => {
        const verified = await verifyAudit(path, options);
        const { origin, size, index } = verified;
        if (!holds(verified)) process.exitCode = 1;
        if (options.json) process.stdout.write(`${JSON.stringify({ verified: holds(verified), ...verified })}\n`);
        else if (index === undefined) process.stdout.write(linesOf(verified));
        else process.stdout.write(`verified: entry ${index} of ${origin}, in a log of ${size} entries\n`);
      }),
    );
  addReconcileCommand(audit, run);
  addWitnessCommands(audit.command("witness").description("cosigns logs of others (docs/operations/witness.md)"), run);
}

function addWitnessCommands(witness: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  witness
    .command("init")
    .description("make a witness's key in a folder, and show the verifier key that logs and verifiers need")
    .argument("<folder>")
    .requiredOption("--name <name>", "the witness's name: a URL without its scheme, such as witness.example.eu/w1")
    .action((folder: string, options: { name: string }) =>
      run(async () => void process.stdout.write(`${await initWitness(folder, options.name)}\n`)),
    );
  witness
    .command("serve")
    .description("answer logs that ask for cosignatures (C2SP tlog-witness), until a signal ends it")
    .argument("<folder>")
    .requiredOption("--logs <file>", "the logs that it knows: lines `log VKEY`, or `yearly VKEY` for all years of a log")
    .option("--http <host:port>", "where it listens", "127.0.0.1:8090")
    .option("--anchor <folder>", "where its last heads are kept a second time, best on another disk; anchor/ in the folder unless named")
    .option("--tls-certificate <file>", "PEM; without it something in front ends TLS")
    .option("--tls-key <file>", "PEM")
    .action((folder: string, options: ServeWitnessOptions) =>
      run(async () => {
        // Loaded here, since no other command listens.
        const { runWitness } = await import("../main/audit/run-witness.ts");
        await runWitness(folder, options);
      }),
    );
}
