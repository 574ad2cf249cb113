import type { Command } from "commander";
import { commands } from "../main/commands.ts";
import { addAccountCommands } from "./carrier-accounts.ts";
import { addAgreementCommands } from "./carrier-agreements.ts";

/** Commands for the carrier register. @param run ends the program with a message where the work fails. */
export function addCarrierCommands(program: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  const carriers = program.command("carriers").description("the carrier register: who recipients are and what may go there");
  carriers
    .command("new")
    .description("lay out a new source in this checkout: codec, status table, fixture, tests, register entry (docs/adding-a-carrier.md)")
    .argument("<name>", "its id, such as sample-post")
    .option("--title <title>", "the carrier's name for people")
    .option("--json", "one JSON object")
    .action((name: string, options: { title?: string; json?: boolean }) =>
      run(async () => {
        const files = await commands.newCarrier(name, options.title ?? name);
        const next = `npm test -- src/carriers/${name}/codec.test.ts`;
        process.stdout.write(
          options.json ? `${JSON.stringify({ files })}\n` : `${files.map((file) => `wrote ${file}\n`).join("")}next: ${next}\n`,
        );
      }),
    );
  carriers
    .command("list")
    .option("--tenant <id>", "with what this merchant has agreed")
    .option("--json", "one JSON object per line")
    .action((options: { tenant?: string; json?: boolean }) =>
      run(async () => {
        for (const carrier of await commands.carriers(options.tenant)) {
          const { source, role, country, ultimateOwner, transferTool, contract, hosts } = carrier;
          const agreed = contract === null ? "no contract" : `contract ${contract.reference} of ${contract.date}`;
          const line = [
            source.padEnd(20),
            role.padEnd(10),
            country,
            ultimateOwner.country,
            transferTool.padEnd(29),
            agreed,
            hosts.join(" "),
          ];
          process.stdout.write(options.json ? `${JSON.stringify(carrier)}\n` : `${line.join("  ")}\n`);
        }
      }),
    );
  addAgreementCommands(carriers, run);
  addAccountCommands(carriers.command("account").description("what a merchant asks a carrier with"), run);
}
