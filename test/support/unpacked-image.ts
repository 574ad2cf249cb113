import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServedRole } from "./served-role.ts";

const readyDeadlineMs = 120_000;

interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
}

/** An image's files in a folder, and what a runtime would be told. */
export interface UnpackedImage {
  readonly root: string;
  readonly config: ImageConfig;
}

/** Unpacks an OCI layout of one image with the tar of this machine. */
export async function unpackImage(layout: string, root: string): Promise<UnpackedImage> {
  const blob = (digest: string): string => join(layout, "blobs", "sha256", digest.slice("sha256:".length));
  const read = async (path: string): Promise<any> => JSON.parse(await readFile(path, "utf8"));
  const index = await read(join(layout, "index.json"));
  const manifest = await read(blob(index.manifests[0].digest));
  await mkdir(root, { recursive: true });
  for (const { digest } of manifest.layers) execFileSync("tar", ["--numeric-owner", "-xpzf", blob(digest), "-C", root]);
  return { root, config: (await read(blob(manifest.config.digest))).config };
}

/**
 * What a container's runtime does, with what Linux has: a root that cannot be written, the image's user, two places to write to, and the image's
 * environment with these settings.
 */
const script = `
mount --bind "$ROOT" "$ROOT" && mount -o remount,ro,bind "$ROOT" && mount --bind "$DATA" "$ROOT/data" && mount -t tmpfs tmpfs "$ROOT/tmp" || exit 70
exec chroot --userspec="$RUN_AS" "$ROOT" "$@"`;

/** Serves the image's own command. Needs to be root, as container runtimes do. */
export async function serveImage(
  { root, config }: UnpackedImage,
  dataDir: string,
  settings: Record<string, string>,
): Promise<Omit<ServedRole, "output">> {
  const environment = [...config.Env, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)];
  const command = [...config.Entrypoint, ...config.Cmd];
  const inside = Object.fromEntries(environment.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
  // The shell that mounts is this machine's and needs its own PATH; `chroot` finds the image's program by its whole path.
  const env = { ...inside, PATH: process.env["PATH"], ROOT: root, DATA: dataDir, RUN_AS: config.User };
  const child = spawn("unshare", ["--mount", "sh", "-c", script, "sh", ...command], { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the image did not get ready:\n${output}`)), readyDeadlineMs);
    const look = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      const line = /^front is ready: (\S+)$/m.exec(output);
      if (line === null) return;
      clearTimeout(late);
      resolve(line[1]!);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("close", (code) => {
      clearTimeout(late);
      reject(new Error(`the image ended with ${code}:\n${output}`));
    });
  });
  return {
    url,
    end: async () => {
      child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
  };
}
