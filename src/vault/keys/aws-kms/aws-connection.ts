import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { type KeyArn, type KeyPlace, requireHostIn } from "./key-arn.ts";
import { KeyError } from "../provider.ts";

/**
 * Bounds of one call: at most three attempts (the SDK's standard retry, which also slows down when throttled), each ended after its time. Since nothing
 * on the hot path waits for KMS, a call may take as long as a session key has left; `timeoutMs` times three stays well under that minute.
 */
const attemptsMax = 3;
const connectTimeoutMs = 2_000;
const timeoutMs = 5_000;

export interface KmsPlaceSettings {
  readonly place: KeyPlace;
  /** Answers instead of the region's own host, in tests; null everywhere else. */
  readonly emulator: Emulator | null;
}

export interface Emulator {
  readonly endpoint: string;
  /** Left out: the SDK's own chain, as for the real one. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Of one attempt. Left out: as for the real one. */
  readonly timeoutMs?: number;
}

/**
 * Credentials come from the SDK's own chain (role of the task or instance, web identity): this program never holds long-lived ones.
 * @throws {KeyError} `wrong-provider` where the SDK would ask a host outside the partition.
 */
export function connectKms({ place, emulator }: KmsPlaceSettings): KMSClient {
  return new KMSClient({
    region: place.region,
    // Said always: without it the SDK follows AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS and the shared configuration file to any host.
    endpoint: emulator?.endpoint ?? ownEndpoint(place),
    ...(emulator?.credentials === undefined ? {} : { credentials: emulator.credentials }),
    retryMode: "standard",
    maxAttempts: attemptsMax,
    // Without the last setting, a time-out is only warned of.
    requestHandler: { connectionTimeout: connectTimeoutMs, requestTimeout: emulator?.timeoutMs ?? timeoutMs, throwOnRequestTimeout: true },
  });
}

function ownEndpoint(place: KeyPlace): string {
  const { endpointProvider } = new KMSClient({ region: place.region }).config;
  const { url } = endpointProvider({ Region: place.region, UseDualStack: false, UseFIPS: false });
  requireHostIn(place, url.hostname);
  return url.href;
}

/**
 * The answer about one key, or what its failure means to us. Neither message nor cause holds anything of the request: what the SDK throws
 * carries the whole exchange in hidden fields.
 * @throws {KeyError}
 */
export async function askOf<Answer>(client: KMSClient, key: KeyArn, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    // One name for a key that is about to be destroyed and for a key store that is away for a moment; only the state tells them apart.
    if ((error as SdkError).name === "KMSInvalidStateException" && (await isLeaving(client, key))) {
      throw new KeyError("disabled-key", "the key is disabled, or waits for its deletion", { cause: told(error as SdkError) });
    }
    throw keyErrorOf(error as SdkError);
  }
}

async function isLeaving(client: KMSClient, key: KeyArn): Promise<boolean> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }));
    return leavingStates.has(KeyMetadata?.KeyState ?? "");
  } catch {
    return false;
  }
}

/** States that only a person ends (KMS developer guide, "Key states of AWS KMS keys"). */
const leavingStates: ReadonlySet<string> = new Set(["Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport"]);

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number; readonly attempts?: number };
}

/** By the error's name in the KMS API reference and its page "Common errors"; throttling by the SDK's own list. */
const meanings: readonly (readonly [code: KeyError["code"], message: string, names: ReadonlySet<string>])[] = [
  ["refused-wrap", "the wrap does not fit its key and context", new Set(["InvalidCiphertextException", "IncorrectKeyException"])],
  ["not-permitted", "the key's policy or the caller's does not allow this", new Set(["AccessDeniedException", "AccessDenied"])],
  [
    "refused-credentials",
    "the credentials are wrong or expired",
    new Set([
      "UnrecognizedClientException",
      "InvalidClientTokenId",
      "InvalidSignatureException",
      "SignatureDoesNotMatch",
      "IncompleteSignature",
      "ExpiredTokenException",
      "ExpiredToken",
      "MissingAuthenticationTokenException",
      "NotAuthorized",
      "OptInRequired",
    ]),
  ],
  ["disabled-key", "the key is disabled", new Set(["DisabledException"])],
  ["wrong-provider", "there is no such key in this account and region", new Set(["NotFoundException", "InvalidArnException"])],
  [
    "wrong-provider",
    "the key is not of the kind that this needs",
    new Set(["InvalidKeyUsageException", "UnsupportedOperationException", "ValidationException"]),
  ],
  [
    "unavailable",
    "too many requests to the key service",
    new Set(["ThrottlingException", "Throttling", "LimitExceededException", "TooManyRequestsException", "RequestLimitExceeded"]),
  ],
  [
    "unavailable",
    "the key's store does not answer",
    new Set([
      "KeyUnavailableException",
      "CustomKeyStoreInvalidStateException",
      "CloudHsmClusterNotActiveException",
      "XksProxyUriUnreachableException",
    ]),
  ],
  ["unavailable", "the key is in no state to be used now", new Set(["KMSInvalidStateException"])],
  ["unavailable", "there are no credentials to ask with", new Set(["CredentialsProviderError", "TokenProviderError"])],
];

function keyErrorOf(error: SdkError): KeyError {
  const [code, message] =
    meanings.find(([, , names]) => names.has(error.name)) ?? (["unavailable", "the key service was not reached"] as const);
  return new KeyError(code, message, { cause: told(error) });
}

/** What an operator needs to find the call in the provider's log. */
function told({ name, code, $metadata = {} }: SdkError): Error {
  const { requestId, httpStatusCode, attempts } = $metadata;
  const kind = code !== undefined && /^[A-Z_]{3,30}$/.test(code) ? code : name;
  return new Error(`${kind}, status ${httpStatusCode ?? "none"}, request ${requestId ?? "none"}, attempts ${attempts ?? "none"}`);
}
