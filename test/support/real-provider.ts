import { createServer } from "node:http";
import Provider from "oidc-provider";

interface Scope {
  after(work: () => Promise<void>): void;
}

/** A certified OpenID provider over HTTP, with the pages of its own for signing in, and accounts that are whatever is typed. */
export class RealProvider {
  readonly issuer: string;

  /** @param redirectUri the one address that it sends browsers back to. */
  static async start(
    scope: Scope,
    client: { readonly clientId: string; readonly clientSecret: string },
    redirectUri: string,
  ): Promise<RealProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: client.clientId,
          client_secret: client.clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ["authorization_code"],
          response_types: ["code"],
        },
      ],
      pkce: { required: () => true },
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, email: `${id.split("+")[0]}@example.eu`, email_verified: !id.includes("unverified") }),
      }),
      cookies: { keys: ["of the test"] },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 60, IdToken: 60 },
    });
    server.on("request", provider.callback());
    scope.after(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return new RealProvider(issuer);
  }

  private constructor(issuer: string) {
    this.issuer = issuer;
  }

  /**
   * What a person does in a browser there: signs in and agrees.
   * @returns the query that the browser comes back with.
   */
  async signIn(authorization: string, account: string): Promise<string> {
    const cookies = new Map<string, string>();
    let url = authorization;
    let body: string | undefined;
    for (let hop = 0; hop < 12; hop++) {
      const answer = await fetch(url, {
        method: body === undefined ? "GET" : "POST",
        redirect: "manual",
        headers: {
          cookie: Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; "),
          connection: "close",
          ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(body === undefined ? {} : { body }),
      });
      for (const line of answer.headers.getSetCookie()) {
        const [name, value] = line.split(";")[0]!.split("=", 2) as [string, string];
        cookies.set(name, value);
      }
      const page = await answer.text();
      const location = answer.headers.get("location");
      if (location !== null) {
        const next = new URL(location, url);
        if (next.origin !== this.issuer) return next.search;
        [url, body] = [next.href, undefined];
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (prompt === undefined) throw new Error(`the provider shows something else (${answer.status})`);
      url = new URL(/action="([^"]+)"/.exec(page)![1]!, url).href;
      body = new URLSearchParams(prompt === "login" ? { prompt, login: account, password: "any" } : { prompt }).toString();
    }
    throw new Error("the provider goes round in circles");
  }
}
