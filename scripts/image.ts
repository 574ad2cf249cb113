import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildImage } from "./image/build.ts";
import { lockDebian } from "./image/debian.ts";
import { installedPackages } from "./image/program.ts";
import { signImage, verifyImage } from "./image/verify.ts";

const usage = `npm run image -- build --output FOLDER [--source URL] [--modules FOLDER] [--allow-changes]   an OCI image of this commit, its bill of materials and provenance
npm run image -- sign --output FOLDER --key PRIVATE.pem [--repository NAME]   signs what was built with an Ed25519 key
npm run image -- verify --output FOLDER --key PUBLIC.pem   from the signature to the last layer; exit code 0 only if everything holds
npm run image -- lock-debian   pins the newest packages of Debian that this machine's apt knows
`;

const root = join(import.meta.dirname, "..");
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", default: "image" },
    modules: { type: "string" },
    source: { type: "string" },
    "allow-changes": { type: "boolean", default: false },
    key: { type: "string", default: "" },
    repository: { type: "string", default: "parcelkeep" },
  },
});
const output = resolve(values.output);

const commands: Readonly<Record<string, () => Promise<string>>> = {
  build: async () => {
    const cache = join(root, "node_modules", ".cache", "parcelkeep-image");
    const modules = values.modules === undefined ? await installedPackages(root, cache) : resolve(values.modules);
    return await buildImage({ root, output, cache, modules, source: values.source, mayBeChanged: values["allow-changes"] });
  },
  sign: async () => {
    await signImage(output, values.repository, await readFile(values.key, "utf8"));
    return `signed ${output}`;
  },
  verify: async () => {
    const { digest, commit } = await verifyImage(output, await readFile(values.key, "utf8"));
    return `${digest} of commit ${commit} is what was signed`;
  },
  "lock-debian": async () => (await lockDebian()).packages.map(({ name, version }) => `${name} ${version}`).join("\n"),
};

const command = commands[positionals[0] ?? ""];
if (command === undefined) {
  process.stderr.write(`error: no such command\nhint: ${usage}`);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${await command()}\n`);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
