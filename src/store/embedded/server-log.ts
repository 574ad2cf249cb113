import { open, mkdir, rename, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";

const rotateBytes = 10 * 1024 * 1024;
const tailBytes = 2_000;

/** A file and not a pipe: the server outlives a supervisor that is killed, and must not stumble over its broken pipe. */
export interface ServerLog {
  readonly handle: FileHandle;
  /** The end of what was written since the log was opened. */
  tail(): Promise<string>;
}

/** Opens the log for a server that is about to start. One older file is kept, so the two stay near 20 MB. The caller closes the handle. */
export async function openServerLog(dataDir: string): Promise<ServerLog> {
  const path = join(dataDir, "logs", "postgres.log");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > rotateBytes) await rename(path, `${path}.1`);
  const handle = await open(path, "a", 0o600);
  await handle.chmod(0o600);
  const start = (await handle.stat()).size;
  return { handle, tail: () => readTail(path, start) };
}

async function readTail(path: string, start: number): Promise<string> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const from = Math.max(start, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
