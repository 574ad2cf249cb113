import { type Command, Option } from "commander";
import { commands, scopes } from "../main/commands.ts";

/** Commands for a merchant's API keys. */
export function addApiKeyCommands(keys: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  keys
    .command("create")
    .description("a new key, which is shown once")
    .requiredOption("--tenant <id>", "the merchant")
    .addOption(new Option("--scope <scope...>", "what it may be used for").choices(scopes).makeOptionMandatory())
    .option("--owner <operator>", "who answers for it: what it asks for counts as asked for by them")
    .option("--json", "one JSON object")
    .action((options: { tenant: string; scope: string[]; owner?: string; json?: boolean }) =>
      run(async () => {
        const created = await commands.createApiKey(options.tenant, options.scope, options.owner);
        process.stdout.write(
          options.json ? `${JSON.stringify(created)}\n` : `key        ${created["key"]}\napiKey     ${created["apiKey"]}\n`,
        );
      }),
    );
  keys
    .command("list")
    .requiredOption("--tenant <id>", "the merchant")
    .option("--json", "one JSON object per line")
    .action((options: { tenant: string; json?: boolean }) =>
      run(async () => {
        for (const each of await commands.apiKeys(options.tenant)) {
          const line = [
            each.key,
            each.scopes.join(","),
            each.owner ?? "no owner",
            each.createdAt,
            each.revokedAt === null ? "" : `revoked ${each.revokedAt}`,
          ];
          process.stdout.write(options.json ? `${JSON.stringify(each)}\n` : `${line.join("  ").trim()}\n`);
        }
      }),
    );
  keys
    .command("revoke")
    .description("it stops within seconds")
    .requiredOption("--tenant <id>", "the merchant")
    .argument("<key>", "id, as `list` shows it: the part between the underscores")
    .action((key: string, options: { tenant: string }) => run(() => commands.revokeApiKey(options.tenant, key)));
}
