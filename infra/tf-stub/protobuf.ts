/** As much of the protocol buffers' wire format as a schema takes (protobuf.dev, "Encoding"). Fields that are zero, empty or false are left out, as proto3 has it. */

export function varintField(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field << 3), varint(value)]);
}

export function boolField(field: number, value: boolean): Buffer {
  return varintField(field, value ? 1 : 0);
}

export function textField(field: number, value: string): Buffer {
  return value === "" ? Buffer.alloc(0) : messageField(field, Buffer.from(value));
}

/** Of a message, of bytes, or of a text. */
export function messageField(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

/** One entry of a map: a message of its own. */
export function mapEntry(field: number, key: string, value: Buffer): Buffer {
  return messageField(field, Buffer.concat([textField(1, key), messageField(2, value)]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}
