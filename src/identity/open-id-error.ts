/** `refused`: an answer that does not prove anything, whatever is wrong with it; `unavailable`: the provider was not reached. */
export class OpenIdError extends Error {
  override readonly name = "OpenIdError";
  readonly code: "refused" | "unavailable";
  constructor(code: OpenIdError["code"], options?: ErrorOptions) {
    super(`sign-in with the provider: ${code}`, options);
    this.code = code;
  }
}
