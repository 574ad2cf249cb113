import { randomUUID } from "node:crypto";
import { link, lstat, open, rename, rm } from "node:fs/promises";
import { CommandError } from "../main/command-error.ts";

/**
 * Writes what is to be had once into a new file that only its owner can read. The place is tried before the text is asked for, since what could not be written would be
 * gone; the file is there when it is whole, and nothing is left behind where there is no text.
 * @throws {CommandError} where there is such a file, before or since: what was made is kept beside it then. @throws whatever `make` does.
 */
export async function writeNewFile(path: string, make: () => Promise<string>): Promise<void> {
  await refuseExisting(path);
  const beside = `${path}.${randomUUID()}.part`;
  const file = await open(beside, "wx", 0o600);
  try {
    const text = await make().catch(async (error: unknown) => {
      await rm(beside);
      throw error;
    });
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await putInPlace(beside, path);
}

/** By a second name, which is never put over another file; by renaming where the file system has no second names. */
async function putInPlace(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
    await rm(beside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new CommandError("the file was made meanwhile", `what was collected is in ${beside}`);
    await rename(beside, path);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new CommandError("there is such a file already", "name another with --out; nothing was collected");
}
