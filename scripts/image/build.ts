import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianTree, readDebianLock } from "./debian.ts";
import { type ImageConfig, sha256, writeLayout } from "./layout.ts";
import { lockedNode, productionPackages } from "./locked-packages.ts";
import { nodeTree, packagesTree, programFolder, programTree, type Revision, revisionOf } from "./program.ts";
import { provenance } from "./provenance.ts";
import { billOfMaterials } from "./sbom.ts";
import type { TreeEntry } from "./tree.ts";

export interface BuildOptions {
  readonly root: string;
  readonly output: string;
  /** Keeps what was fetched; nothing in it is believed without its digest. */
  readonly cache: string;
  /** `node_modules` to take packages from. */
  readonly modules: string;
  /** Address of the repository, for the image's label. */
  readonly source?: string | undefined;
  /** Whether sources that are not committed may go in; the image then says so. */
  readonly mayBeChanged: boolean;
}

/** User and group of distroless images' `nonroot`; it owns nothing but the two folders that may be written. */
export const nobody = 65532;

/**
 * Makes image, bill of materials and provenance in the folder `output`: `image/` (an OCI layout), `sbom.cdx.json`, `provenance.json`, `digest`.
 *
 * @returns digest of the image's manifest.
 */
export async function buildImage({ root, output, cache, modules, source, mayBeChanged }: BuildOptions): Promise<string> {
  const revision = await revisionOf(root);
  if (!revision.isCertain && !mayBeChanged) {
    throw new Error("sources are changed and not committed, or the clone is shallow, so no commit would name what the image holds");
  }
  const packages = await productionPackages(root);
  const node = await lockedNode(root);
  const debian = await readDebianLock();
  const { version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string; license: string };

  const system = new Map([...(await debianTree(debian, cache)), ...(await nodeTree(modules)), ...ownFiles()]);
  const layers = [
    { title: `Debian ${debian.release} and Node ${node.version}`, tree: system },
    { title: "packages of package-lock.json", tree: await packagesTree(modules, packages) },
    { title: "Parcelkeep", tree: await programTree(root) },
  ];
  await rm(join(output, "image"), { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const commit = named(revision);
  const digest = await writeLayout(join(output, "image"), config({ version, license, commit, source }), layers, revision.seconds);

  const sbom = text(billOfMaterials({ version, commit, digest, seconds: revision.seconds, packages, node, debian }));
  const locks = await Promise.all(
    ["package-lock.json", "scripts/image/debian-lock.json"].map(async (path) => ({
      path,
      digest: sha256(await readFile(join(root, path))),
    })),
  );
  await writeFile(join(output, "sbom.cdx.json"), sbom);
  await writeFile(join(output, "provenance.json"), text(provenance({ digest, commit, locks, node: node.version })));
  await writeFile(join(output, "commit"), `${commit}\n`);
  await writeFile(join(output, "digest"), `${digest}\n`);
  return digest;
}

function named({ commit, isCertain }: Revision): string {
  return isCertain ? commit : `${commit}-changed`;
}

interface Labelled {
  readonly version: string;
  readonly license: string;
  readonly commit: string;
  /** Address of the repository, when somebody said one. */
  readonly source: string | undefined;
}

function config({ version, license, commit, source }: Labelled): ImageConfig {
  return {
    User: `${nobody}:${nobody}`,
    Env: ["PATH=/usr/bin", "PARCELKEEP_DATA=/data", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
    // What stands after the image's name are the program's arguments: `serve --role worker`, `migrate`, `open`.
    Entrypoint: ["/usr/bin/node", `/${programFolder}/src/cli/main.ts`],
    Cmd: ["serve", "--role", "front"],
    WorkingDir: `/${programFolder}`,
    Volumes: { "/data": {}, "/tmp": {} },
    ExposedPorts: { "8080/tcp": {} },
    StopSignal: "SIGTERM",
    Labels: {
      "org.opencontainers.image.title": "Parcelkeep",
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.revision": commit,
      "org.opencontainers.image.licenses": license,
      ...(source === undefined ? {} : { "org.opencontainers.image.source": source }),
    },
  };
}

/** What packages of Debian make when they are installed, and nothing installs here. */
function ownFiles(): ReadonlyMap<string, TreeEntry> {
  const file = (content: string): TreeEntry => ({ kind: "file", mode: 0o644, bytes: Buffer.from(content) });
  return new Map<string, TreeEntry>([
    ["etc/passwd", file(`root:x:0:0:root:/root:/usr/sbin/nologin\nnonroot:x:${nobody}:${nobody}:nonroot:/data:/usr/sbin/nologin\n`)],
    ["etc/group", file(`root:x:0:\nnonroot:x:${nobody}:\n`)],
    ["etc/nsswitch.conf", file("passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n")],
    ["etc/localtime", { kind: "link", target: "/usr/share/zoneinfo/Etc/UTC" }],
    ["data", { kind: "folder", mode: 0o700, owner: nobody }],
    ["tmp", { kind: "folder", mode: 0o1777 }],
    ["proc", { kind: "folder", mode: 0o555 }],
    ["sys", { kind: "folder", mode: 0o555 }],
    ["dev", { kind: "folder", mode: 0o755 }],
  ]);
}

function text(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
