import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { commands } from "../main/commands.ts";
import { writeNewFile } from "./new-file.ts";
import { wholeNumber } from "./option-numbers.ts";
import { addDecision, addRequestCommands, list, type Request, type Run, show } from "./requests.ts";

/** `parcelkeep approvals …`, `transfers …`, `exports …` and `changes …`. Deciding takes a person's passkey, in a browser: these commands print the page for it. */
export function addReleaseCommands(program: Command, run: Run): void {
  addApprovals(program.command("approvals").description("who may approve releases"), run);

  const transfers = program.command("transfers").description("personal data that leaves under a grant");
  addTransferRequest(transfers, run, "request", "ask that fields of a shipment go to a recipient, once", {});
  addRequestCommands(transfers, run, "transfers");
  addLanes(transfers.command("lanes").description("standing lanes: so many transfers a day to a recipient, until a time"), run);
  addBreakGlass(transfers.command("break-glass").description("one holder approves an emergency alone; somebody else reviews it"), run);

  addExports(program.command("exports").description("what is kept about a person, opened for them when somebody has agreed"), run);
  addChanges(program.command("changes").description("changes of what decides about releases, which people approve"), run);
}

function addApprovals(approvals: Command, run: Run): void {
  approvals
    .command("stand-alone")
    .description(
      "one person operates this installation: subjects' data may be exported with the operator's key, and the log says so; until `begin`",
    )
    .action(() =>
      run(async () => {
        await commands.standAlone();
        process.stdout.write(
          "exports by the operator's key are open until approvals begin; each stands in the audit log as stand-alone-export\n",
        );
      }),
    );
  approvals
    .command("begin")
    .description("the first approval policy; later ones come by approved changes (docs/operations/emergency-transfer.md)")
    .argument("<file>", "the policy, JSON")
    .option("--json", "one JSON object")
    .action((file: string, options: { json?: boolean }) =>
      run(async () => {
        await commands.beginApprovals(await readFile(file, "utf8"));
        process.stdout.write(options.json ? `${JSON.stringify({ version: 1 })}\n` : "the approval policy is in force, as version 1\n");
      }),
    );
}

interface ReleaseOptions {
  readonly tenant: string;
  readonly recipient: string;
  readonly fields: string;
  readonly purpose: string;
  readonly reason: string;
  readonly text: string;
  readonly basis: string;
  readonly evidence: string;
  readonly reference: string;
  readonly letter?: string;
  readonly json?: boolean;
}

/** What every release is asked for with. */
function withReleaseOptions(command: Command): Command {
  return command
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--recipient <source>", "of the carrier register, such as fedex")
    .requiredOption("--fields <list>", "such as name,street,postalCode,city")
    .requiredOption("--purpose <purpose>", "tracking, delivery, return, customs or claim")
    .requiredOption("--text <text>", "in words, for whoever decides; kept sealed")
    .requiredOption("--basis <basis>", "contract, legitimate-interests, legal-obligation or consent")
    .requiredOption("--evidence <kind>", "contract-clause, consent-record, assessment or article-49")
    .requiredOption("--reference <text>", "where the evidence stands; kept sealed")
    .option("--letter <letter>", "of article 49(1): a to g")
    .option("--json", "one JSON object");
}

/** @returns the body of the request. */
function releaseOf({ tenant: _tenant, json: _json, evidence: kind, reference, letter, fields, ...rest }: ReleaseOptions): object {
  const evidence = { kind, reference, ...(letter === undefined ? {} : { letter }) };
  return { ...rest, fields: fields.split(",").map((field) => field.trim()), evidence };
}

function addTransferRequest(parent: Command, run: Run, name: string, description: string, more: object): void {
  const isEmergency = Object.keys(more).length > 0;
  const command = withReleaseOptions(parent.command(name).description(description)).requiredOption("--shipment <id>", "the shipment");
  if (!isEmergency) command.requiredOption("--reason <reason>", "such as carrier-needs-address or delivery-problem");
  command.action((options: ReleaseOptions) =>
    run(async () => show(await commands.requestApproval("transfers", options.tenant, { ...releaseOf(options), ...more }), options.json)),
  );
}

