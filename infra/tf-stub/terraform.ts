import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProviderSchema } from "./extract-schema.ts";
import { startStubProvider } from "./stub-provider.ts";

/** The provider's address as the modules' `source` gives it. It names a registry and is contacted by nobody here. */
const providerSource = "registry.terraform.io/hashicorp/aws";

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** @returns null where this machine has no Terraform. */
export function terraformVersion(): string | null {
  const { status, stdout } = spawnSync("terraform", ["version", "-json"], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout) as { terraform_version: string }).terraform_version : null;
}

/** A copy of a module, since `init` writes beside it, and the CLI over it with the stub in place of the provider. Nothing is asked of any network. */
export async function withModule<Result>(
  folder: string,
  use: (terraform: (...args: readonly string[]) => Promise<Outcome>, copy: string) => Promise<Result>,
): Promise<Result> {
  const place = mkdtempSync(join(tmpdir(), "parcelkeep-tf-"));
  const copy = join(place, "module");
  cpSync(folder, copy, { recursive: true });
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, "aws-schema.json"), "utf8")) as ProviderSchema;
  const stub = await startStubProvider(schema, providerSource, join(place, "provider.sock"));
  // `-chdir` and an empty configuration: nothing of the user's own, no mirror and no login, has a say.
  const environment = {
    PATH: process.env["PATH"],
    HOME: place,
    TF_CLI_CONFIG_FILE: "/dev/null",
    CHECKPOINT_DISABLE: "1",
    ...stub.environment,
  };
  try {
    const run = (...args: readonly string[]): Promise<Outcome> => ended("terraform", [`-chdir=${copy}`, ...args], environment);
    const made = await run("init", "-backend=false", "-input=false", "-no-color");
    if (made.code !== 0) throw new Error(made.output);
    return await use(run, copy);
  } finally {
    await stub.close();
    rmSync(place, { recursive: true, force: true });
  }
}

function ended(command: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<Outcome> {
  const child = spawn(command, args, { env: env as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
