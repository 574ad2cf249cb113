import type { Command } from "commander";
import { commands } from "../main/commands.ts";

interface AgreementOptions {
  readonly tenant: string;
  readonly source: string;
  readonly contract?: string;
  readonly date?: string;
  readonly basis?: string;
  readonly tool?: string;
  readonly field?: string[];
  readonly json?: boolean;
}

/** Commands for what a merchant has agreed with recipients, and which it refuses. */
export function addAgreementCommands(carriers: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  const agreement = carriers.command("agreement").description("what a merchant has agreed with a recipient");
  agreement
    .command("set")
    .description("enter a new version; what is left out is as the register says")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--source <source>", "the recipient: gls, ups, dhl-unified, …")
    .option("--contract <reference>", "the contract's reference, with --date")
    .option("--date <day>", "of the contract, YYYY-MM-DD")
    .option("--basis <basis>", "lawful basis: contract, legitimate-interests, legal-obligation, consent")
    .option("--tool <tool>", "what carries a transfer to a third country, such as standard-contractual-clauses")
    .option("--field <category...>", "personal fields that may go there")
    .option("--json", "one JSON object")
    .action((options: AgreementOptions) =>
      run(async () => {
        const { tenant, source, contract: reference, date, basis, tool, field } = options;
        const agreed = await commands.agree(tenant, source, {
          ...(reference === undefined && date === undefined ? {} : { contract: { reference: reference ?? "", date: date ?? "" } }),
          ...(basis === undefined ? {} : { lawfulBasis: basis as never }),
          ...(tool === undefined ? {} : { transferTool: tool as never }),
          ...(field === undefined ? {} : { fieldsAllowed: field as never }),
        });
        process.stdout.write(options.json ? `${JSON.stringify(agreed)}\n` : `${source}  version ${agreed.agreementVersion}\n`);
      }),
    );
  agreement
    .command("show")
    .description("the versions, the newest first")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--source <source>", "the recipient")
    .option("--json", "one JSON object per line")
    .action((options: { tenant: string; source: string; json?: boolean }) =>
      run(async () => {
        for (const each of await commands.agreements(options.tenant, options.source)) {
          const { version, validFrom, changedBy, contract, lawfulBasis, transferTool, fieldsAllowed } = each;
          const line = [
            `version ${version}`,
            validFrom,
            changedBy,
            contract === null ? "no contract" : `contract ${contract.reference} of ${contract.date}`,
            lawfulBasis ?? "-",
            transferTool ?? "-",
            fieldsAllowed?.join(",") ?? "-",
          ];
          process.stdout.write(options.json ? `${JSON.stringify(each)}\n` : `${line.join("  ")}\n`);
        }
      }),
    );

  const policy = carriers.command("policy").description("which recipients a merchant refuses");
  policy
    .command("set")
    .description("replace the policy; without options nothing is refused")
    .requiredOption("--tenant <id>", "the merchant")
    .option("--refuse <source...>", "recipients that get nothing")
    .option("--refuse-owners-outside-eea", "recipients whose ultimate owner sits outside the EEA get nothing", false)
    .option("--json", "one JSON object")
    .action((options: { tenant: string; refuse?: string[]; refuseOwnersOutsideEea: boolean; json?: boolean }) =>
      run(async () => {
        const { tenant, refuse, refuseOwnersOutsideEea, json } = options;
        const input = { refusesOwnersOutsideEea: refuseOwnersOutsideEea, refusedRecipients: refuse ?? [] };
        showPolicy(await commands.setTransferPolicy(tenant, input), json);
      }),
    );
  policy
    .command("show")
    .requiredOption("--tenant <id>", "the merchant")
    .option("--json", "one JSON object")
    .action((options: { tenant: string; json?: boolean }) =>
      run(async () => showPolicy(await commands.transferPolicy(options.tenant), options.json)),
    );
}

function showPolicy(policy: Awaited<ReturnType<typeof commands.transferPolicy>>, isJson: boolean | undefined): void {
  const { refusesOwnersOutsideEea, refusedRecipients, change } = policy;
  const line = [
    change === null ? "none set" : `version ${change.version}`,
    refusesOwnersOutsideEea ? "owners outside the EEA refused" : "owners anywhere",
    refusedRecipients.length === 0 ? "no recipient refused" : `refused: ${refusedRecipients.join(", ")}`,
  ];
  process.stdout.write(isJson ? `${JSON.stringify(policy)}\n` : `${line.join("  ")}\n`);
}