function addLanes(lanes: Command, run: Run): void {
  withReleaseOptions(lanes.command("request").description("ask for a standing lane"))
    .requiredOption("--reason <reason>", "such as carrier-needs-address")
    .requiredOption("--quota-per-day <count>", "transfers a day (UTC), at most", wholeNumber(1, 100_000))
    .requiredOption("--ends-at <time>", "such as 2027-01-31T00:00:00Z; a year from now at most")
    .action((options: ReleaseOptions & { quotaPerDay: number; endsAt: string }) =>
      run(async () => show(await commands.requestApproval("lanes", options.tenant, releaseOf(options)), options.json)),
    );
  addRequestCommands(lanes, run, "lanes");
  lanes
    .command("send")
    .description("send a shipment's fields under a lane that is open")
    .argument("<id>", "the lane")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--shipment <id>", "the shipment")
    .option("--json", "one JSON object")
    .action((id: string, { tenant, shipment, json }: { tenant: string; shipment: string; json?: boolean }) =>
      run(async () => show(await commands.requestApproval(`lanes/${encodeURIComponent(id)}/transfers`, tenant, { shipment }), json)),
    );
}

/** Nobody else has looked at it, and somebody has to. */
const waitsForReview = ({ review }: Request): boolean => review !== null && review.doneAt === null;

function addBreakGlass(breakGlass: Command, run: Run): void {
  addTransferRequest(breakGlass, run, "request", "declare an emergency: ask for a transfer that one holder may approve alone", {
    reason: "emergency",
    breakGlass: true,
  });
  addDecision(breakGlass, run, "transfers", "use", "approve an emergency alone, as a holder, on the page that this prints", (view) => {
    if ((JSON.parse(view.scope) as { breakGlass?: boolean }).breakGlass !== true) return "it was not asked for as an emergency";
    return view.state === "requested" ? null : `it is ${view.state}, and needs no holder any more`;
  });
  breakGlass
    .command("list")
    .description("uses that wait for their independent review")
    .option("--tenant <id>", "of this merchant")
    .option("--json", "one JSON object per line")
    .action((options: { tenant?: string; json?: boolean }) =>
      run(async () => list((await commands.approvalRequests("transfers", options.tenant, undefined)).filter(waitsForReview), options.json)),
    );
  addDecision(breakGlass, run, "transfers", "review", "sign what you found, as somebody who had no part in it", (view) =>
    waitsForReview(view) ? null : "no review of it is due",
  );
}

function addExports(exports: Command, run: Run): void {
  exports
    .command("request")
    .description("ask that everything that is kept about a person be opened, once")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--subject <id>", "the person, as the search shows them")
    .requiredOption("--reason <reason>", "access-request, portability-request or legal-demand")
    .requiredOption("--text <text>", "in words, for whoever decides; kept sealed")
    .requiredOption("--identity-check <text>", "where it stands how the person was recognised; kept sealed")
    .option("--recipient <who>", "data-subject or data-protection-officer", "data-subject")
    .option("--json", "one JSON object")
    .action(({ tenant, json, ...asked }: { tenant: string; json?: boolean } & Readonly<Record<string, unknown>>) =>
      run(async () => show(await commands.requestApproval("exports", tenant, asked), json)),
    );
  addRequestCommands(exports, run, "exports");
  exports
    .command("collect")
    .description("write what was granted into a new file that only you can read: once, within a day")
    .argument("<id>")
    .requiredOption("--tenant <id>", "the merchant")
    .requiredOption("--out <file>", "JSON; a file that is there is not overwritten")
    .action((id: string, { tenant, out }: { tenant: string; out: string }) =>
      run(async () => {
        await writeNewFile(out, async () => `${JSON.stringify(await commands.collectExport(tenant, id), null, 2)}\n`);
      }),
    );
}

function addChanges(changes: Command, run: Run): void {
  changes
    .command("request")
    .description("ask for a change of the approval policy, the register, retention, or a merchant's agreement or transfer policy")
    .argument("<change>", "approval-policy, register, retention, agreement or transfer-policy")
    .argument("<file>", "the whole new content, JSON")
    .requiredOption("--reason <reason>", "such as policy-review, staff-change or new-contract")
    .requiredOption("--text <text>", "in words, for whoever decides; kept sealed")
    .option("--tenant <id>", "the merchant, of an agreement or transfer policy")
    .option("--recipient <source>", "of an agreement or a register entry")
    .option("--json", "one JSON object")
    .action((change: string, file: string, options: ChangeOptions) =>
      run(async () => {
        const { tenant, json, ...rest } = options;
        const content = await contentOf(file);
        show(await commands.requestApproval("changes", tenant, { change, content, ...rest }), json);
      }),
    );
  addRequestCommands(changes, run, "changes");
}

interface ChangeOptions {
  readonly reason: string;
  readonly text: string;
  readonly tenant?: string;
  readonly recipient?: string;
  readonly json?: boolean;
}

async function contentOf(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch {
    throw commands.misuse("the file cannot be read, or is not JSON", "parcelkeep changes request --help");
  }
}
