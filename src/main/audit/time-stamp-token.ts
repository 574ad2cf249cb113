import { createHash, X509Certificate } from "node:crypto";
import { SignedData, type SignerInfo } from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { id_ct_tstInfo, type PKIStatus, TimeStampResp, TSTInfo } from "@peculiar/asn1-tsp";
import { isForTimeStamps, isNamedBy, signatureHolds } from "./time-stamp-signer.ts";

/*
 * Checks a time-stamp (RFC 3161) with nothing but the data, the authority's answer and the certificate that the verifier trusts:
 *
 *   the authority granted it                                            → refused
 *   it is of this data: SHA-256 or longer of it                         → wrong-data
 *   it answers this question, where the nonce is known                  → wrong-nonce
 *   its signer's certificate is trusted, or of an authority that is,
 *   is the one that the signature names (RFC 5816), and was valid then  → untrusted
 *   that certificate is for time-stamps and nothing else (section 2.3)  → not-for-time-stamps
 *   the signature holds                                                 → bad-signature
 *
 * The library reads the structures; what holds is decided here.
 */
export class TimeStampError extends Error {
  override readonly name = "TimeStampError";
  readonly code: "malformed" | "refused" | "wrong-data" | "wrong-nonce" | "untrusted" | "not-for-time-stamps" | "bad-signature";
  constructor(code: TimeStampError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface TimeStamp {
  /** The data existed then, says the authority; give or take its accuracy. */
  readonly time: Date;
  /** SHA-256 of the signer's certificate, hex. */
  readonly authority: string;
  /** OID of the policy that the authority follows. */
  readonly policy: string;
}

export interface TimeStampTrust {
  /** Certificates of authorities, or of those who issue theirs. Null: whoever signed it is taken, which says only that the answer is sound in itself. */
  readonly certificates: readonly X509Certificate[] | null;
  /** The nonce of the question, where it is known. */
  readonly nonce?: Uint8Array;
}

const idSignedData = "1.2.840.113549.1.7.2";

export const idSha256 = "2.16.840.1.101.3.4.2.1";
/** Digest algorithms that are long enough, by their OIDs. */
const digestNames: ReadonlyMap<string, string> = new Map([
  [idSha256, "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);
const granted: readonly PKIStatus[] = [0, 1];

/**
 * @param response a TimeStampResp in DER.
 * @param data what it should be of.
 * @throws {TimeStampError}
 */
export function verifyTimeStamp(response: Uint8Array, data: Uint8Array, trust: TimeStampTrust): TimeStamp {
  try {
    return verified(response, data, trust);
  } catch (cause) {
    // Neither the library nor OpenSSL names what they throw for bytes that are not what they should be.
    throw cause instanceof TimeStampError
      ? cause
      : new TimeStampError("malformed", "not an answer of a time-stamping authority", { cause });
  }
}

function verified(response: Uint8Array, data: Uint8Array, { certificates, nonce }: TimeStampTrust): TimeStamp {
  const { signed, info, content } = readResponse(response);
  if (!isOfData(info, data)) throw new TimeStampError("wrong-data", "the time-stamp is of other data");
  if (nonce !== undefined && !sameInteger(info.nonce, nonce))
    throw new TimeStampError("wrong-nonce", "the time-stamp answers another question");
  const [signer] = signed.signerInfos;
  if (signer === undefined || signed.signerInfos.length !== 1) throw new TimeStampError("malformed", "a time-stamp has one signature");
  const certificate = signerCertificate(signed, signer, certificates);
  if (!isForTimeStamps(certificate))
    throw new TimeStampError("not-for-time-stamps", "the signer's certificate is not for time-stamps alone");
  if (!wasValid(certificate, info.genTime)) throw new TimeStampError("untrusted", "the signer's certificate was not valid then");
  if (!signatureHolds(signer, content, certificate.publicKey, digestNames))
    throw new TimeStampError("bad-signature", "the signature does not hold");
  return { time: info.genTime, authority: fingerprint(certificate), policy: info.policy };
}

function readResponse(response: Uint8Array): { readonly signed: SignedData; readonly info: TSTInfo; readonly content: Uint8Array } {
  const { status, timeStampToken } = AsnConvert.parse(response, TimeStampResp);
  if (!granted.includes(status.status) || timeStampToken === undefined)
    throw new TimeStampError("refused", `the authority refused with status ${Number(status.status)}`);
  if (timeStampToken.contentType !== idSignedData) throw new TimeStampError("malformed", "the token is not signed data");
  const signed = AsnConvert.parse(timeStampToken.content, SignedData);
  const content = signed.encapContentInfo.eContent?.single?.buffer;
  if (signed.encapContentInfo.eContentType !== id_ct_tstInfo || content === undefined)
    throw new TimeStampError("malformed", "the token holds no time-stamp");
  return { signed, info: AsnConvert.parse(content, TSTInfo), content: new Uint8Array(content) };
}

function isOfData({ messageImprint }: TSTInfo, data: Uint8Array): boolean {
  const name = digestNames.get(messageImprint.hashAlgorithm.algorithm);
  return name !== undefined && createHash(name).update(data).digest().equals(Buffer.from(messageImprint.hashedMessage.buffer));
}

/** DER integers may have a zero in front. */
function sameInteger(given: ArrayBuffer | undefined, expected: Uint8Array): boolean {
  const bare = (bytes: Uint8Array): string =>
    Buffer.from(bytes)
      .toString("hex")
      .replace(/^(?:00)+/, "");
  return given !== undefined && bare(new Uint8Array(given)) === bare(expected);
}

/** The certificate that the signature itself names, if it is trusted. */
function signerCertificate(signed: SignedData, signer: SignerInfo, trusted: TimeStampTrust["certificates"]): X509Certificate {
  const embedded = (signed.certificates ?? []).flatMap(({ certificate }) => {
    if (certificate === undefined) return [];
    try {
      return [new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))];
    } catch {
      return [];
    }
  });
  const certificate = [...(trusted ?? []), ...embedded].find((each) => isNamedBy(signer, each, digestNames));
  if (certificate === undefined) throw new TimeStampError("untrusted", "the certificate that the signature names is not at hand");
  if (trusted !== null && !trusted.some((each) => isOrIssued(each, certificate)))
    throw new TimeStampError("untrusted", "the signer's certificate is not one that is trusted, nor issued by one");
  return certificate;
}

function isOrIssued(trusted: X509Certificate, certificate: X509Certificate): boolean {
  if (trusted.raw.equals(certificate.raw)) return true;
  return trusted.ca && certificate.checkIssued(trusted) && certificate.verify(trusted.publicKey);
}

function wasValid({ validFromDate, validToDate }: X509Certificate, then: Date): boolean {
  return validFromDate <= then && then <= validToDate;
}

function fingerprint({ raw }: X509Certificate): string {
  return createHash("sha256").update(raw).digest("hex");
}
