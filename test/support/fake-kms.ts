import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  type KeyObject,
} from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * AWS KMS over HTTP, as far as the key provider uses it (AWS JSON 1.1; operations and errors as in the KMS API reference). It enforces what
 * emulators leave out: identity policies by caller, the state of a key, the whole encryption context, what a custom key store cannot do.
 * It keeps a trail of calls like CloudTrail's. A caller is the access key of the signature; the signature itself is not checked.
 */
export interface FakeKms {
  readonly endpoint: string;
  /** What was asked since the last time, in order, with the context in clear as CloudTrail shows it. */
  takeTrail(): readonly TrailEntry[];
  /** All calls so far as CloudTrail's files have them, with what the key provider's own record is compared by. */
  cloudTrail(): { readonly Records: readonly object[] };
  createKey(spec: KeySpec, options?: KeyOptions): string;
  setState(arn: string, state: KeyState): void;
  /** From now on this caller may do what the policy says; a caller without one may do anything. */
  restrict(accessKeyId: string, policy: Policy): void;
  /** The next so many calls end like this instead. */
  failNext(count: number, failure: Failure): void;
  /** Forgets the failures that were to come. */
  recover(): void;
  close(): Promise<void>;
}

export interface TrailEntry {
  readonly operation: string;
  readonly caller: string;
  readonly keyId: string;
  readonly context: EncryptionContext;
}

export type KeySpec = "SYMMETRIC_DEFAULT" | "HMAC_256" | "ECC_NIST_P256" | "ECC_NIST_EDWARDS25519" | "RSA_2048";
export type KeyState = "Enabled" | "Disabled" | "PendingDeletion" | "Unavailable";
export interface KeyOptions {
  readonly origin?: "AWS_KMS" | "EXTERNAL" | "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE";
  readonly multiRegion?: boolean;
}
export type EncryptionContext = Readonly<Record<string, string>>;
/** `cut` ends the connection, `silent` never answers, `unreadable` is a gateway's page; the rest is a KMS error by name. */
export type Failure = "cut" | "silent" | "unreadable" | { readonly status: number; readonly name: string; readonly message?: string };

export interface Policy {
  readonly Statement: readonly {
    readonly Sid?: string;
    readonly Effect: "Allow" | "Deny";
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
}

interface Key {
  readonly arn: string;
  readonly spec: KeySpec;
  readonly origin: NonNullable<KeyOptions["origin"]>;
  readonly multiRegion: boolean;
  state: KeyState;
  readonly secret: Buffer;
  readonly signer: KeyObject | null;
  readonly publicKey: KeyObject | null;
}

interface Request {
  readonly KeyId: string;
  readonly EncryptionContext?: EncryptionContext;
  readonly KeySpec?: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly Message?: string;
  readonly MessageType?: string;
  readonly MacAlgorithm?: string;
  readonly SigningAlgorithm?: string;
  readonly DryRun?: boolean;
}

class KmsFailure extends Error {
  override readonly name: string;
  readonly status: number;
  constructor(name: string, message = "", status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

const place = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/";

export async function fakeKms(): Promise<FakeKms> {
  const keys = new Map<string, Key>();
  const policies = new Map<string, Policy>();
  const trail: TrailEntry[] = [];
  const records: object[] = [];
  const failures: Failure[] = [];

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const failure = failures.shift();
      if (failure === undefined || typeof failure === "object") reply(response, () => answer(request, body, failure));
      else if (failure === "cut") request.socket.destroy();
      else if (failure === "unreadable") response.writeHead(502, { "content-type": "text/html" }).end("<!doctype html>");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));

