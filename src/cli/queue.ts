import type { Command } from "commander";
import { commands } from "../main/commands.ts";

/** `parcelkeep queue status|redrive`. */
export function addQueueCommands(queue: Command, run: (work: () => Promise<void>) => Promise<void>): void {
  queue
    .command("status")
    .description("whether the queue is as it has to be, and what waits in it")
    .option("--json", "one JSON object")
    .action((options: { json?: boolean }) =>
      run(async () => {
        const report = await commands.queueReport();
        const lines = Object.entries(report).flatMap(([name, value]) =>
          Array.isArray(value) ? value.map((each) => [name, each]) : [[name, value]],
        );
        process.stdout.write(
          options.json ? `${JSON.stringify(report)}\n` : lines.map(([name, value]) => `${String(name).padEnd(18)} ${value}\n`).join(""),
        );
      }),
    );
  queue
    .command("redrive")
    .description("bring the queue's dead letters back (those of the inbox: dead-letters retry)")
    .option("--json", "one JSON object")
    .action((options: { json?: boolean }) =>
      run(async () => {
        const moved = await commands.redriveQueue();
        if (options.json) process.stdout.write(`${JSON.stringify({ moved })}\n`);
        else process.stdout.write(moved === null ? "SQS moves them in the background\n" : `${moved} moved\n`);
      }),
    );
}
