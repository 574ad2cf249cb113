import { Command, Option } from "commander";
import { readFile } from "node:fs/promises";
import { type Answers, commands } from "../main/commands.ts";
import { addApiKeyCommands } from "./api-keys.ts";
import { addAuditCommands } from "./audit.ts";
import { addCarrierCommands } from "./carriers.ts";
import { addDeadLetterCommands } from "./dead-letters.ts";
import { addCheckCommands } from "./check.ts";
import { addRotationCommands } from "./keys.ts";
import { addOperatorCommands } from "./operators.ts";
import { addQueueCommands } from "./queue.ts";
import { addReleaseCommands } from "./releases.ts";
import { exitCodeOf } from "../main/exit-code.ts";
import { keysReportText } from "../main/keys/keys-report.ts";
import { type RoleName, roleNames } from "../main/role.ts";
import { addSimulateCommand } from "./simulate.ts";

const program = new Command("parcelkeep").description("Sovereign, pseudonymous parcel tracking").version("0.1.0");

program
  .command("start")
  .description("start everything on one data folder (PARCELKEEP_DATA)")
  .option("--no-demo", "do not offer the demo tenant and its invented parcels")
  .action((options: { demo: boolean }) => run(() => commands.start(options)));

program
  .command("serve")
  .description("run one role in the foreground, for a platform that supervises processes itself (docs/operations/serve.md)")
  .addOption(new Option("--role <role>", "which").choices(roleNames).makeOptionMandatory())
  .action((options: { role: RoleName }) => run(() => commands.serve(options.role)));

program
  .command("open")
  .description(
    "carry out one grant and end: the command of an opener's task, where a platform starts it (docs/operations/emergency-transfer.md)",
  )
  .requiredOption("--grant <id>", "the grant; what it is about stands in the database")
  .requiredOption("--tenant <id>", "the merchant whose grant it is")
  .action((options: { grant: string; tenant: string }) =>
    run(async () => {
      process.exitCode = await commands.open(options);
    }),
  );

program
  .command("migrate")
  .description("bring the database up to date: the data folder's, or the one that PARCELKEEP_DATABASE_URL names")
  .option("--json", "one JSON object")
  .action((options: { json?: boolean }) =>
    run(async () => {
      const applied = await commands.migrate();
      const lines = applied.length === 0 ? ["the database is up to date"] : applied.map((name) => `applied ${name}`);
      process.stdout.write(options.json ? `${JSON.stringify({ applied })}\n` : `${lines.join("\n")}\n`);
    }),
  );

const tenants = program.command("tenants").description("merchants");
tenants
  .command("create")
  .description("a new merchant, with an API key that is shown once")
  .requiredOption("--name <name>", "the merchant's name")
  .option("--owner <operator>", "who answers for the key: what it asks for counts as asked for by them")
  .option("--json", "one JSON object")
  .action((options: { name: string; owner?: string; json?: boolean }) =>
    run(async () => show(await commands.createTenant(options.name, options.owner), options.json)),
  );

tenants
  .command("policy")
  .description("what is kept beside a merchant's tokens; what is not named is switched off and deleted (docs/tokens.md)")
  .requiredOption("--tenant <id>", "the merchant")
  .option("--mask <category...>", "masked views of these: phone, email")
  .option(
    "--beacons <category:values:subjects...>",
    "beacons, as in postalCode:8200:1000000 (different values, subjects; a fourth number: partitions)",
  )
  .option("--json", "one JSON object")
  .action((options: { tenant: string; mask?: string[]; beacons?: string[]; json?: boolean }) =>
    run(async () => show(await commands.setVaultPolicy(options), options.json)),
  );

const endpoints = program.command("endpoints").description("inbound addresses");
endpoints
  .command("create")
  .description("a new address for a source's webhooks")
  .requiredOption("--tenant <id>", "the merchant")
  .requiredOption("--source <source>", "who sends: dhl-unified, ups, shopify, …, or unknown")
  .option("--secret <secret>", "the secret that the source signs or sends with; made up and shown once where it is left out")
  .option("--client-id <id>", "client id for a source that authenticates by OAuth")
  .option("--jwks <file or address>", "key set of a source that signs with a private key (shipengine): a JSON file, or its https address")
  .addOption(new Option("--auth <kind>", "none: trust by address only (--allow-from)").choices(["none"]))
  .option("--allow-from <cidr...>", "addresses that may send")
  .option("--json", "one JSON object")
  .action(
    (options: {
      tenant: string;
      source: string;
      secret?: string;
      clientId?: string;
      jwks?: string;
      auth?: string;
      allowFrom?: string[];
      json?: boolean;
    }) =>
      run(async () => {
        const { jwks } = options;
        const keySet = jwks === undefined || jwks.startsWith("https://") ? jwks : await readFile(jwks, "utf8");
        show(await commands.createEndpoint({ ...options, ...(keySet === undefined ? {} : { jwks: keySet }) }), options.json);
      }),
  );

