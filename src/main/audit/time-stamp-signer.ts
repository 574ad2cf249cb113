import { constants, createHash, type KeyObject, verify, type X509Certificate } from "node:crypto";
import type { Attribute, SignerInfo } from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Certificate, ExtendedKeyUsage, id_ce_extKeyUsage, id_kp_timeStamping } from "@peculiar/asn1-x509";

const idContentType = "1.2.840.113549.1.9.3";
const idMessageDigest = "1.2.840.113549.1.9.4";
/** RFC 2634, by SHA-1, and RFC 5035, by any other hash. */
const idSigningCertificate = "1.2.840.113549.1.9.16.2.12";
const idSigningCertificateV2 = "1.2.840.113549.1.9.16.2.47";

/** The OID id-ct-TSTInfo in DER. */
const tstInfoType = Buffer.from("060b2a864886f70d0109100104", "hex");

const idRsaPss = "1.2.840.113549.1.1.10";
const idEd25519 = "1.3.101.112";
/** Hash of each signature algorithm; null: that of the digest algorithm beside it. */
const signatureHashes: ReadonlyMap<string, string | null> = new Map([
  ["1.2.840.113549.1.1.1", null],
  [idRsaPss, null],
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
  [idEd25519, null],
]);

/** Whether a signature says that it is by this certificate (RFC 3161, section 2.4.2, with RFC 5816): both attributes, where it has both. */
export function isNamedBy({ signedAttrs }: SignerInfo, certificate: X509Certificate, digestNames: ReadonlyMap<string, string>): boolean {
  const names = [
    { value: valueOf(signedAttrs, idSigningCertificate), isOld: true },
    { value: valueOf(signedAttrs, idSigningCertificateV2), isOld: false },
  ].filter(({ value }) => value !== null);
  return (
    names.length > 0 &&
    names.every(({ value, isOld }) => {
      const named = essCertHash(value!);
      const digest = named === null ? undefined : isOld ? "sha1" : named.algorithm === null ? "sha256" : digestNames.get(named.algorithm);
      return digest !== undefined && createHash(digest).update(certificate.raw).digest().equals(named!.hash);
    })
  );
}

/** Critical, and for nothing else (RFC 3161, section 2.3). */
export function isForTimeStamps({ raw }: X509Certificate): boolean {
  const extensions = AsnConvert.parse(raw, Certificate).tbsCertificate.extensions ?? [];
  const usage = extensions.filter(({ extnID }) => extnID === id_ce_extKeyUsage);
  if (usage.length !== 1 || !usage[0]!.critical) return false;
  const purposes = AsnConvert.parse(usage[0]!.extnValue, ExtendedKeyUsage);
  return purposes.length === 1 && purposes[0] === id_kp_timeStamping;
}

/** RFC 5652, section 5.4: the signature is over the attributes, which hold the content's digest and type. */
export function signatureHolds(signer: SignerInfo, content: Uint8Array, key: KeyObject, digestNames: ReadonlyMap<string, string>): boolean {
  const { signedAttrs, digestAlgorithm, signatureAlgorithm, signature } = signer;
  const digestName = digestNames.get(digestAlgorithm.algorithm);
  const type = valueOf(signedAttrs, idContentType);
  const digest = valueOf(signedAttrs, idMessageDigest);
  if (digestName === undefined || signedAttrs === undefined || type === null || digest === null) return false;
  const expected = createHash(digestName).update(content).digest();
  if (!type.equals(tstInfoType) || tlv(digest)?.body.equals(expected) !== true) return false;
  const hash = signatureHashes.get(signatureAlgorithm.algorithm);
  if (hash === undefined) return false;
  const signed = setOf(signedAttrs.map((attribute) => Buffer.from(AsnConvert.serialize(attribute))));
  const bytes = Buffer.from(signature.buffer);
  if (signatureAlgorithm.algorithm === idEd25519) return key.asymmetricKeyType === "ed25519" && verify(null, signed, key, bytes);
  const padding = signatureAlgorithm.algorithm === idRsaPss ? { padding: constants.RSA_PKCS1_PSS_PADDING } : {};
  return verify(hash ?? digestName, signed, { key, ...padding }, bytes);
}

/** In DER, whose order is that of the bytes; what is signed is this, however it was sent. */
function setOf(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements.toSorted((one, other) => Buffer.compare(one, other)));
  const length =
    body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([0x31, ...length]), body]);
}

/** The value of an attribute that may stand once, with one value; null otherwise. */
function valueOf(attributes: readonly Attribute[] | undefined, type: string): Buffer | null {
  const found = (attributes ?? []).filter(({ attrType }) => attrType === type);
  const [value] = found[0]?.attrValues ?? [];
  return found.length !== 1 || found[0]!.attrValues.length !== 1 || value === undefined ? null : Buffer.from(value);
}

/** The first of SigningCertificate's ESSCertIDs: `SEQUENCE { SEQUENCE { SEQUENCE { algorithm SEQUENCE OPTIONAL, hash OCTET STRING, … } } }`. */
function essCertHash(value: Buffer): { readonly algorithm: string | null; readonly hash: Buffer } | null {
  const first = tlv(tlv(tlv(value)?.body)?.body)?.body;
  const begin = tlv(first);
  if (begin?.tag === 0x04) return { algorithm: null, hash: begin.body };
  const hash = tlv(begin?.rest);
  if (begin?.tag !== 0x30 || hash?.tag !== 0x04) return null;
  return { algorithm: AsnConvert.parse(begin.whole, AlgorithmIdentifier).algorithm, hash: hash.body };
}

/** One DER element and what is behind it; null where the bytes are not one. */
function tlv(
  bytes: Buffer | undefined,
): { readonly tag: number; readonly body: Buffer; readonly whole: Buffer; readonly rest: Buffer } | null {
  if (bytes === undefined || bytes.length < 2) return null;
  const short = bytes[1]!;
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f;
  if (short === 0x80 || lengthBytes > 2 || bytes.length < 2 + lengthBytes) return null;
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(2, lengthBytes);
  const end = 2 + lengthBytes + length;
  if (end > bytes.length) return null;
  return { tag: bytes[0]!, body: bytes.subarray(2 + lengthBytes, end), whole: bytes.subarray(0, end), rest: bytes.subarray(end) };
}
