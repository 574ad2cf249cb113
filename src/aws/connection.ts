import type { Place } from "./place.ts";

/** How the services of AWS are reached. */
export interface AwsConnection {
  readonly place: Place;
  /** Answers instead of the region's own hosts, in tests; null everywhere else. */
  readonly emulator: Emulator | null;
}

export interface Emulator {
  readonly endpoint: string;
  /** Left out: the SDK's own chain, as for the real services. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Of one attempt. Left out: as for the real services. */
  readonly timeoutMs?: number;
}
