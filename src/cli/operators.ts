import { type Command, Option } from "commander";
import { commands, operatorRoles } from "../main/commands.ts";

type Role = (typeof operatorRoles)[number];
type Run = (work: () => Promise<void>) => Promise<void>;

const roleOption = (): Option => new Option("--role <role>", "what they may do").choices(operatorRoles);

/** Commands for operators. They use the key of the data folder, and the audit log says so. */
export function addOperatorCommands(operators: Command, run: Run): void {
  operators
    .command("list")
    .description("ids, roles, passkeys; nothing that names anybody")
    .option("--json", "one JSON object per line")
    .action((options: { json?: boolean }) =>
      run(async () => {
        for (const each of await commands.operators()) {
          const { operator, state, roles, passkeys, accounts, signedInAt } = each;
          const ways = `${passkeys.length} passkeys, ${accounts} accounts`;
          const line = [operator, state.padEnd(8), roles.join(",") || "no roles", ways, signedInAt ?? "never signed in"];
          process.stdout.write(options.json ? `${JSON.stringify(each)}\n` : `${line.join("  ")}\n`);
        }
      }),
    );

  operators
    .command("invite")
    .description("a code that lets one person enrol a passkey, once, within 15 minutes")
    .addOption(new Option("--role <role...>", "what the new operator may do").choices(operatorRoles))
    .option("--operator <id>", "another passkey for an operator who is there, instead of a new one")
    .option("--email <address>", "of which a digest is kept, so that an account with it is the same person")
    .option("--json", "one JSON object")
    .action((options: { role?: Role[]; operator?: string; email?: string; json?: boolean }) =>
      run(async () => {
        const { role, operator, email } = options;
        const invited = await commands.inviteOperator({
          ...(role === undefined ? {} : { roles: role }),
          ...(operator === undefined ? {} : { operator }),
          ...(email === undefined ? {} : { email }),
        });
        const lines = [`operator   ${invited.operator}`, `code       ${invited.code}`, `open       ${invited.url}`];
        process.stdout.write(options.json ? `${JSON.stringify(invited)}\n` : `${lines.join("\n")}\n`);
      }),
    );

  for (const [verb, says] of [
    ["grant", "give a role; the operator signs in anew"],
    ["revoke", "take a role away, or a passkey"],
  ] as const) {
    const command = operators.command(verb).description(says).argument("<operator>", "id, as `list` shows it").addOption(roleOption());
    if (verb === "revoke") command.option("--passkey <digest>", "as `list --json` shows it");
    command.action((operator: string, { role, passkey }: { role?: Role; passkey?: string }) =>
      run(async () => {
        if (passkey !== undefined && role === undefined) return commands.changeOperator(operator, { change: "revoke-passkey", passkey });
        if (role === undefined || passkey !== undefined)
          throw commands.misuse("one of --role and --passkey", `parcelkeep operators ${verb} --help`);
        return commands.changeOperator(operator, { change: verb, role });
      }),
    );
  }

  for (const [verb, says] of [
    ["disable", "let somebody in no more; their sessions end at once"],
    ["enable", "let somebody in again"],
  ] as const)
    operators
      .command(verb)
      .description(says)
      .argument("<operator>", "id, as `list` shows it")
      .action((operator: string) => run(() => commands.changeOperator(operator, { change: verb })));
}
