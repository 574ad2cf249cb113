// Runs on whatever Node and npm a machine has (Node 20, npm 10 and later), before anything is installed: plain JavaScript, nothing imported
// but Node's own modules and its neighbours.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { constants as system } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { installMissing, isInstalled } from "./install.mjs";
import { terminalSignalsChildToo } from "./terminal.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Runs a script of this checkout under Node 24 and ends as it ends: same exit code, same signal.
 *
 * Installs what is missing first. All words of its own go to stderr, so that the script's stdout stays machine-readable.
 * @param {string} script path from the checkout's root
 * @param {readonly string[]} args
 * @param {{ withDevelopmentTools: boolean }} options whether the packages that only developing and testing need must be there
 */
export async function launch(script, args, options) {
  try {
    if (!isInstalled(root, options) || findNode() === null) await installMissing(root, options);
    const node = findNode();
    if (node === null) throw new Error(`Node 24 is needed and has no package for this machine; this is ${process.version}`);
    await runToItsEnd(node, [resolve(root, script), ...args]);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof Error && typeof error.hint === "string") process.stderr.write(`hint: ${error.hint}\n`);
    if (error instanceof Error && typeof error.signal === "string") endBySignal(error.signal);
    else process.exitCode = 1;
  }
}

/** The Node 24 that npm installed, else the running one if it can strip types (22.18 and later), else null. */
function findNode() {
  const family = { linux: "node-linux-", win32: "node-win-", darwin: process.arch === "arm64" ? "node-bin-darwin-" : "node-darwin-" }[
    process.platform
  ];
  const own = join(root, "node_modules", `${family}${process.arch}`, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(own)) return own;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 18) ? process.execPath : null;
}

/**
 * The child stays in our process group, so whoever kills the group kills it too, and a channel tells it when we are killed alone.
 */
function runToItsEnd(node, args) {
  const child = spawn(node, ["--import", pathToFileURL(join(root, "scripts", "end-with-launcher.mjs")).href, ...args], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      ...compileCache(),
      PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`,
      PARCELKEEP_LAUNCHER_PID: String(process.pid),
    },
  });
  const forward = (signal) => {
    if (signal !== "SIGINT" || !terminalSignalsChildToo()) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((settle, fail) => {
    child.once("error", fail);
    child.once("exit", (code, signal) => {
      for (const each of signals) process.off(each, forward);
      if (signal === null) process.exitCode = code ?? 1;
      else endBySignal(signal);
      settle();
    });
  });
}

/** Ends as the child ended, so that a shell sees "interrupted" and not just a number. */
function endBySignal(signal) {
  process.exitCode = 128 + (system.signals[signal] ?? 0);
  process.kill(process.pid, signal);
}

/** Starting takes a third less with compiled code kept (stack research: 399 → 269 ms). A checkout that is read-only goes without. */
function compileCache() {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return {};
  const folder = join(root, "node_modules", ".cache", "node-compile");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return { NODE_COMPILE_CACHE: folder };
  } catch {
    return {};
  }
}
