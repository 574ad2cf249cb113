import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "./tar.ts";
import type { Tree } from "./tree.ts";

/** What a runtime is told about the image (OCI image specification 1.1, "Image Configuration"). */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly StopSignal: string;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface Layer {
  /** One sentence, for the history. */
  readonly title: string;
  readonly tree: Tree;
}

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

/**
 * Writes an OCI image layout (OCI image specification 1.1, "Image Layout"). Equal arguments give equal bytes: object keys stand in the order below,
 * all times are `seconds`.
 *
 * @param seconds since 1970: the time of the commit.
 * @returns digest of the manifest, `sha256:…`, by which the image is signed and run.
 */
export async function writeLayout(folder: string, config: ImageConfig, layers: readonly Layer[], seconds: number): Promise<string> {
  const archives = layers.map(({ tree }) => tar(tree, seconds));
  // Level 6 of the zlib in the Node that the lock pins; another zlib may give other bytes, and then another digest.
  const packed = archives.map((archive) => blob(gzipSync(archive, { level: 6 })));
  const created = new Date(seconds * 1000).toISOString();
  const configuration = blob(
    json({
      created,
      architecture: "amd64",
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: archives.map((archive) => sha256(archive)) },
      history: layers.map(({ title }) => ({ created, created_by: title })),
    }),
  );
  const manifest = blob(
    json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: described("application/vnd.oci.image.config.v1+json", configuration),
      layers: packed.map((layer) => described("application/vnd.oci.image.layer.v1.tar+gzip", layer)),
      annotations: config.Labels,
    }),
  );
  const index = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ ...described("application/vnd.oci.image.manifest.v1+json", manifest), platform: { architecture: "amd64", os: "linux" } }],
  });
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  for (const { digest, bytes } of [...packed, configuration, manifest]) await writeFile(join(blobs, digest.slice("sha256:".length)), bytes);
  await writeFile(join(folder, "index.json"), index);
  await writeFile(join(folder, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  return manifest.digest;
}

function blob(bytes: Buffer): Blob {
  return { digest: sha256(bytes), bytes };
}

function described(mediaType: string, { digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
