import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import { commands } from "../main/commands.ts";
import { wholeNumber } from "./option-numbers.ts";

/** Above it, ingest on a machine of two cores would feel it. */
const keysPerSecond = 2_000;
const indexEntriesPerSecond = 5_000;

interface RotateOptions {
  readonly retire?: boolean;
  readonly rate: number;
  readonly operator: string;
  readonly json?: boolean;
}

/** `parcelkeep keys rotate|retire|status`. */
export function addRotationCommands(keys: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  const rotate = keys.command("rotate").description("replace keys while everything runs; repeat a command that was cut short");
  for (const kind of ["epoch", "root"] as const) {
    const description = {
      epoch: "a new epoch of the root; every wrapped key moves to it",
      root: "a new root key: the same, since each epoch has a root of its own",
    }[kind];
    rotate
      .command(kind)
      .description(description)
      .option("--retire", "then destroy what opens the older epochs: older backups of the database can no longer be read")
      .addOption(rateOption())
      .addOption(operatorOption())
      .option("--json", "one JSON object a line")
      .action((options: RotateOptions) =>
        run(() =>
          commands.rotateWraps(kind, options.retire === true, {
            operator: options.operator,
            keysPerSecond: options.rate,
            report: (event) => print(event, options.json),
          }),
        ),
      );
  }
  rotate
    .command("blind-index")
    .description("a new key over the old one for the index that finds values again; no value is opened")
    .addOption(new Option("--tenant <id>", "of one tenant").conflicts("all"))
    .option("--all", "of all tenants")
    .addOption(rateOption().default(indexEntriesPerSecond))
    .addOption(operatorOption())
    .option("--json", "one JSON object a line")
    .action((options: RotateOptions & { tenant?: string; all?: boolean }, command: Command) => {
      if (options.tenant === undefined && options.all !== true) command.error("error: name a tenant with --tenant, or all with --all");
      return run(() =>
        commands.rotateIndex(options.tenant ?? null, {
          operator: options.operator,
          keysPerSecond: options.rate,
          report: (event) => print(event, options.json),
        }),
      );
    });
  keys
    .command("retire")
    .description("destroy what opens the wraps of an epoch and all before it; refused while there is one")
    .requiredOption("--epoch <number>", "the last epoch to retire", wholeNumber(1))
    .addOption(operatorOption())
    .option("--json", "one JSON object")
    .action((options: { epoch: number; operator: string; json?: boolean }) =>
      run(() => commands.retireEpoch(options.epoch, { operator: options.operator, report: (event) => print(event, options.json) })),
    );
  keys
    .command("status")
    .description("epochs, wraps of each, and the register of rotations")
    .option("--json", "one JSON object")
    .action((options: { json?: boolean }) =>
      run(async () => {
        const status = await commands.keyStatus();
        process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : statusText(status));
      }),
    );
}

type RotationEvent = Parameters<Parameters<typeof commands.rotateWraps>[2]["report"]>[0];
type KeyStatus = Awaited<ReturnType<typeof commands.keyStatus>>;

function print(event: RotationEvent, json: boolean | undefined): void {
  process.stdout.write(`${json ? JSON.stringify(event) : eventText(event)}\n`);
}

function eventText(event: RotationEvent): string {
  switch (event.event) {
    case "begun":
    case "resumed":
      return `${event.kind} rotation ${event.event}: ${event.from} to ${event.to} (${event.rotation})`;
    case "progress":
      return `  ${event.moved} moved, ${leftText(event)}, ${event.perSecond} a second${refusedText(event.refused)}`;
    case "finished":
      return `finished: ${event.moved} moved, ${event.left} left, ${event.perSecond} a second${refusedText(event.refused)}`;
    case "retired":
      return `retired: wraps of epochs before ${event.minimumEpoch} are refused, and what opened them is destroyed`;
  }
}

function leftText({ left, share }: Extract<RotationEvent, { event: "progress" | "finished" }>): string {
  return left === null ? `${Math.floor((share ?? 0) * 100)} % of the index` : `${left} left`;
}

function refusedText(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused)
    .map(([code, count]) => `; ${count} sessions do not open (${code})`)
    .join("");
}

function statusText({ currentEpoch, minimumEpoch, epochs, indexVersions, rotations }: KeyStatus): string {
  const lines = [
    `current epoch  ${currentEpoch}`,
    `minimum epoch  ${minimumEpoch}`,
    ...epochs.map(({ epoch, sessions, wraps }) => `epoch ${epoch}: ${wraps} wraps of ${sessions} sessions`),
    ...indexVersions.map(
      ({ version, tenants, moving }) =>
        `index key ${version}: ${tenants} tenants${moving === 0 ? "" : `, entries of ${moving} are being moved`}`,
    ),
    ...rotations.map(
      ({ kind, from, to, operator, startedAt, finishedAt, entries, registered }) =>
        `${startedAt}  ${kind} ${from} to ${to ?? "?"} by ${operator}: ${entries} re-encrypted, ${registered} entries in the register, ${finishedAt === null ? "unfinished" : `finished ${finishedAt}`}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function rateOption(): Option {
  return new Option("--rate <keys>", "at most so many keys a second").default(keysPerSecond).argParser(wholeNumber(1));
}

function operatorOption(): Option {
  return new Option("--operator <name>", "who rotates, for the register").default(accountName(), "the account that runs the command");
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
