import type { Command } from "commander";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { commands } from "../main/commands.ts";
import { wholeNumber } from "./option-numbers.ts";

/** Commands for accounts with carriers. A credential comes from a file or standard input: an argument would stand in the shell's history. */
export function addAccountCommands(account: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  account
    .command("add")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--source <source>", "who is asked: gls, ups, dhl-unified, …")
    .requiredOption(
      "--credentials <file>",
      'JSON with the parts that the carrier gave, such as {"clientId": "…", "clientSecret": "…"}; - for standard input',
    )
    .option("--carrier <carrier...>", "whose parcels are asked about here; the source's own where left out")
    .option(
      "--rank <number>",
      "of several accounts for a carrier the lowest goes first; of one rank the one that was added first",
      wholeNumber(0, 100),
    )
    .option("--json", "one JSON object")
    .action((options: { tenant: string; source: string; credentials: string; carrier?: string[]; rank?: number; json?: boolean }) =>
      run(async () => {
        const { tenant, source, credentials, carrier, rank } = options;
        const parts = JSON.parse(credentials === "-" ? await text(process.stdin) : await readFile(credentials, "utf8")) as Record<
          string,
          string
        >;
        const added = await commands.addCarrierAccount(tenant, {
          source,
          credentials: parts,
          ...(carrier === undefined ? {} : { carriers: carrier }),
          ...(rank === undefined ? {} : { rank }),
        });
        process.stdout.write(options.json ? `${JSON.stringify(added)}\n` : `${added.id}  ${added.source}\n`);
      }),
    );
  account
    .command("list")
    .requiredOption("--tenant <id>", "the merchant")
    .option("--json", "one JSON object per line")
    .action((options: { tenant: string; json?: boolean }) =>
      run(async () => {
        for (const each of await commands.carrierAccounts(options.tenant)) {
          const { id, source, carriers, tracked, overdue, held } = each;
          const line = [
            id,
            source.padEnd(16),
            carriers.join(","),
            `${tracked} tracked, ${overdue} due`,
            held === null ? "" : `held: ${held.reason}`,
          ];
          process.stdout.write(options.json ? `${JSON.stringify(each)}\n` : `${line.join("  ")}\n`);
        }
      }),
    );
}
