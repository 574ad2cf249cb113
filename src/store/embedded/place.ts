import { access, constants, mkdir, realpath } from "node:fs/promises";
import { ownerRole } from "../roles.ts";
import { chooseAccount, type Account } from "./account.ts";
import { findBinaries, type Binaries } from "./binaries.ts";
import { clusterFolderOf, initialise, isInitialised, socketFolderOf } from "./cluster.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { keepPasswords, readPasswords, type Passwords } from "./passwords.ts";
import { settingArguments } from "./settings.ts";

/** All that is known before a server runs: where it keeps its data, as whom it runs and with which settings. */
export interface Place {
  readonly dataDir: string;
  readonly clusterFolder: string;
  readonly socketDir: string | null;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly passwords: Passwords;
  serverArguments(port: number): readonly string[];
}

/**
 * Makes the data folder ready for a server: passwords, and a fresh cluster if there is none.
 *
 * @throws {EmbeddedPostgresError} all codes but `start-failed`, `not-ready` and `stop-failed`
 */
export async function preparePlace(options: {
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, string>>;
  log(line: string): void;
}): Promise<Place> {
  const dataDir = await ownFolder(options.dataDir);
  const binaries = await findBinaries();
  const account = await chooseAccount(binaries.postgres, dataDir);
  const isNew = !(await isInitialised(dataDir));
  if (!isNew && (await readPasswords(dataDir)) === null) {
    throw new EmbeddedPostgresError(
      "passwords-unusable",
      `there is a database and no ${dataDir}/secrets/postgres.json to open it with; restore that file`,
    );
  }
  const passwords = await keepPasswords(dataDir);
  if (isNew) {
    options.log("making a new database");
    await initialise(dataDir, { binaries, account, password: passwords[ownerRole], durable: options.settings["fsync"] !== "off" });
  }
  const clusterFolder = clusterFolderOf(dataDir);
  const socketDir = socketFolderOf(dataDir);
  const settings = settingArguments(options.settings, socketDir);
  return {
    dataDir,
    clusterFolder,
    socketDir,
    binaries,
    account,
    passwords,
    serverArguments: (port) => ["-D", clusterFolder, "-p", String(port), ...settings],
  };
}

/** @returns the folder's real path, since the server writes down where it is. */
async function ownFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(path);
  } catch (cause) {
    throw new EmbeddedPostgresError("folder-unusable", "the data folder cannot be made or written to by this user", { cause });
  }
}
