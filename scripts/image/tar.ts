import { completed, type Tree, type TreeEntry } from "./tree.ts";

const blockBytes = 512;
const nameBytesMax = 100;
const prefixBytesMax = 155;
const typeFlags = { file: "0", link: "2", folder: "5", extended: "x" } as const;

/**
 * A tar archive in the ustar format with pax headers for long names (POSIX.1-2017, pax, "ustar Interchange Format"), that is a function of its
 * arguments: sorted, one time, numeric owners, no names of users.
 *
 * @param seconds since 1970, the time of every entry.
 */
export function tar(tree: Tree, seconds: number): Buffer {
  const blocks: Buffer[] = [];
  for (const [path, entry] of completed(tree)) {
    const name = entry.kind === "folder" ? `${path}/` : path;
    const target = entry.kind === "link" ? entry.target : "";
    const place = placed(name);
    const isLong = place === null || Buffer.byteLength(target) > nameBytesMax;
    if (isLong) blocks.push(...extendedHeader(name, target, seconds));
    const bytes = entry.kind === "file" ? entry.bytes : Buffer.alloc(0);
    blocks.push(
      header(place ?? { prefix: "", name: cut(name) }, typeFlags[entry.kind], entry, bytes.length, cut(target), seconds),
      padded(bytes),
    );
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

interface Place {
  readonly prefix: string;
  readonly name: string;
}

/** Splits a path at a slash so that both halves fit into a header. @returns null when none does. */
function placed(path: string): Place | null {
  if (Buffer.byteLength(path) <= nameBytesMax) return { prefix: "", name: path };
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    const place = { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
    const nameBytes = Buffer.byteLength(place.name);
    if (nameBytes > 0 && nameBytes <= nameBytesMax && Buffer.byteLength(place.prefix) <= prefixBytesMax) return place;
  }
  return null;
}

function extendedHeader(path: string, target: string, seconds: number): readonly Buffer[] {
  const records = Buffer.from(`${record("path", path)}${target === "" ? "" : record("linkpath", target)}`);
  const entry: TreeEntry = { kind: "file", mode: 0o644, bytes: records };
  return [header({ prefix: "", name: "././@PaxHeader" }, typeFlags.extended, entry, records.length, "", seconds), padded(records)];
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function header(place: Place, flag: string, entry: TreeEntry, size: number, target: string, seconds: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const owner = entry.kind === "folder" ? (entry.owner ?? 0) : 0;
  block.write(place.name, 0);
  block.write(octal(entry.kind === "link" ? 0o777 : entry.mode, 8), 100);
  block.write(octal(owner, 8), 108);
  block.write(octal(owner, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(seconds, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(flag, 156);
  block.write(target, 157);
  block.write("ustar\u000000", 257);
  block.write(octal(0, 8), 329);
  block.write(octal(0, 8), 337);
  block.write(place.prefix, 345);
  // The sum is made with its own field as blanks.
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )}\u0000 `,
    148,
  );
  return block;
}

function octal(value: number, fieldBytes: number): string {
  const digits = value.toString(8).padStart(fieldBytes - 1, "0");
  if (digits.length > fieldBytes - 1) throw new Error(`${value} does not fit into ${fieldBytes} bytes of a tar header`);
  return digits;
}

/** Cuts to what a header holds; the whole stands in the extended header then. */
function cut(text: string): string {
  return Buffer.from(text).subarray(0, nameBytesMax).toString("latin1");
}

function padded(bytes: Buffer): Buffer {
  const missing = (blockBytes - (bytes.length % blockBytes)) % blockBytes;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
