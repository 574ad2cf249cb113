import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { ProblemError } from "../../ingress/problems.ts";

const inflatedBytesMax = 1024 * 1024;

const decompressors: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/** Whether the body is as it was before any compression. */
export function isPlain(encoding: string): boolean {
  const coding = encoding.trim().toLowerCase();
  return coding === "" || coding === "identity";
}

/**
 * Bounded: a small body that inflates past {@link inflatedBytesMax} is refused while it inflates.
 * @throws {ProblemError} `body_too_large`, `invalid_encoding`, `unsupported_media_type`.
 */
export async function inflated(body: Buffer, encoding: string): Promise<Buffer> {
  const decompress = decompressors[encoding.trim().toLowerCase()];
  if (decompress === undefined) throw new ProblemError("unsupported_media_type");
  try {
    return await decompress(body, { maxOutputLength: inflatedBytesMax });
  } catch (error) {
    throw new ProblemError((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? "body_too_large" : "invalid_encoding");
  }
}
