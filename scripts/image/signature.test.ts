import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeLayout } from "./layout.ts";
import { signImage, verifyImage } from "./verify.ts";

const publicPem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const pair = generateKeyPairSync("ed25519");
const publicKey = publicPem(pair.publicKey);
const config = { User: "1", Env: [], Entrypoint: [], Cmd: [], WorkingDir: "/", Volumes: {}, ExposedPorts: {}, StopSignal: "", Labels: {} };

async function signedFolder(t: TestContext): Promise<{ readonly folder: string; readonly digest: string }> {
  const folder = mkdtempSync(join(tmpdir(), "pk-image-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const tree = new Map([["greeting", { kind: "file", mode: 0o644, bytes: Buffer.from("hello") } as const]]);
  const digest = await writeLayout(join(folder, "image"), config, [{ title: "all", tree }], 0);
  for (const [name, content] of [
    ["digest", digest],
    ["commit", "c0ffee"],
    ["sbom.cdx.json", "{}"],
    ["provenance.json", "{}"],
  ] as const)
    writeFileSync(join(folder, name), `${content}\n`);
  await signImage(folder, "parcelkeep", pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  return { folder, digest };
}

test("what was signed is verified, and says which image of which commit it is", async (t) => {
  const { folder, digest } = await signedFolder(t);
  const { repository, commit, digest: verified } = await verifyImage(folder, publicKey);
  assert.deepEqual({ repository, commit, verified }, { repository: "parcelkeep", commit: "c0ffee", verified: digest });
});

test("refuses the signature of another key", async (t) => {
  const { folder } = await signedFolder(t);
  await assert.rejects(verifyImage(folder, publicPem(generateKeyPairSync("ed25519").publicKey)), /none of this key/);
});

test("refuses a key of another kind", async (t) => {
  const { folder } = await signedFolder(t);
  await assert.rejects(verifyImage(folder, publicPem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)), /Ed25519/);
});

for (const name of ["sbom.cdx.json", "provenance.json", "signature.payload", "image/index.json"])
  test(`refuses when ${name} is not what was signed`, async (t) => {
    const { folder } = await signedFolder(t);
    const text = readFileSync(join(folder, name), "utf8");
    writeFileSync(join(folder, name), name.endsWith("index.json") ? text.replace(/sha256:./, "sha256:x") : `${text} `);
    await assert.rejects(verifyImage(folder, publicKey));
  });

test("refuses when a layer was changed, however deep it lies", async (t) => {
  const { folder, digest } = await signedFolder(t);
  const blob = (name: string): string => join(folder, "image", "blobs", "sha256", name.slice("sha256:".length));
  const manifest = JSON.parse(readFileSync(blob(digest), "utf8")) as { layers: readonly { digest: string }[] };
  const layer = blob(manifest.layers[0]!.digest);
  writeFileSync(layer, Buffer.concat([readFileSync(layer), Buffer.from([0])]));
  await assert.rejects(verifyImage(folder, publicKey), /blob is not what was signed/);
});

test("the manifest's digest is that of its bytes", async (t) => {
  const { folder, digest } = await signedFolder(t);
  const bytes = readFileSync(join(folder, "image", "blobs", "sha256", digest.slice("sha256:".length)));
  assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, digest);
});
