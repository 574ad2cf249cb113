import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "./layout.ts";
import { signedPayload, signPayload, type SignedImage, verifiedPayload } from "./signature.ts";

/** Signs what lies in the folder: writes `signature.payload` and `signature` (64 bytes). */
export async function signImage(folder: string, repository: string, privateKey: string): Promise<void> {
  const line = async (name: string): Promise<string> => (await readFile(join(folder, name), "utf8")).trim();
  const digestOf = async (name: string): Promise<string> => sha256(await readFile(join(folder, name)));
  const payload = signedPayload({
    repository,
    digest: await line("digest"),
    commit: await line("commit"),
    sbomDigest: await digestOf("sbom.cdx.json"),
    provenanceDigest: await digestOf("provenance.json"),
  });
  await writeFile(join(folder, "signature.payload"), payload);
  await writeFile(join(folder, "signature"), signPayload(payload, privateKey));
}

/**
 * Looks at everything from the signature down to the last layer.
 *
 * @throws {Error} at the first thing that is not what was signed.
 */
export async function verifyImage(folder: string, publicKey: string): Promise<SignedImage> {
  const file = async (...path: string[]): Promise<Buffer> => await readFile(join(folder, ...path));
  const signed = verifiedPayload(await file("signature.payload"), await file("signature"), publicKey);
  expectDigest("bill of materials", await file("sbom.cdx.json"), signed.sbomDigest);
  expectDigest("provenance", await file("provenance.json"), signed.provenanceDigest);
  const index = JSON.parse((await file("image", "index.json")).toString("utf8")) as { manifests: readonly { digest: string }[] };
  if (index.manifests.length !== 1 || index.manifests[0]?.digest !== signed.digest)
    throw new Error("the layout's index names another manifest");
  const blob = async (digest: string): Promise<Buffer> => await file("image", "blobs", "sha256", digest.slice("sha256:".length));
  const manifestBytes = await blob(signed.digest);
  expectDigest("manifest", manifestBytes, signed.digest);
  const manifest = JSON.parse(manifestBytes.toString("utf8")) as { config: { digest: string }; layers: readonly { digest: string }[] };
  for (const { digest } of [manifest.config, ...manifest.layers]) expectDigest("blob", await blob(digest), digest);
  return signed;
}

function expectDigest(name: string, bytes: Uint8Array, digest: string): void {
  if (sha256(bytes) !== digest) throw new Error(`the ${name} is not what was signed`);
}
