import type { Command } from "commander";
import { commands } from "../main/commands.ts";

/** Commands for the carrier register. @param run ends the program with a message where the work fails. */
export function addCarrierCommands(program: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  const carriers = program.command("carriers").description("the carrier register: who recipients are and what may go there");
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
}
