/** Who we are to browsers and authenticators. */
export interface RelyingParty {
  /** Scheme, host and port of the pages, as a browser names them in `Origin`. */
  readonly origin: string;
  /** The host: passkeys are bound to it (WebAuthn Level 3, section 5.1.2), so that no other site can ask for them. */
  readonly rpId: string;
  /** Whether the origin is https; in the clear only on this machine. */
  readonly isSecure: boolean;
}

/**
 * @param address `https://host[:port]`, or `http://localhost[:port]`: browsers let nothing else use passkeys, and an address of digits is no relying party.
 * @throws {TypeError}
 */
export function relyingParty(address: string): RelyingParty {
  const url = URL.parse(address);
  const isLocal = url?.protocol === "http:" && url.hostname === "localhost";
  const isNamed = url?.protocol === "https:" && /[a-z]/.test(url.hostname) && !url.hostname.startsWith("[");
  if (url === null || url.origin !== address || !(isLocal || isNamed))
    throw new TypeError("expected https://host or http://localhost, with a port and without a path");
  return { origin: url.origin, rpId: url.hostname, isSecure: url.protocol === "https:" };
}
