import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const inMemory = "/dev/shm";
const gibibyte = 1024 ** 3;

/**
 * Where databases of tests lie. In memory where the system has room there: a database is a thousand files, and ext4 spends more on making and deleting them
 * than the tests on everything else (its allocator walks past what was deleted within the last minute). Tests kill processes and not machines, so that
 * nothing is proven by a disk.
 */
export const scratchFolder = hasRoom(inMemory) ? inMemory : tmpdir();

/** A program under load keeps up to a gibibyte of its database's log. */
function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > 3 * gibibyte && process.availableMemory() > 5 * gibibyte;
  } catch {
    return false;
  }
}