  const answer = (request: IncomingMessage, body: string, failure: Failure | undefined): object => {
    const operation = String(request.headers["x-amz-target"]).replace("TrentService.", "");
    const caller = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1];
    if (caller === undefined) throw new KmsFailure("MissingAuthenticationTokenException");
    const input = JSON.parse(body) as Request;
    const context = input.EncryptionContext ?? {};
    trail.push({ operation, caller, keyId: input.KeyId, context });
    records.push({
      eventVersion: "1.11",
      userIdentity: { type: "IAMUser", accessKeyId: caller },
      // Whole seconds, as CloudTrail's are.
      eventTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      eventSource: "kms.amazonaws.com",
      eventName: operation,
      requestParameters: { keyId: input.KeyId, encryptionContext: context },
      resources: [{ ARN: input.KeyId, type: "AWS::KMS::Key" }],
    });
    if (typeof failure === "object") throw new KmsFailure(failure.name, failure.message, failure.status);
    const policy = policies.get(caller);
    if (policy !== undefined && !isAllowed(policy, operation, input)) {
      const message = `User: ${caller} is not authorized to perform: kms:${operation} on resource: ${input.KeyId}`;
      throw new KmsFailure("AccessDeniedException", message);
    }
    const key = keys.get(input.KeyId);
    if (key === undefined) throw new KmsFailure("NotFoundException", `Key '${input.KeyId}' does not exist`);
    const done = operate(operation, key, input, keys);
    if (input.DryRun === true)
      throw new KmsFailure("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412);
    return done;
  };

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cloudTrail: () => ({ Records: records }),
    takeTrail: () => trail.splice(0),
    createKey(spec, options = {}) {
      const key = makeKey(spec, options);
      keys.set(key.arn, key);
      return key.arn;
    },
    setState(arn, state) {
      keys.get(arn)!.state = state;
    },
    restrict: (accessKeyId, policy) => void policies.set(accessKeyId, policy),
    failNext: (count, failure) => void failures.push(...Array.from({ length: count }, () => failure)),
    recover: () => void failures.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function makeKey(spec: KeySpec, { origin = "AWS_KMS", multiRegion = false }: KeyOptions): Key {
  const isInStore = origin === "AWS_CLOUDHSM" || origin === "EXTERNAL_KEY_STORE";
  // A custom key store holds symmetric encryption keys and nothing else (KMS developer guide, "Custom key stores").
  if (isInStore && spec !== "SYMMETRIC_DEFAULT") throw new KmsFailure("UnsupportedOperationException");
  const pair =
    spec === "ECC_NIST_P256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : spec === "ECC_NIST_EDWARDS25519"
        ? generateKeyPairSync("ed25519")
        : spec === "RSA_2048"
          ? generateKeyPairSync("rsa", { modulusLength: 2048 })
          : null;
  const id = multiRegion ? `mrk-${randomUUID().replaceAll("-", "")}` : randomUUID();
  return {
    arn: `${place}${id}`,
    spec,
    origin,
    multiRegion,
    state: "Enabled",
    secret: randomBytes(32),
    signer: pair?.privateKey ?? null,
    publicKey: pair?.publicKey ?? null,
  };
}

function operate(operation: string, key: Key, input: Request, keys: ReadonlyMap<string, Key>): object {
  if (operation === "DescribeKey") return { KeyMetadata: metadata(key) };
  if (key.state === "Disabled") throw new KmsFailure("DisabledException", `${key.arn} is disabled.`);
  if (key.state !== "Enabled") throw new KmsFailure("KMSInvalidStateException", `${key.arn} is ${key.state}.`);
  switch (operation) {
    case "GenerateDataKey": {
      requireSpec(key, "SYMMETRIC_DEFAULT");
      if (input.KeySpec !== "AES_256") throw new KmsFailure("ValidationException");
      const plaintext = randomBytes(32);
      return { KeyId: key.arn, Plaintext: plaintext.toString("base64"), CiphertextBlob: encrypt(key, plaintext, input.EncryptionContext) };
    }
    case "GenerateDataKeyWithoutPlaintext":
      requireSpec(key, "SYMMETRIC_DEFAULT");
      return { KeyId: key.arn, CiphertextBlob: encrypt(key, randomBytes(32), input.EncryptionContext) };
    case "Encrypt":
      requireSpec(key, "SYMMETRIC_DEFAULT");
      return { KeyId: key.arn, CiphertextBlob: encrypt(key, Buffer.from(input.Plaintext ?? "", "base64"), input.EncryptionContext) };
    case "Decrypt":
      requireSpec(key, "SYMMETRIC_DEFAULT");
      return { KeyId: key.arn, Plaintext: decrypt(key, input, keys).toString("base64") };
    case "GenerateMac": {
      requireSpec(key, "HMAC_256");
      const message = Buffer.from(input.Message ?? "", "base64");
      if (input.MacAlgorithm !== "HMAC_SHA_256" || message.length > 4096) throw new KmsFailure("ValidationException");
      return { KeyId: key.arn, MacAlgorithm: "HMAC_SHA_256", Mac: createHmac("sha256", key.secret).update(message).digest("base64") };
    }
    case "Sign":
      return { KeyId: key.arn, SigningAlgorithm: input.SigningAlgorithm, Signature: signed(key, input).toString("base64") };
    case "GetPublicKey":
      if (key.publicKey === null) throw new KmsFailure("InvalidKeyUsageException");
      return { KeyId: key.arn, KeySpec: key.spec, PublicKey: key.publicKey.export({ format: "der", type: "spki" }).toString("base64") };
    default:
      throw new KmsFailure("UnknownOperationException", operation);
  }
}

function metadata(key: Key): object {
  const usage = key.spec === "SYMMETRIC_DEFAULT" ? "ENCRYPT_DECRYPT" : key.spec === "HMAC_256" ? "GENERATE_VERIFY_MAC" : "SIGN_VERIFY";
  return {
    Arn: key.arn,
    KeyId: key.arn.slice(place.length),
    KeySpec: key.spec,
    KeyUsage: usage,
    KeyState: key.state,
    Enabled: key.state === "Enabled",
    KeyManager: "CUSTOMER",
    Origin: key.origin,
    MultiRegion: key.multiRegion,
    ...(key.origin === "AWS_CLOUDHSM" || key.origin === "EXTERNAL_KEY_STORE" ? { CustomKeyStoreId: "cks-1" } : {}),
    ...(key.origin === "EXTERNAL" ? { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" } : {}),
  };
}

function requireSpec(key: Key, spec: KeySpec): void {
  if (key.spec !== spec) throw new KmsFailure("InvalidKeyUsageException", `${key.arn} key usage is not valid for this operation.`);
}

/** keyId(uuid or mrk, length-prefixed) iv(12) tag(16) ciphertext; the layout of real ones is not public. */
function encrypt(key: Key, plaintext: Buffer, context: EncryptionContext = {}): string {
  const id = Buffer.from(key.arn.slice(place.length));
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key.secret, iv);
  cipher.setAAD(contextBytes(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.of(id.length), id, iv, cipher.getAuthTag(), ciphertext]).toString("base64");
}

function decrypt(key: Key, input: Request, keys: ReadonlyMap<string, Key>): Buffer {
  const blob = Buffer.from(input.CiphertextBlob ?? "", "base64");
  const idEnd = 1 + (blob[0] ?? 0);
  const arn = `${place}${blob.subarray(1, idEnd).toString()}`;
  if (!keys.has(arn)) throw new KmsFailure("InvalidCiphertextException");
  if (arn !== key.arn)
    throw new KmsFailure("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.secret, blob.subarray(idEnd, idEnd + 12), { authTagLength: 16 });
    decipher.setAAD(contextBytes(input.EncryptionContext ?? {}));
    decipher.setAuthTag(blob.subarray(idEnd + 12, idEnd + 28));
    return Buffer.concat([decipher.update(blob.subarray(idEnd + 28)), decipher.final()]);
  } catch {
    throw new KmsFailure("InvalidCiphertextException");
  }
}

/** Unambiguous, whatever the pairs hold. */
function contextBytes(context: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).toSorted(([one], [two]) => (one < two ? -1 : 1))));
}

