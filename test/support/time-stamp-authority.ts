import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from "@peculiar/asn1-cms";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { id_ct_tstInfo, PKIStatusInfo, TimeStampReq, TimeStampResp, TimeStampToken, TSTInfo } from "@peculiar/asn1-tsp";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_kp_timeStamping,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from "@peculiar/asn1-x509";

const ecdsaSha256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const sha256 = new AlgorithmIdentifier({ algorithm: "2.16.840.1.101.3.4.2.1", parameters: null });
const dayMs = 24 * 60 * 60_000;

export interface AuthorityOptions {
  readonly name?: string;
  readonly usage?: readonly string[] | null;
  readonly isCritical?: boolean;
  readonly validFrom?: Date;
  readonly validTo?: Date;
  /** Who issued the certificate; itself where it is left out. */
  readonly issuer?: Authority;
  readonly isIssuer?: boolean;
}

export interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
  readonly name: Name;
}

/** A time-stamping authority of a test, with a key and a certificate of its own. */
export function testAuthority(options: AuthorityOptions = {}): Authority {
  const { usage = [id_kp_timeStamping], isCritical = true, issuer, isIssuer = false } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = nameOf(options.name ?? "Test authority");
  const extensions: Extension[] = [];
  if (usage !== null) extensions.push(extension(id_ce_extKeyUsage, isCritical, new ExtendedKeyUsage([...usage])));
  if (isIssuer) extensions.push(extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true })));
  const serial = randomBytes(8);
  serial[0] = 1;
  const tbsCertificate = new TBSCertificate({
    version: 2,
    serialNumber: exact(serial),
    signature: ecdsaSha256,
    issuer: issuer?.name ?? name,
    validity: new Validity({
      notBefore: options.validFrom ?? new Date(Date.now() - dayMs),
      notAfter: options.validTo ?? new Date(Date.now() + dayMs),
    }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey.export({ format: "der", type: "spki" }), SubjectPublicKeyInfo),
    extensions: new Extensions(extensions),
  });
  const signature = sign("sha256", Buffer.from(AsnConvert.serialize(tbsCertificate)), issuer?.privateKey ?? privateKey);
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm: ecdsaSha256, signatureValue: exact(signature) });
  return { certificate: new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))), privateKey, name };
}

export interface ReplyOptions {
  readonly time?: Date;
  readonly status?: number;
  readonly nonce?: Uint8Array;
  /** Named in the signature instead of the signer's own certificate. */
  readonly named?: X509Certificate;
  readonly certificates?: readonly X509Certificate[];
  readonly contentType?: string;
  /** Signs with another key than its certificate's. */
  readonly privateKey?: KeyObject;
}

/** What an authority answers to a request. */
export function reply(authority: Authority, request: Uint8Array, options: ReplyOptions = {}): Buffer {
  const { messageImprint, nonce } = AsnConvert.parse(request, TimeStampReq);
  const status = new PKIStatusInfo({ status: options.status ?? 0 });
  if ((options.status ?? 0) > 1) return Buffer.from(AsnConvert.serialize(new TimeStampResp({ status })));
  const info = new TSTInfo({
    version: 1,
    policy: "1.2.3.4.1",
    messageImprint,
    serialNumber: exact(Buffer.of(1)),
    genTime: options.time ?? new Date(),
    ...(options.nonce !== undefined ? { nonce: exact(options.nonce) } : nonce === undefined ? {} : { nonce }),
  });
  const content = Buffer.from(AsnConvert.serialize(info));
  const signed = signedData(authority, content, options);
  const token = new TimeStampToken({ contentType: "1.2.840.113549.1.7.2", content: AsnConvert.serialize(signed) });
  return Buffer.from(AsnConvert.serialize(new TimeStampResp({ status, timeStampToken: token })));
}

function signedData(authority: Authority, content: Buffer, options: ReplyOptions): SignedData {
  const attributes = [
    attribute("1.2.840.113549.1.9.3", Buffer.from("060b2a864886f70d0109100104", "hex")),
    attribute("1.2.840.113549.1.9.4", AsnConvert.serialize(new OctetString(createHash("sha256").update(content).digest()))),
    attribute("1.2.840.113549.1.9.16.2.47", essCertId(options.named ?? authority.certificate)),
  ].toSorted((one, other) => Buffer.compare(der(one), der(other)));
  const body = Buffer.concat(attributes.map(der));
  const signature = sign("sha256", sequence(0x31, body), options.privateKey ?? authority.privateKey);
  const { tbsCertificate } = AsnConvert.parse(authority.certificate.raw, Certificate);
  const signer = new SignerInfo({
    version: CMSVersion.v1,
    sid: new SignerIdentifier({
      issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer: tbsCertificate.issuer, serialNumber: tbsCertificate.serialNumber }),
    }),
    digestAlgorithm: sha256,
    signedAttrs: attributes,
    signatureAlgorithm: ecdsaSha256,
    signature: new OctetString(signature),
  });
  return new SignedData({
    version: CMSVersion.v3,
    digestAlgorithms: new DigestAlgorithmIdentifiers([sha256]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: options.contentType ?? id_ct_tstInfo,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    certificates: new CertificateSet(
      (options.certificates ?? [authority.certificate]).map(
        ({ raw }) => new CertificateChoices({ certificate: AsnConvert.parse(raw, Certificate) }),
      ),
    ),
    signerInfos: new SignerInfos([signer]),
  });
}

/** SigningCertificateV2 with the one certificate, by SHA-256. */
function essCertId({ raw }: X509Certificate): Buffer {
  const hash = Buffer.concat([Buffer.of(0x04, 32), createHash("sha256").update(raw).digest()]);
  return sequence(0x30, sequence(0x30, sequence(0x30, hash)));
}

function attribute(attrType: string, value: ArrayBuffer | Buffer): Attribute {
  return new Attribute({ attrType, attrValues: [exact(new Uint8Array(value))] });
}

function extension(extnID: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function nameOf(text: string): Name {
  const common = new AttributeTypeAndValue({ type: "2.5.4.3", value: new AttributeValue({ utf8String: text }) });
  return new Name([new RelativeDistinguishedName([common])]);
}

function der(value: object): Buffer {
  return Buffer.from(AsnConvert.serialize(value));
}

function sequence(tag: number, body: Buffer): Buffer {
  const length =
    body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
