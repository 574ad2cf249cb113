import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { holdFolderLock } from "./folder-lock.mjs";

/**
 * Does node_modules hold what package-lock.json asks for?
 *
 * npm writes what it installed to node_modules/.package-lock.json as its last act, so an interrupted install leaves none. The two are compared by
 * content: their times say nothing after a checkout, a copy or a cache. Optional packages are for other machines and may be absent.
 */
export function isInstalled(root, { withDevelopmentTools }) {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const present = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  if (wanted === null || present === null) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/") || entry.link || entry.optional || entry.devOptional) return true;
    if (entry.dev && !withDevelopmentTools) return true;
    return present[path]?.version === entry.version && present[path]?.integrity === entry.integrity;
  });
}

function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? null;
  } catch {
    return null;
  }
}

/** Runs `npm ci` once, however many launches want it at the same time. */
export async function installMissing(root, options) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw problem(`packages are missing and ${root} cannot be written to`, "run `npm ci` there as its owner");
  }
  const lock = await holdFolderLock(join(root, ".installing"), () =>
    process.stderr.write("Another launch is installing packages; waiting for it.\n"),
  );
  try {
    if (lock.waited && isInstalled(root, options)) return;
    process.stderr.write("Installing packages (once; about 20 seconds) …\n");
    await npmCi(root, options);
  } finally {
    lock.release();
  }
}

async function npmCi(root, { withDevelopmentTools }) {
  const [command, ...first] = findNpm();
  const args = [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error", ...(withDevelopmentTools ? ["--include=dev"] : [])];
  // No stdin: an npm that would ask something must fail instead. Its words go to our stderr.
  const npm = spawn(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: command.endsWith(".cmd") });
  let interrupted = null;
  const interrupt = (signal) => {
    interrupted = signal;
    npm.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, interrupt);
  const status = await new Promise((settle, fail) => {
    npm.once("error", () =>
      fail(problem("npm was not found beside Node or on the PATH", "install npm 10 or later, or run `npm ci` yourself")),
    );
    npm.once("exit", (code) => settle(code));
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, interrupt);
  if (interrupted !== null) throw Object.assign(problem("installing was interrupted", "run the command again"), { signal: interrupted });
  if (status !== 0)
    throw problem(`\`npm ci\` failed with exit code ${status}`, "its own message stands above; `npm ci` by hand shows more");
}

/** The npm that started us, else the one beside this Node, else the one on the PATH. The running Node runs it where it can: `npm` may be tied to another. */
function findNpm() {
  const started = process.env.npm_execpath;
  if (started !== undefined && /npm-cli\.c?js$/.test(started) && existsSync(started)) return [process.execPath, started];
  const bin = dirname(process.execPath);
  const beside = [
    join(bin, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const found = beside.find((path) => existsSync(path));
  if (found !== undefined) return [process.execPath, found];
  const name = process.platform === "win32" ? "npm.cmd" : "npm";
  return [
    (process.env.PATH ?? "")
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find((path) => existsSync(path)) ?? name,
  ];
}

function problem(message, hint) {
  return Object.assign(new Error(message), { hint });
}
