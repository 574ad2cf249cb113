/** The only way out: every outbound call of the product goes through one Egress. */
export interface Egress {
  /**
   * Sends one call and gives its answer, whatever its status; a redirect is an answer too, or an error, and never followed elsewhere.
   * Nothing is sent twice: whoever calls decides about retries.
   * @param signal ends the call early, as `timeout` does.
   * @throws {EgressError}
   */
  send(call: EgressCall, signal?: AbortSignal): Promise<EgressAnswer>;
}

export interface EgressCall {
  readonly tenant: string;
  /** Source id of a register entry, or `webhook:<endpoint id>`. */
  readonly recipient: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Values that may stand in the call although they are no tokens: what a recorded release covers, and the recipient's own credentials. */
  readonly covered: readonly CoveredValue[];
}

export type CoveredValue =
  { readonly kind: "release"; readonly release: string; readonly value: string } | { readonly kind: "credential"; readonly value: string };

export interface EgressAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * A call that was not made, or has no answer. What the caller does next: `timeout`, `unreachable` retry, where the call may be repeated;
 * `host-not-registered`, `address-refused`, `redirect-refused`, `tls` are for an operator and do not mend themselves; `answer-too-large` drops;
 * `leak` means that the call held what may not leave: it was recorded and is a mistake of ours, never retried.
 * Messages hold no part of the call.
 */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly code:
    "host-not-registered" | "address-refused" | "redirect-refused" | "tls" | "leak" | "timeout" | "unreachable" | "answer-too-large";

  constructor(code: EgressError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
