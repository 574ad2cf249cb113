import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";

const own = join(import.meta.dirname, "..");
/** "daemon", the ordinary user that every Linux has; it cannot run a Node that lies in root's home. */
const asDaemon = { uid: 1, gid: 1 };
const canBeDaemon = process.getuid?.() === 0 && spawnSync(process.execPath, ["--version"], asDaemon).status === 0;

test("installs what is missing once, and keeps its words away from the script's output", async (t) => {
  const checkout = await freshCheckout(t);
  const first = await parcelkeep(checkout, ["detect", "--json"]);
  assert.match(first.stderr, /Installing/);
  assert.deepEqual((JSON.parse(first.stdout) as { args: unknown }).args, ["detect", "--json"]);
  const second = await parcelkeep(checkout, []);
  assert.equal(second.stderr, "");
  assert.equal(await installs(checkout), 1);
});

test(
  "runs the script on the Node that was installed, with a cache for compiled code",
  { skip: process.platform === "linux" ? false : "the stand-in for npm installs Linux's" },
  async (t) => {
    const checkout = await freshCheckout(t);
    const { stdout } = await parcelkeep(checkout, []);
    const { node, cache } = JSON.parse(stdout) as { node: string; cache: string };
    assert.match(node, /node_modules\/node-linux-.*\/bin\/node$/);
    assert.equal(cache, join(checkout, "node_modules", ".cache", "node-compile"));
  },
);

test("two launches at once install once", async (t) => {
  const checkout = await freshCheckout(t);
  const both = await Promise.all([parcelkeep(checkout, []), parcelkeep(checkout, [])]);
  assert.deepEqual(
    both.map((one) => one.code),
    [0, 0],
  );
  assert.equal(await installs(checkout), 1);
  assert.equal((await readdir(checkout)).includes(".installing"), false);
});

test("takes over the lock of a launch that was killed", async (t) => {
  const checkout = await freshCheckout(t);
  await mkdir(join(checkout, ".installing"));
  await utimes(join(checkout, ".installing"), 0, 0);
  assert.equal((await parcelkeep(checkout, [])).code, 0);
});

test("installs again when the lock file asks for something else, whatever the files' times", async (t) => {
  const checkout = await freshCheckout(t);
  await parcelkeep(checkout, []);
  await utimes(join(checkout, "package-lock.json"), new Date(), new Date());
  await parcelkeep(checkout, []);
  assert.equal(await installs(checkout), 1);
  await writeLock(checkout, "2.0.0");
  await utimes(join(checkout, "package-lock.json"), 0, 0);
  await parcelkeep(checkout, []);
  assert.equal(await installs(checkout), 2);
});

test("an installation for production serves the program, and tests complete it", async (t) => {
  const checkout = await freshCheckout(t);
  await parcelkeep(checkout, [], { NODE_ENV: "production" });
  await parcelkeep(checkout, [], { NODE_ENV: "production" });
  assert.equal(await installs(checkout), 1);
  await run(checkout, "scripts/run.mjs", ["src/cli/main.ts"], { NODE_ENV: "production" });
  await run(checkout, "scripts/run.mjs", ["src/cli/main.ts"], { NODE_ENV: "production" });
  assert.equal(await installs(checkout), 2);
});

test("says that npm failed", async (t) => {
  const checkout = await freshCheckout(t);
  const { code, stdout, stderr } = await parcelkeep(checkout, [], { FAKE_NPM: "fail" });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /^error: `npm ci` failed with exit code 9$/m);
  assert.match(stderr, /^hint: /m);
});

test(
  "works in an installed checkout that it cannot write to, and says so of one that is not installed",
  { skip: canBeDaemon ? false : "needs root and a checkout that others can read" },
  async (t) => {
    const checkout = await freshCheckout(t);
    const refused = await parcelkeep(checkout, [], {}, asDaemon);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /cannot be written to/);
    await parcelkeep(checkout, []);
    const { code, stdout } = await parcelkeep(checkout, [], {}, asDaemon);
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as { cache: unknown }).cache, undefined);
  },
);

test("ends as the script ends", async (t) => {
  const checkout = await freshCheckout(t);
  assert.deepEqual(await outcome(checkout, "process.exit(42)"), { code: 42, signal: null });
  assert.deepEqual(await outcome(checkout, 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)'), {
    code: null,
    signal: "SIGTERM",
  });
  assert.deepEqual(await outcome(checkout, 'throw new Error("no")'), { code: 1, signal: null });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`passes ${signal} on, once`, async (t) => {
    const checkout = await freshCheckout(t);
    const launcher = await launchListener(t, checkout);
    launcher.process.kill(signal);
    assert.equal(await launcher.line(), signal);
    launcher.process.kill("SIGHUP");
    assert.equal(await launcher.line(), `ended after ${signal} SIGHUP`);
    assert.deepEqual(await once(launcher.process, "exit"), [7, null]);
  });
}

