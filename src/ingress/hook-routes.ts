import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { CallerAddress } from "./caller-address.ts";
import { ProblemError } from "./problems.ts";
import { readRawBody } from "./raw-body.ts";
import type { Received, Services } from "./services.ts";

const jsonType = "application/json; charset=utf-8";

/** Routes that face senders: webhooks and the token endpoint for senders that authenticate by OAuth client credentials. */
export function hookRoutes(services: Services, callerOf: CallerAddress, bodyBytesMax: number) {
  return async (app: FastifyInstance): Promise<void> => {
    // Bytes are verified as they came, so nothing is parsed before.
    app.removeAllContentTypeParsers();
    // Every type, as an expression: what is taken under "*" is looked for anew with each request.
    app.addContentTypeParser(/^/, (_request, payload: IncomingMessage, done) => readRawBody(payload, bodyBytesMax, done));

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
        const failed = (error: unknown): void => void reply.send(error);
        services
          .receiveHook(request.params.endpointId, {
            headers: request.headers,
            body: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
            remoteAddress: callerOf(request),
            query: queryOf(request.url),
          })
          .then((received) => {
            try {
              answer(reply, received);
            } catch (error) {
              failed(error);
            }
          }, failed);
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

function answer(reply: FastifyReply, { receipt, duplicate }: Received): void {
  reply.code(202).header("content-type", jsonType);
  if (duplicate) reply.header("idempotent-replay", "true");
  reply.send(`{"receipt":"${receipt}"}`);
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
