import type { Command } from "commander";
import { commands } from "../main/commands.ts";

interface Which {
  readonly tenant: string;
  readonly id?: string[];
  readonly source?: string;
  readonly code?: string;
  readonly json?: boolean;
}

/** Commands for what waits for a person (docs/operations/dead-letters.md). */
export function addDeadLetterCommands(program: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  const letters = program.command("dead-letters").description("what could not be done by itself (docs/operations/dead-letters.md)");
  letters
    .command("list")
    .requiredOption("--tenant <id>", "the merchant")
    .option("--state <state>", "waiting (all that are not dismissed), open, acknowledged, dismissed, all", "waiting")
    .option("--json", "one JSON object per line")
    .action((options: { tenant: string; state: string; json?: boolean }) =>
      run(async () => {
        for (const letter of await commands.deadLetters(options.tenant, options.state)) {
          const { id, kind, source, code, at, failures, state, decision } = letter;
          const said = decision === null ? state : `${state}: ${decision.reason} by ${decision.by}`;
          const line = [id, at, kind.padEnd(11), source.padEnd(16), code ?? "-", `${failures} times`, said];
          process.stdout.write(options.json ? `${JSON.stringify(letter)}\n` : `${line.join("  ")}\n`);
        }
      }),
    );
  for (const [name, state, what] of [
    ["acknowledge", "acknowledged", "somebody is at it"],
    ["dismiss", "dismissed", "nothing is to be done; it waits no more and stays readable"],
    ["reopen", "open", "take back what was said"],
  ] as const) {
    which(letters.command(name).description(what))
      .option("--reason <reason>", "carrier-fault, our-fault, credential, duplicate, test-data, not-ours, too-old, other")
      .option("--reference <id>", "a ticket's id or the like")
      .action((options: Which & { reason?: string; reference?: string }) =>
        run(async () => {
          const { tenant, reason, reference, json } = options;
          const said = {
            ...filterOf(options),
            state,
            ...(reason === undefined ? {} : { reason }),
            ...(reference === undefined ? {} : { reference }),
          };
          const changed = await commands.triageDeadLetters(tenant, said);
          process.stdout.write(json ? `${JSON.stringify({ changed })}\n` : `${changed} ${state}\n`);
        }),
      );
  }
  which(letters.command("retry").description("try again as it stands"))
    .option("--as <source>", "source whose codec reads what is in quarantine")
    .action((options: Which & { as?: string }) =>
      run(async () => {
        const { tenant, as, json } = options;
        const retried = await commands.retryDeadLetters(tenant, { ...filterOf(options), ...(as === undefined ? {} : { as }) });
        const more = retried.more ? "; more are left, ask again" : "";
        process.stdout.write(
          json ? `${JSON.stringify(retried)}\n` : `${retried.retried} tried again, ${retried.refused} do not decode${more}\n`,
        );
      }),
    );
}

function which(command: Command): Command {
  return command
    .requiredOption("--tenant <id>", "the merchant")
    .option("--id <id...>", "these letters")
    .option("--source <source>", "those of a source")
    .option("--code <code>", "those of a code")
    .option("--json", "one JSON object");
}

function filterOf({ id, source, code }: Which) {
  return { ...(id === undefined ? {} : { ids: id }), ...(source === undefined ? {} : { source }), ...(code === undefined ? {} : { code }) };
}
