/** What the SDK throws, as far as it is looked at. The rest carries the whole exchange in hidden fields, and goes no further. */
export interface SdkError extends Error {
  /** Of the operating system, where no answer came. */
  readonly code?: string;
  readonly $metadata?: { readonly requestId?: string; readonly httpStatusCode?: number; readonly attempts?: number };
}

/** What an error's name means to us, by the service's API reference. */
export type Meaning<Code> = readonly [code: Code, message: string, names: ReadonlySet<string>];

/** The caller is not let in: common to all services (each API reference, "Common errors"; names of the older query protocol have no suffix). */
export const refusedCredentials: ReadonlySet<string> = new Set([
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "IncompleteSignature",
  "ExpiredTokenException",
  "ExpiredToken",
  "MissingAuthenticationTokenException",
  "MissingAuthenticationToken",
  "InvalidSecurity",
  "InvalidSecurityException",
  "NotAuthorized",
  "OptInRequired",
]);

/** A policy says no: common to all services. */
export const deniedAccess: ReadonlySet<string> = new Set(["AccessDeniedException", "AccessDenied"]);

/** @returns the first meaning that has the name; `otherwise` for the others, such as throttling or a service that is away. */
export function meaningOf<Code>(
  name: string,
  meanings: readonly Meaning<Code>[],
  otherwise: readonly [code: NoInfer<Code>, message: string],
): readonly [code: Code, message: string] {
  const [code, message] = meanings.find(([, , names]) => names.has(name)) ?? otherwise;
  return [code, message];
}

/** What an operator needs to find a call in the provider's log. Nothing of the request is in it. */
export function callTold({ name, code, $metadata = {} }: SdkError): Error {
  const { requestId, httpStatusCode, attempts } = $metadata;
  const kind = code !== undefined && /^[A-Z_]{3,30}$/.test(code) ? code : name;
  return new Error(`${kind}, status ${httpStatusCode ?? "none"}, request ${requestId ?? "none"}, attempts ${attempts ?? "none"}`);
}
