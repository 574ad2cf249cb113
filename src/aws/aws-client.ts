import type { AwsConnection } from "./connection.ts";
import { endpointIn } from "./place.ts";

/** Of one call: the SDK's standard retry, which also slows down when throttled. */
export const attemptsMax = 3;
const connectTimeoutMs = 2_000;
const usualTimeoutMs = 5_000;

/** What services see of the caller beside its role: no host, system or runtime, and nothing out of the environment (`AWS_SDK_UA_APP_ID`). */
const userAgent = "parcelkeep";

export interface ClientOptions {
  /** Longest wait of one attempt for its answer; {@link attemptsMax} of them make a call. */
  readonly timeoutMs?: number;
}

/**
 * Every client of AWS is made here: in the allowed place, with the same bounds. Credentials come from the SDK's own chain (role of the task or
 * instance, web identity): this program never holds long-lived ones.
 *
 * What the environment or a shared configuration file could change of a client is said here instead: endpoint, dual-stack and FIPS hosts, retries.
 * @param service as its host names it, such as `kms`, `s3`, `events`.
 */
export function awsClient<Client>(
  Make: new (settings: ClientSettings) => Client,
  service: string,
  connection: AwsConnection,
  { timeoutMs = usualTimeoutMs }: ClientOptions = {},
): Client {
  return new Make(clientSettings(service, connection, { timeoutMs }));
}

type ClientSettings = ReturnType<typeof clientSettings>;

function clientSettings(service: string, { place, emulator }: AwsConnection, { timeoutMs }: Required<ClientOptions>) {
  return {
    region: place.region,
    // Said always: without it the SDK follows AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS and the shared configuration file to any host.
    endpoint: emulator?.endpoint ?? endpointIn(place, service),
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    ...(emulator?.credentials === undefined ? {} : { credentials: emulator.credentials }),
    retryMode: "standard",
    maxAttempts: attemptsMax,
    // Without the last setting, a time-out is only warned of.
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: emulator?.timeoutMs ?? timeoutMs,
      throwOnRequestTimeout: true,
    },
    defaultUserAgentProvider: async (): Promise<[string, string?][]> => [[userAgent]],
    userAgentAppId: async (): Promise<undefined> => undefined,
  };
}
