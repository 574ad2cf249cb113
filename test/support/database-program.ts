// A program that starts the embedded database on a folder, says so in one line and waits: for a line on stdin, then it stops the database, or to be killed.
import { startEmbeddedPostgres } from "../../src/store/embedded/server.ts";

const [dataDir = "", settings = "{}"] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ dataDir, settings: JSON.parse(settings) as Record<string, string>, log: () => {} });
process.stdout.write(`${JSON.stringify({ pid: postgres.pid, port: postgres.port, adopted: postgres.adopted })}\n`);
process.stdin.once("data", () => {
  // Without process.exit: after stop() nothing may keep a program alive.
  void postgres.stop().then(() => process.stdin.destroy());
});