function signed(key: Key, input: Request): Buffer {
  const message = Buffer.from(input.Message ?? "", "base64");
  if (key.signer === null) throw new KmsFailure("InvalidKeyUsageException");
  if (input.MessageType !== "RAW" || message.length > 4096) throw new KmsFailure("ValidationException");
  const expected = key.spec === "ECC_NIST_P256" ? "ECDSA_SHA_256" : "ED25519_SHA_512";
  if (input.SigningAlgorithm !== expected) throw new KmsFailure("ValidationException");
  return sign(key.spec === "ECC_NIST_P256" ? "sha256" : null, message, key.signer);
}

/** The part of IAM's evaluation that the documented policies use: a matching Deny wins, else one Allow is needed. */
function isAllowed(policy: Policy, operation: string, input: Request): boolean {
  const matching = policy.Statement.filter(
    ({ Action, Resource, Condition = {} }) =>
      list(Action).some((action) => like(action, `kms:${operation}`)) &&
      list(Resource).some((resource) => like(resource, input.KeyId)) &&
      Object.entries(Condition).every(([operator, wanted]) =>
        Object.entries(wanted).every(([name, values]) => isMet(operator, conditionValues(name, input), list(values))),
      ),
  );
  return matching.some(({ Effect }) => Effect === "Allow") && !matching.some(({ Effect }) => Effect === "Deny");
}

function conditionValues(name: string, { EncryptionContext = {}, MacAlgorithm, SigningAlgorithm }: Request): readonly string[] {
  if (name === "kms:EncryptionContextKeys") return Object.keys(EncryptionContext);
  if (name === "kms:MacAlgorithm") return MacAlgorithm === undefined ? [] : [MacAlgorithm];
  if (name === "kms:SigningAlgorithm") return SigningAlgorithm === undefined ? [] : [SigningAlgorithm];
  if (!name.startsWith("kms:EncryptionContext:")) throw new Error(`the fake does not know the condition key ${name}`);
  const value = EncryptionContext[name.slice("kms:EncryptionContext:".length)];
  return value === undefined ? [] : [value];
}

function isMet(operator: string, actual: readonly string[], wanted: readonly string[]): boolean {
  switch (operator) {
    case "StringEquals":
      return actual.length === 1 && wanted.includes(actual[0]!);
    case "StringNotEquals":
      return !actual.some((value) => wanted.includes(value));
    case "StringLike":
      return actual.length === 1 && wanted.some((pattern) => like(pattern, actual[0]!));
    case "ForAllValues:StringEquals":
      return actual.every((value) => wanted.includes(value));
    case "Null":
      return (actual.length === 0) === (wanted[0] === "true");
    default:
      throw new Error(`the fake does not know the condition ${operator}`);
  }
}

function like(pattern: string, text: string): boolean {
  const source = pattern
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .join(".*");
  return new RegExp(`^${source}$`).test(text);
}

function list(one: string | readonly string[]): readonly string[] {
  return typeof one === "string" ? [one] : one;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, answer: () => object): void {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() };
  try {
    const body = JSON.stringify(answer());
    response.writeHead(200, headers).end(body);
  } catch (error) {
    if (!(error instanceof KmsFailure)) throw error;
    response.writeHead(error.status, headers).end(JSON.stringify({ __type: error.name, message: error.message }));
  }
}
