/**
 * PostgreSQL arrays in their binary wire form (`array_recv`, src/backend/utils/adt/arrayfuncs.c): int32 dimensions, has-null flag, element
 * OID, length, lower bound, then each element with its length, or -1 for null (the reader goes by that and not by the flag). Text parameters would travel as hex and escapes at a third of the speed.
 */
const oids = { bool: 16, bytea: 17, char: 18, int8: 20, int2: 21, int4: 23, text: 25, tid: 27, timestamptz: 1184, uuid: 2950 } as const;

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  return variable(oids.bytea, values);
}

/** @param values one ASCII character each, for PostgreSQL's type "char". */
export function charArray(values: readonly string[]): Buffer {
  return fixed(oids.char, 1, values, writeChar);
}

export function textArray(values: readonly (string | null)[]): Buffer {
  const lengths: number[] = [];
  let bytes = 0;
  for (const value of values) {
    const length = value === null ? -1 : Buffer.byteLength(value);
    lengths.push(length);
    bytes += 4 + Math.max(0, length);
  }
  const buffer = header(oids.text, values.length, bytes);
  let at = 20;
  for (const [index, value] of values.entries()) {
    at = buffer.writeInt32BE(lengths[index]!, at);
    if (value !== null) at += buffer.write(value, at);
  }
  return buffer;
}

/** @param values 16 bytes each. */
export function uuidArray(values: readonly (Uint8Array | null)[]): Buffer {
  return variable(oids.uuid, values);
}

export function booleanArray(values: readonly boolean[]): Buffer {
  return fixed(oids.bool, 1, values, writeBoolean);
}

/** @param values places of rows as the server writes them: `(block,row)`. */
export function tidArray(values: readonly string[]): Buffer {
  return fixed(oids.tid, 6, values, writeTid);
}

export function int4Array(values: readonly number[]): Buffer {
  return fixed(oids.int4, 4, values, writeInt4);
}

export function int2Array(values: readonly number[]): Buffer {
  return fixed(oids.int2, 2, values, writeInt2);
}

/** @param values epoch milliseconds. */
export function timestamptzArray(values: readonly number[]): Buffer {
  return fixed(oids.timestamptz, 8, values, writeTimestamptz);
}

// Functions that live as long as the program: code that was optimised for one made anew with each call is given up whenever the heap is collected.

type Write<Value> = (buffer: Buffer, value: Value, at: number) => void;

const writeChar: Write<string> = (buffer, value, at) => buffer.write(value, at, "latin1");
const writeBoolean: Write<boolean> = (buffer, value, at) => buffer.writeUInt8(Number(value), at);
const writeInt2: Write<number> = (buffer, value, at) => buffer.writeInt16BE(value, at);
const writeInt4: Write<number> = (buffer, value, at) => buffer.writeInt32BE(value, at);

const writeTid: Write<string> = (buffer, value, at) => {
  const comma = value.indexOf(",");
  buffer.writeUInt32BE(Number(value.slice(1, comma)), at);
  buffer.writeUInt16BE(Number(value.slice(comma + 1, -1)), at + 4);
};

const epoch2000Ms = 946_684_800_000;

/** Microseconds, in two halves: a big integer for each would cost more than all else here. */
const writeTimestamptz: Write<number> = (buffer, value, at) => {
  const microseconds = (value - epoch2000Ms) * 1000;
  buffer.writeInt32BE(Math.floor(microseconds / 2 ** 32), at);
  buffer.writeUInt32BE(((microseconds % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 4);
};

const digitValues = new Uint8Array(128);
for (const digits of ["0123456789abcdef", "0123456789ABCDEF"]) {
  for (let value = 0; value < 16; value++) digitValues[digits.charCodeAt(value)] = value;
}
/** Where the digits of each byte begin in a UUID's text form. */
const digitPlaces = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/** The 16 bytes of a UUID in its text form. Digit by digit, since a text without the dashes would have to be made first: 0.2 µs instead of 0.7. */
export function uuidBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  for (let index = 0; index < 16; index++) {
    const place = digitPlaces[index]!;
    bytes[index] = (digitValues[text.charCodeAt(place)]! << 4) | digitValues[text.charCodeAt(place + 1)]!;
  }
  return bytes;
}

let lastText = "";
let lastBytes: Uint8Array = Buffer.alloc(16);

/** As {@link uuidBytes}, for texts that mostly repeat the one before; not to be written to. */
export function repeatedUuidBytes(text: string): Uint8Array {
  if (text !== lastText) {
    lastBytes = uuidBytes(text);
    lastText = text;
  }
  return lastBytes;
}

/** The text form of 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function header(oid: number, count: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(count === 0 ? 12 : 20 + bytes);
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  if (count === 0) return buffer;
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

function variable(oid: number, values: readonly (Uint8Array | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (value?.length ?? 0);
  const buffer = header(oid, values.length, bytes);
  let at = 20;
  for (const value of values) {
    at = buffer.writeInt32BE(value?.length ?? -1, at);
    if (value === null) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

function fixed<Value>(oid: number, size: number, values: readonly Value[], write: Write<Value>): Buffer {
  const buffer = header(oid, values.length, values.length * (4 + size));
  let at = 20;
  for (const value of values) {
    buffer.writeInt32BE(size, at);
    write(buffer, value, at + 4);
    at += 4 + size;
  }
  return buffer;
}
