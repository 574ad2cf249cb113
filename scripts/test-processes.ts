import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * What only a file with a process of its own may do, as its text shows: hooks would be those of all files of the process, settings, databases, threads and
 * processes outlive the test that made them, and what is loaded has been loaded.
 */
const needsOwnProcess =
  /support\/(?:database|embedded)|node:(?:child_process|worker_threads|module)|import \{[^}]*\b(?:before|after)(?:Each)?\b[^}]*\} from "node:test"|Object\.assign\(process\.env|process\.env\[[^\]]*\] =[^=]|memoryUsage/;

/**
 * Starting a process and loading what is tested takes longer than the tests of most files, so those that leave nothing behind share one for each folder of `src`.
 *
 * @param files paths from the checkout's root, with slashes.
 * @returns the files of each process.
 */
export function testProcesses(files: readonly string[], textOf: (file: string) => string): readonly (readonly string[])[] {
  const shared = Map.groupBy(files, (file) => {
    const [top, folder] = file.split("/");
    return top !== "src" || needsOwnProcess.test(textOf(file)) ? file : `src/${folder}`;
  });
  return [...shared.values()];
}

export interface TestEntries {
  /** Paths for `node --test`, one for each process. */
  readonly paths: readonly string[];
  remove(): Promise<void>;
}

/** Writes, for each process of several files, a file that imports them. A failure is told with the place of its test, and not of the import. */
export async function writeTestEntries(root: string, processes: readonly (readonly string[])[]): Promise<TestEntries> {
  const folder = await mkdtemp(join(tmpdir(), "parcelkeep-test-files-"));
  const paths = await Promise.all(
    processes.map(async (files, at) => {
      if (files.length === 1) return files[0]!;
      const path = join(folder, `${at}.test.mjs`);
      await writeFile(path, files.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`).join(""));
      return path;
    }),
  );
  return { paths, remove: () => rm(folder, { recursive: true, force: true }) };
}
