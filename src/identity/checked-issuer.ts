/** @throws {TypeError} unless it is https, or http on this machine for tests: without TLS anybody in between is the provider. */
export function checkedIssuer(issuer: string): string {
  const url = URL.parse(issuer);
  if (url === null || !(url.protocol === "https:" || isOfThisMachine(url)) || url.search !== "" || url.hash !== "")
    throw new TypeError("expected https://host, with a path where the provider has one");
  return issuer;
}

export function isOfThisMachine({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
