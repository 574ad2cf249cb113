import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { subkey } from "../../domain/keyed-hash.ts";
import { contextBytes, KeyError, type DataKey, type KeyContext, type KeyProvider } from "./provider.ts";

interface KeyFile {
  readonly version: 1;
  /** Roots by epoch, base64 of 32 bytes each. */
  readonly roots: Readonly<Record<string, string>>;
}

/**
 * Roots in a file of mode 0600, for laptops and tests. The key-encryption key of a tenant and epoch is HMAC(root of the epoch, tenant),
 * a wrap is AES-256-GCM under it with the context as additional data: iv(12) ciphertext(32) tag(16).
 */
export async function localKeys(path: string): Promise<KeyProvider> {
  const file = parseKeyFile(await readKeyFile(path));
  const roots = new Map(Object.entries(file.roots).map(([epoch, root]) => [Number(epoch), Buffer.from(root, "base64")]));
  const first = roots.get(1);
  if (first === undefined) throw new KeyError("bad-key-file", "the key file holds no root for epoch 1");
  const kekOf = (context: KeyContext): KeyObject => {
    const root = roots.get(context.epoch);
    if (root === undefined) throw new KeyError("unknown-epoch", `no root for epoch ${context.epoch}`);
    return createSecretKey(subkey(root, `kek|${context.tenant}|${context.epoch}`));
  };
  return {
    provider: "local",
    generateDataKey: async (context) => wrapNew(kekOf(context), context),
    derive: async (label) => subkey(first, `derive|${label}`),
    unwrap: async (wrapped, context) => unwrap(kekOf(context), wrapped, context),
  };
}

/** Makes the key file unless it is there. Two programs at once end with one and the same file. */
export async function createLocalKeyFile(path: string): Promise<void> {
  const file: KeyFile = { version: 1, roots: { 1: randomBytes(32).toString("base64") } };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft);
  }
  await chmod(path, 0o600);
}

async function readKeyFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new KeyError("bad-key-file", "the key file is readable by others; its mode must be 0600");
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError("unavailable", "the key file cannot be read", { cause: error });
  }
}

function parseKeyFile(text: string): KeyFile {
  try {
    const file = JSON.parse(text) as KeyFile;
    if (file.version === 1 && Object.values(file.roots).every((root) => Buffer.from(root, "base64").length === 32)) return file;
  } catch {
    // Falls through: what the parser says could quote the file.
  }
  throw new KeyError("bad-key-file", "the key file is not a Parcelkeep key file of version 1");
}

function wrapNew(kek: KeyObject, context: KeyContext): DataKey {
  const plaintext = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", kek, iv);
  cipher.setAAD(contextBytes(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { plaintext, wrapped: Buffer.concat([iv, ciphertext, cipher.getAuthTag()]) };
}

function unwrap(kek: KeyObject, wrapped: Uint8Array, context: KeyContext): Buffer {
  if (wrapped.length !== 60) throw new KeyError("refused-wrap", `a wrap has 60 bytes, got ${wrapped.length}`);
  const decipher = createDecipheriv("aes-256-gcm", kek, wrapped.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(contextBytes(context));
  decipher.setAuthTag(wrapped.subarray(44));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
  } catch (error) {
    throw new KeyError("refused-wrap", "the wrap does not fit its context", { cause: error });
  }
}
