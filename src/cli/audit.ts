import type { Command } from "commander";
import { commands } from "../main/commands.ts";
import { type VerifyOptions, verifyAudit } from "../main/audit-verify.ts";

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
    .option("--entry <file>", "the bytes of the entry that the proof is of")
    .option("--json", "one JSON object")
    .action((path: string, options: VerifyOptions & { json?: boolean }) =>
      run(async () => {
        const verified = await verifyAudit(path, options);
        const { origin, size, root, index } = verified;
        if (options.json) process.stdout.write(`${JSON.stringify({ verified: true, ...verified })}\n`);
        else if (index === undefined) process.stdout.write(`verified: ${size} entries of ${origin}, root ${root}\n`);
        else process.stdout.write(`verified: entry ${index} of ${origin}, in a log of ${size} entries\n`);
      }),
    );
}
