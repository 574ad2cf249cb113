import { createHash, randomBytes } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { MessageImprint, TimeStampReq } from "@peculiar/asn1-tsp";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { idSha256 } from "./time-stamp-token.ts";

const nonceBytes = 16;
/** RFC 3161, section 3.4. */
export const requestMediaType = "application/timestamp-query";
export const responseMediaType = "application/timestamp-reply";

/** Asks for a time-stamp of data (RFC 3161, section 2.4.1), with the authority's certificate in the answer. */
export function timeStampRequest(data: Uint8Array): { readonly request: Buffer; readonly nonce: Buffer } {
  const nonce = randomBytes(nonceBytes);
  // Positive, and of full length, as an integer in DER.
  nonce[0] = (nonce[0]! & 0x7f) | 0x40;
  return { request: encoded(createHash("sha256").update(data).digest(), nonce), nonce };
}

/** Whether bytes are such a request and hold nothing else than a digest and a nonce. */
export function isTimeStampRequest(bytes: Uint8Array): boolean {
  try {
    const { messageImprint, nonce } = AsnConvert.parse(bytes, TimeStampReq);
    const digest = Buffer.from(messageImprint.hashedMessage.buffer);
    const isBounded = digest.length === 32 && nonce?.byteLength === nonceBytes;
    return isBounded && encoded(digest, Buffer.from(nonce)).equals(bytes);
  } catch {
    return false;
  }
}

function encoded(digest: Buffer, nonce: Buffer): Buffer {
  const messageImprint = new MessageImprint({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: idSha256, parameters: null }),
    hashedMessage: new OctetString(digest),
  });
  return Buffer.from(AsnConvert.serialize(new TimeStampReq({ version: 1, messageImprint, nonce: exact(nonce), certReq: true })));
}

/** The bytes alone, where a buffer may be part of a larger one. */
function exact(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
