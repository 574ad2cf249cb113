import type { Command } from "commander";
import { commands } from "../main/commands.ts";

export type Run = (work: () => Promise<void>) => Promise<void>;
export type Request = Awaited<ReturnType<typeof commands.approvalRequest>>;

interface JsonOption {
  readonly json?: boolean;
}

/** States in which a decision of its kind is taken. */
const openFor: Readonly<Record<string, readonly string[]>> = {
  approve: ["requested"],
  deny: ["requested"],
  veto: ["requested", "approved", "granted"],
};

/** `list`, `show`, `withdraw`, and the decisions, which open a page: of one kind of request. @param path of its collection. */
export function addRequestCommands(parent: Command, run: Run, path: string): void {
  parent
    .command("list")
    .description("requests, newest first")
    .option("--tenant <id>", "of this merchant")
    .option("--state <state>", "in this state: requested, granted, delivered, unknown, …")
    .option("--json", "one JSON object per line")
    .action((options: JsonOption & { tenant?: string; state?: string }) =>
      run(async () => list(await commands.approvalRequests(path, options.tenant, options.state), options.json)),
    );
  parent
    .command("show")
    .description("one request, with its scope and what was decided")
    .argument("<id>")
    .option("--json", "one JSON object")
    .action((id: string, options: JsonOption) => run(async () => show(await commands.approvalRequest(path, id), options.json)));
  parent
    .command("withdraw")
    .description("take a request back that is not used yet")
    .argument("<id>")
    .option("--json", "one JSON object")
    .action((id: string, options: JsonOption) => run(async () => show(await commands.withdrawRequest(path, id), options.json)));
  for (const [decision, states] of Object.entries(openFor))
    addDecision(parent, run, path, decision, `${decision} it with a passkey, on the page that this prints`, ({ state }) =>
      states.includes(state) ? null : `it is ${state}, and can be decided so no more`,
    );
}

/** A decision that a passkey signs. @param whyNot for people; null where it is open for it. */
export function addDecision(
  parent: Command,
  run: Run,
  path: string,
  decision: string,
  description: string,
  whyNot: (view: Request) => string | null,
): void {
  parent
    .command(decision)
    .description(description)
    .argument("<id>")
    .option("--json", "one JSON object")
    .action((id: string, options: JsonOption) =>
      run(async () => {
        const { url, view } = await commands.decisionPage(path, id);
        const refusal = whyNot(view);
        if (refusal !== null) throw commands.misuse(refusal, `parcelkeep ${namesOf(parent)} show ${id}`);
        const { challenges, askedAt, state } = view;
        const line = `open             ${url}\n${"state".padEnd(16)} ${state}\n`;
        process.stdout.write(options.json ? `${JSON.stringify({ decision, url, state, askedAt, challenges })}\n` : line);
      }),
    );
}

/** As it is typed after the program's name; what is shown is with the collection's own commands. */
function namesOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null && each.parent !== null; each = each.parent)
    if (each.name() !== "break-glass") names.unshift(each.name());
  return names.join(" ");
}

export function list(requests: readonly Request[], json: boolean | undefined): void {
  for (const each of requests) process.stdout.write(json ? `${JSON.stringify(each)}\n` : line(each));
}

function line({ id, state, requestedAt, reason, scope }: Request): string {
  const { recipient, change } = JSON.parse(scope) as { recipient: { source: string } | string | null; change?: string };
  const what = change ?? (typeof recipient === "object" ? recipient?.source : recipient) ?? "";
  return `${id}  ${state.padEnd(18)} ${requestedAt}  ${what.padEnd(16)} ${reason}\n`;
}

export function show(request: Request, json: boolean | undefined): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(request)}\n`);
    return;
  }
  const { decisions, challenges: _challenges, askedAt: _askedAt, words: _words, content: _content, warnings, review, ...facts } = request;
  for (const [name, value] of Object.entries(facts))
    if (typeof value === "string" || typeof value === "number") process.stdout.write(`${name.padEnd(16)} ${value}\n`);
  for (const { person, decision, at } of decisions) process.stdout.write(`${decision.padEnd(16)} ${person} ${at}\n`);
  for (const { code, count } of warnings) process.stdout.write(`warning          ${code}: ${count} in the last year\n`);
  if (review !== null) process.stdout.write(`review           ${review.outcome ?? `due ${review.dueAt}`}\n`);
}