program
  .command("ingest")
  .description("captured webhook bodies or carrier answers through the same path")
  .requiredOption("--tenant <id>", "the merchant")
  .requiredOption("--source <source>", "who sent them")
  .option("--json", "one JSON line per file")
  .argument("<files...>")
  .action((files: string[], options: { tenant: string; source: string; json?: boolean }) =>
    run(async () => {
      await commands.ingest(
        options.tenant,
        options.source,
        files,
        (file, receipt) => process.stdout.write(options.json ? `${JSON.stringify({ file, receipt })}\n` : `${file}  ${receipt}\n`),
        (file) => readFile(file),
      );
    }),
  );

const keys = program.command("keys").description("root keys of the vault (docs/operations/keys.md)");
keys
  .command("init")
  .description("make the root keys where there are none: key files, or keys in the tokens that the settings name")
  .option("--json", "one JSON object")
  .action((options: { json?: boolean }) =>
    run(async () => show({ provider: commands.keyProvider(), epoch: String(await commands.initKeys()) }, options.json)),
  );
keys
  .command("preflight")
  .description("ask the provider what is real: protection, place, epochs, what it records")
  .option("--json", "one JSON object")
  .action((options: { json?: boolean }) =>
    run(async () => {
      const report = await commands.keysPreflight();
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : keysReportText(report));
    }),
  );
addRotationCommands(keys, run);
addCarrierCommands(program, run);
addOperatorCommands(program.command("operators").description("who may sign in, and what they may do (docs/operations/operators.md)"), run);
addApiKeyCommands(tenants.command("keys").description("a merchant's API keys"), run);
addReleaseCommands(program, run);
addDeadLetterCommands(program, run);
addQueueCommands(
  program.command("queue").description("the queue between inbox and workers, where one is set (docs/operations/queue.md)"),
  run,
);

addAuditCommands(program.command("audit").description("the audit log, for whoever must trust it"), run);

program
  .command("detect")
  .description("the carriers that a tracking number may be of, best first; nothing is stored or sent")
  .argument("<number>")
  .option("--carriers <carrier...>", "the carriers that the merchant works with")
  .option("--destination <country>", "two letters, such as DE")
  .option("--json", "one JSON object")
  .action((number: string, options: { carriers?: string[]; destination?: string; json?: boolean }) =>
    run(async () => {
      const candidates = commands.detect(number, options);
      const lines = candidates.map((each) => `${each.score.toFixed(3)}  ${each.carrier.padEnd(18)} ${each.format}\n`);
      if (options.json) process.stdout.write(`${JSON.stringify({ candidates })}\n`);
      else process.stdout.write(lines.length === 0 ? "no known format\n" : lines.join(""));
    }),
  );

addCheckCommands(program.command("check").description("what a deployment finds"), run);
addSimulateCommand(program, run);

const database = program.command("db").description("the database");
database
  .command("url")
  .description("connection string of the embedded one while it runs")
  .action(() => run(async () => void process.stdout.write(`${await commands.databaseUrl()}\n`)));
database
  .command("roles")
  .description(
    "make the roles in the managed one that PARCELKEEP_DATABASE_URL names, and let them log in by IAM (docs/operations/deploy.md)",
  )
  .option("--json", "one JSON object")
  .action((options: { json?: boolean }) =>
    run(async () => {
      const made = await commands.makeIamRoles();
      const lines = made.length === 0 ? ["the roles are there"] : made.map((name) => `made ${name}`);
      process.stdout.write(options.json ? `${JSON.stringify({ made })}\n` : `${lines.join("\n")}\n`);
    }),
  );

await program.parseAsync();

function show(answers: Answers, json: boolean | undefined): void {
  if (json) process.stdout.write(`${JSON.stringify(answers)}\n`);
  else for (const [name, value] of Object.entries(answers)) process.stdout.write(`${name.padEnd(10)} ${value}\n`);
}

async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const hint = (error as { hint?: string }).hint;
    process.stderr.write(`error: ${error instanceof Error ? error.message : "unknown"}\n${hint === undefined ? "" : `hint: ${hint}\n`}`);
    process.exitCode = exitCodeOf(error);
  }
}
