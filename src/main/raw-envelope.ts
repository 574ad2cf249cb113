/**
 * What is sealed as a raw record: u16 length of a JSON head, the head, then the bytes as received. The head says how to read them:
 * content type and encoding, and the time of receipt.
 */
export function rawEnvelope(head: RawHead, body: Uint8Array): Buffer {
  const json = JSON.stringify(head);
  const length = Buffer.byteLength(json);
  const envelope = Buffer.allocUnsafe(2 + length + body.length);
  envelope.writeUInt16BE(length, 0);
  envelope.write(json, 2, "utf8");
  envelope.set(body, 2 + length);
  return envelope;
}

export interface RawHead {
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly receivedAt: number;
}

export function readRawEnvelope(envelope: Buffer): { readonly head: RawHead; readonly body: Buffer } {
  const length = envelope.readUInt16BE(0);
  return { head: JSON.parse(envelope.toString("utf8", 2, 2 + length)) as RawHead, body: envelope.subarray(2 + length) };
}
