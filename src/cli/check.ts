import type { Command } from "commander";
import { commands } from "../main/commands.ts";

type RegionReport = Awaited<ReturnType<typeof commands.checkRegion>>;

/** `parcelkeep check region`. */
export function addCheckCommands(check: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  check
    .command("region")
    .description("which services the region has, what stands in for those that are missing, and where keys can be (docs/operations/aws.md)")
    .option("--refresh", "read the list from AWS now, with the credentials of this environment, and keep it")
    .option("--json", "one JSON object")
    .action((options: { refresh?: boolean; json?: boolean }) =>
      run(async () => {
        const report = await commands.checkRegion(options.refresh === true);
        process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
        if (!report.suffices) process.exitCode = 1;
      }),
    );
}

function reportText({ region, readOn, source, services, keyOrigins, suffices }: RegionReport): string {
  const lines = services.map(({ service, for: what, state, weight, standIn }) => {
    const instead = state === "there" ? "" : standIn === null ? "; nothing stands in for it" : `; instead: ${standIn}`;
    return `${state.padEnd(8)} ${service.padEnd(24)} ${what}${weight === "wished" ? " (wished)" : ""}${instead}`;
  });
  const origins = keyOrigins.map(({ origin, state }) => `${state.padEnd(8)} ${origin}`);
  return [
    `${region}, as read on ${readOn}: ${source}`,
    "",
    ...lines,
    "",
    "Where root keys can come from (keys preflight says where yours are):",
    ...origins,
    "",
    suffices ? "The region suffices." : "The region does not suffice.",
    "",
  ].join("\n");
}