test(
  "a Ctrl-C in a terminal reaches the script once",
  { skip: spawnSync("script", ["--version"]).status === 0 ? false : "needs script(1)" },
  async (t) => {
    const checkout = await freshCheckout(t);
    const terminal = await launchListener(t, checkout, [
      "script",
      "-qec",
      `"${process.execPath}" "${join(checkout, "bin", "parcelkeep")}"`,
      "/dev/null",
    ]);
    terminal.process.stdin?.write("\x03");
    assert.match(await terminal.line(), /SIGINT$/);
    process.kill(terminal.launcherPid, "SIGHUP");
    assert.equal(await terminal.line(), "ended after SIGINT SIGHUP");
  },
);

test("a launcher that is killed takes the script with it", async (t) => {
  const checkout = await freshCheckout(t);
  const launcher = await launchListener(t, checkout);
  const outputClosed = once(launcher.process.stdout!, "close");
  launcher.process.kill("SIGKILL");
  await outputClosed;
});

/** Says its launcher's id, then each signal that comes; ends at SIGHUP. */
const listener = `
  const got: string[] = [];
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => { got.push(signal); console.log(signal); });
  process.on("SIGHUP", () => { console.log("ended after", ...got, "SIGHUP"); process.exit(7); });
  setInterval(() => {}, 1000);
  console.log(String(process.ppid));
`;

interface Launched {
  readonly process: ChildProcess;
  readonly launcherPid: number;
  line(): Promise<string>;
}

async function launchListener(
  t: TestContext,
  checkout: string,
  command: readonly string[] = [process.execPath, join(checkout, "bin", "parcelkeep")],
): Promise<Launched> {
  await parcelkeep(checkout, []);
  await writeFile(join(checkout, "src", "cli", "main.ts"), listener);
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value?.trim() ?? "";
  const launcherPid = Number(await line());
  // Our own child may be a terminal's program; the listener ends with its launcher.
  t.after(() => spawnSync("kill", ["-9", String(launcherPid), String(child.pid)]));
  return { process: child, launcherPid, line };
}

async function outcome(checkout: string, script: string): Promise<{ code: number | null; signal: string | null }> {
  await writeFile(join(checkout, "src", "cli", "main.ts"), script);
  const { code, signal } = await parcelkeep(checkout, []);
  return { code, signal };
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function parcelkeep(
  checkout: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  account: { uid?: number; gid?: number } = {},
): Promise<Ended> {
  return run(checkout, "bin/parcelkeep", args, env, account);
}

async function run(
  checkout: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  account: { uid?: number; gid?: number } = {},
): Promise<Ended> {
  const { NODE_COMPILE_CACHE: _, ...outer } = process.env;
  const child = spawn(process.execPath, [join(checkout, program), ...args], {
    cwd: "/",
    env: { ...outer, npm_execpath: join(checkout, "fake", "npm-cli.js"), ...env },
    ...account,
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, ...output };
}

/** A checkout with nothing installed, in a folder whose name has blanks, and an npm that installs what it is told to. */
async function freshCheckout(t: TestContext): Promise<string> {
  const around = await mkdtemp(join(tmpdir(), "parcelkeep-launcher-"));
  t.after(() => rm(around, { recursive: true, force: true }));
  await chmod(around, 0o755);
  const checkout = join(around, "a checkout");
  for (const folder of ["scripts", "bin", "fake", "src/cli"]) await mkdir(join(checkout, folder), { recursive: true });
  for (const name of await readdir(join(own, "scripts")))
    if (name.endsWith(".mjs")) await cp(join(own, "scripts", name), join(checkout, "scripts", name));
  await cp(join(own, "bin"), join(checkout, "bin"), { recursive: true });
  await writeFile(join(checkout, "package.json"), '{"type": "module"}');
  await writeFile(
    join(checkout, "src", "cli", "main.ts"),
    "console.log(JSON.stringify({ args: process.argv.slice(2), node: process.argv0, cache: process.env.NODE_COMPILE_CACHE }) as string)",
  );
  await writeFile(join(checkout, "fake", "npm-cli.js"), fakeNpm);
  await writeLock(checkout, "1.0.0");
  return checkout;
}

async function writeLock(checkout: string, version: string): Promise<void> {
  const packages = {
    "": {},
    console: {},
    "node_modules/needed": { version, integrity: "sha512-a" },
    "node_modules/tool": { version: "1.0.0", integrity: "sha512-b", dev: true },
    "node_modules/elsewhere": { version: "1.0.0", integrity: "sha512-c", optional: true },
  };
  await writeFile(join(checkout, "package-lock.json"), JSON.stringify({ packages }));
}

const fakeNpm = `
  import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
  console.log("npm talks");
  if (process.env.FAKE_NPM === "fail") process.exit(9);
  appendFileSync("fake/installs", "x");
  rmSync("node_modules", { recursive: true, force: true });
  mkdirSync("node_modules");
  symlinkSync(${JSON.stringify(dirname(dirname(process.execPath)))}, "node_modules/node-" + process.platform + "-" + process.arch);
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  delete packages["node_modules/elsewhere"];
  if (process.env.NODE_ENV === "production" && !process.argv.includes("--include=dev")) delete packages["node_modules/tool"];
  writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages }));
`;

async function installs(checkout: string): Promise<number> {
  return (await readFile(join(checkout, "fake", "installs"), "utf8")).length;
}
