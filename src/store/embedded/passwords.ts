import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ownerRole, powerRoles, type DatabaseRole } from "../roles.ts";
import { placeUnlessThere, syncFolder, writeDurably } from "./durable-file.ts";
import { EmbeddedPostgresError } from "./error.ts";

/** 192 bits: out of reach of any guessing, whatever the hash that the server keeps. */
const passwordBytes = 24;

const roles = [ownerRole, ...powerRoles] as const;

/** By role; the file is this as a JSON object. */
export type Passwords = Readonly<Record<DatabaseRole, string>>;

export function passwordFileOf(dataDir: string): string {
  return join(dataDir, "secrets", "postgres.json");
}

/**
 * The passwords of these roles, made once and kept in a file of mode 0600; a role that a later version adds gets one then.
 * Two programs at once end with the same file.
 *
 * @throws {EmbeddedPostgresError} `passwords-unusable`
 */
export async function keepPasswords(dataDir: string): Promise<Passwords> {
  const path = passwordFileOf(dataDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const kept = await readPasswords(dataDir);
  if (kept !== null && isComplete(kept)) return kept;
  const made = Object.fromEntries(roles.map((role) => [role, randomBytes(passwordBytes).toString("base64url")]));
  const draft = `${path}.${randomBytes(8).toString("hex")}.new`;
  await writeDurably(draft, `${JSON.stringify({ ...made, ...kept })}\n`);
  if (kept === null) await placeUnlessThere(draft, path);
  else await rename(draft, path);
  await syncFolder(dirname(path));
  const placed = await readPasswords(dataDir);
  if (placed === null || !isComplete(placed))
    throw new EmbeddedPostgresError("passwords-unusable", `${path} was changed by another program`);
  return placed;
}

function isComplete(passwords: Partial<Passwords>): passwords is Passwords {
  return roles.every((role) => passwords[role] !== undefined);
}

/**
 * @returns null when there is no file yet.
 * @throws {EmbeddedPostgresError} `passwords-unusable`
 */
export async function readPasswords(dataDir: string): Promise<Partial<Passwords> | null> {
  const path = passwordFileOf(dataDir);
  let text: string;
  try {
    if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
      throw new EmbeddedPostgresError("passwords-unusable", `${path} is readable by others; its mode must be 0600`);
    }
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof EmbeddedPostgresError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new EmbeddedPostgresError("passwords-unusable", `${path} cannot be read`, { cause });
  }
  try {
    const passwords: unknown = JSON.parse(text);
    if (typeof passwords === "object" && passwords !== null && Object.values(passwords).every((password) => typeof password === "string"))
      return passwords;
  } catch {
    // Falls through: what the parser says could quote the file.
  }
  throw new EmbeddedPostgresError("passwords-unusable", `${path} is not a file of database passwords`);
}
