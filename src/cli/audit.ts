import type { Command } from "commander";
import { type VerifyOptions, verifyAudit } from "../main/audit-verify.ts";

/** `parcelkeep audit …`: what outsiders need of the audit log. */
export function addAuditCommands(audit: Command, run: (work: () => Promise<void>) => Promise<void>): void {
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
