import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../src/store/embedded/server.ts";
import { embeddedPostgresStatus } from "../../src/store/embedded/status.ts";
import { scratchFolder } from "./scratch.ts";

/** Names the data folder of the server that the test files of one run share. */
export const testServerVariable = "PARCELKEEP_TEST_PG";

const prefix = "parcelkeep-test-";

/** What tests keep is thrown away, so nothing waits for the disk. The rest is as in earnest. */
const settings = { fsync: "off", full_page_writes: "off", max_connections: "200" };

export interface TestServer {
  readonly dataDir: string;
  /** Stops the server and deletes its folder. */
  stop(): Promise<void>;
}

export async function startTestServer(): Promise<TestServer> {
  await removeAbandoned();
  const dataDir = await mkdtemp(join(scratchFolder, `${prefix}${process.pid}-`));
  const postgres = await startEmbeddedPostgres({ dataDir, settings, log: () => {} });
  return {
    dataDir,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A run that was killed leaves its server behind; the next one ends it. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(scratchFolder)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = join(scratchFolder, name);
    if ((await stat(folder)).uid !== process.getuid?.()) continue;
    const status = await embeddedPostgresStatus(folder);
    if (status.state === "running") process.kill(status.pid, "SIGQUIT");
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
