import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, readlink, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TreeEntry } from "./tree.ts";

const run = promisify(execFile);

/** One package as `debian-lock.json` pins it: what was signed by the archive's Release file on the day that it was written. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
}

export interface DebianLock {
  readonly release: string;
  readonly packages: readonly DebianPackage[];
}

/** What Node, TLS, time zones and host names need, and no shell: neither `bash` nor `dash`, `coreutils` or `libc-bin` is among them. */
const packageNames = ["base-files", "ca-certificates", "gcc-12-base", "libc6", "libgcc-s1", "libstdc++6", "netbase", "tzdata"];

const lockPath = join(import.meta.dirname, "debian-lock.json");
const release = "bookworm";

export async function readDebianLock(): Promise<DebianLock> {
  return JSON.parse(await readFile(lockPath, "utf8")) as DebianLock;
}

/** Writes the lock anew with the newest versions that this machine's apt knows (a Debian of the same release, after `apt-get update`). */
export async function lockDebian(): Promise<DebianLock> {
  const { stdout } = await run("apt-get", ["download", "--print-uris", ...packageNames]);
  const packages = stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [, url = "", file = "", sha256 = ""] = /^'([^']+)' (\S+) \d+ SHA256:([0-9a-f]{64})$/.exec(line) ?? [];
      const [name = "", version = ""] = file.split("_");
      if (version === "") throw new Error("apt-get printed a line of another form");
      return { name, version, url: url.replace(/^http:/, "https:"), sha256 };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const lock = { release, packages };
  await writeFile(lockPath, `${JSON.stringify(lock, null, 2)}\n`);
  return lock;
}

/**
 * @param cache folder that keeps what was fetched, by digest.
 * @returns files of the packages as the image has them: libraries, time zones, licences, and one bundle of certificate authorities.
 * @throws {Error} when a package is not what the lock says.
 */
export async function debianTree(lock: DebianLock, cache: string): Promise<Map<string, TreeEntry>> {
  const unpacked = await mkdtemp(join(tmpdir(), "parcelkeep-debian-"));
  try {
    for (const each of lock.packages) await run("dpkg-deb", ["--extract", await fetched(each, cache), unpacked]);
    const tree = new Map<string, TreeEntry>();
    await collect(unpacked, "", tree);
    tree.set("etc/ssl/certs/ca-certificates.crt", { kind: "file", mode: 0o644, bytes: await authorities(unpacked) });
    return tree;
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function fetched({ name, url, sha256 }: DebianPackage, cache: string): Promise<string> {
  const path = join(cache, `${sha256}.deb`);
  const kept = await readFile(path).catch(() => null);
  if (kept !== null && digestOf(kept) === sha256) return path;
  const answer = await fetch(url);
  if (!answer.ok)
    throw new Error(`${name}: ${url} answered ${answer.status}; a version that the archive has replaced is found at snapshot.debian.org`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (digestOf(bytes) !== sha256) throw new Error(`${name}: what was fetched is not what debian-lock.json says`);
  await mkdir(cache, { recursive: true });
  // Two builds may fetch at once: a file is there whole or not at all.
  await writeFile(`${path}.${process.pid}`, bytes);
  await rename(`${path}.${process.pid}`, path);
  return path;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Programs of the packages are scripts for a shell that is not there; character sets other than UTF-8, manuals and documentation are not used.
 * Licences (`copyright`) stay.
 */
function isLeftOut(path: string): boolean {
  return (
    /^(usr\/)?s?bin(\/|$)/.test(path) ||
    path.startsWith("usr/lib/x86_64-linux-gnu/gconv/") ||
    /^usr\/share\/(man|lintian|locale|bug|gdb|base-files|ca-certificates)(\/|$)/.test(path) ||
    (/^usr\/share\/doc\/[^/]+\//.test(path) && !path.endsWith("/copyright")) ||
    /^(boot|home|media|mnt|opt|proc|root|run|srv|sys|tmp|var)(\/|$)/.test(path) ||
    /^etc\/(update-motd\.d|profile\.d|skel|dpkg|motd|issue|ca-certificates)/.test(path)
  );
}

async function collect(root: string, folder: string, tree: Map<string, TreeEntry>): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (isLeftOut(path)) continue;
    if (entry.isDirectory()) await collect(root, path, tree);
    else if (entry.isSymbolicLink()) tree.set(path, { kind: "link", target: await readlink(join(root, path)) });
    else tree.set(path, { kind: "file", mode: /\.so(\.|$)/.test(entry.name) ? 0o755 : 0o644, bytes: await readFile(join(root, path)) });
  }
}

/** What `update-ca-certificates` would make of Mozilla's authorities: one file, by name. */
async function authorities(root: string): Promise<Buffer> {
  const folder = join(root, "usr", "share", "ca-certificates", "mozilla");
  const names = (await readdir(folder)).sort();
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}
