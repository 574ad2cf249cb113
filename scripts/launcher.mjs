// Finds or installs what a checkout needs and runs a script on Node 24. Plain JavaScript: it runs on the Node that the machine has (20 or newer).
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Runs a script of the checkout with Node 24 and ends this process as the script ended. */
export function launch(script, args) {
  installMissing();
  const node = node24();
  const cache = join(root, "node_modules", ".cache", "node-compile");
  const env = { ...process.env, PATH: dirname(node) + delimiter + (process.env.PATH ?? "") };
  if (env.NODE_COMPILE_CACHE === undefined) env.NODE_COMPILE_CACHE = cache;
  const child = spawn(node, [resolve(root, script), ...args], { stdio: "inherit", env });
  // A terminal sends Ctrl-C to the whole group, so the child has it already; a supervisor signals only this process.
  process.on("SIGINT", () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`Node could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1)));
}

function installMissing() {
  if (installed()) return;
  const lock = join(root, ".install-lock");
  while (!take(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  try {
    if (installed()) return;
    process.stderr.write("Installing what is missing (npm ci) …\n");
    const [command, ...first] = npm();
    const done = spawnSync(command, [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32" && command === "npm",
    });
    if (done.status !== 0) fail("npm ci failed; its message stands above.");
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A lock that a killed launcher left behind is taken over. */
function take(lock) {
  try {
    mkdirSync(join(lock));
    return true;
  } catch {
    try {
      if (Date.now() - statSync(lock).mtimeMs > 300_000) rmSync(lock, { recursive: true, force: true });
    } catch {
      // Released in between.
    }
    return false;
  }
}

/** npm writes node_modules/.package-lock.json last; it must name the versions of the lock file. */
function installed() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    const present = JSON.parse(readFileSync(join(root, "node_modules", ".package-lock.json"), "utf8")).packages;
    return Object.entries(wanted).every(([path, entry]) => path === "" || entry.optional || entry.link || !path.startsWith("node_modules/") || present[path]?.version === entry.version);
  } catch {
    return false;
  }
}

function npm() {
  if (process.env.npm_execpath?.endsWith(".js")) return [process.execPath, process.env.npm_execpath];
  const beside = resolve(dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js");
  return existsSync(beside) ? [process.execPath, beside] : ["npm"];
}

function node24() {
  const folder = { linux: "node-linux-", win32: "node-win-", darwin: process.arch === "arm64" ? "node-bin-darwin-" : "node-darwin-" }[process.platform] + process.arch;
  const node = join(root, "node_modules", folder, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(node)) return node;
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return fail(`Node 24 is needed and no package of it fits this platform (${process.platform}-${process.arch}, Node ${process.versions.node}).`);
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}
