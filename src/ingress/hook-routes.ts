import type { FastifyInstance } from "fastify";
import type { CallerAddress } from "./caller-address.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

/** Routes that face senders: webhooks and the token endpoint for senders that authenticate by OAuth client credentials. */
export function hookRoutes(services: Services, callerOf: CallerAddress) {
  return async (app: FastifyInstance): Promise<void> => {
    // Bytes are verified as they came, so nothing is parsed before.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    app.post<{ Params: { endpointId: string } }>(
      "/v1/hooks/:endpointId",
      {
        // The schema is for the description; an id that is none is not found.
        validatorCompiler: () => () => true,
        schema: {
          summary: "A source's webhook, as that source sends it",
          tags: ["ingress"],
          params: { type: "object", properties: { endpointId: { type: "string" } } },
        },
      },
      (request, reply) => {
        services
          .receiveHook(request.params.endpointId, {
            headers: request.headers,
            body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
            remoteAddress: callerOf(request),
            query: queryOf(request.url),
          })
          .then(({ receipt, duplicate }) => {
            reply.code(202);
            if (duplicate) reply.header("idempotent-replay", "true");
            reply.type("application/json").send(`{"receipt":"${receipt}"}`);
          })
          .catch((error: unknown) => reply.send(error));
      },
    );

    app.post(
      "/v1/oauth/token",
      { schema: { summary: "Access token for senders with client credentials (RFC 6749, section 4.4)", tags: ["ingress"] } },
      async (request, reply) => {
        const form = new URLSearchParams((request.body as Buffer | undefined)?.toString("utf8") ?? "");
        // RFC 6749 requires it; a sender that leaves it out can mean nothing else.
        if ((form.get("grant_type") ?? "client_credentials") !== "client_credentials") throw new ProblemError("malformed_request");
        const basic = /^basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
        const [id, secret] =
          basic === undefined
            ? [form.get("client_id"), form.get("client_secret")]
            : splitPair(Buffer.from(basic, "base64").toString("utf8"));
        const issued = id && secret ? await services.issueAccessToken(id, secret) : null;
        if (issued === null) throw new ProblemError("not_authenticated");
        reply.header("cache-control", "no-store");
        return { access_token: issued.token, token_type: "Bearer", expires_in: issued.expiresInS };
      },
    );
  };
}

/** What stands behind the question mark, undecoded. */
function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

function splitPair(pair: string): [string, string] {
  const colon = pair.indexOf(":");
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}
