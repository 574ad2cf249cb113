import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { existingTenant } from "./tenant-caller.ts";

/** Routes for the operator's key, which lies in the data folder; the command line uses them. And what monitoring reads. */
export function operatorRoutes(services: Services) {
  const operator = async (request: FastifyRequest): Promise<void> => {
    const caller = await services.caller(request.headers.authorization);
    if (caller === null) throw new ProblemError("not_authenticated");
    if (caller.kind !== "operator") throw new ProblemError("not_allowed");
  };

  const handsIn = async (request: FastifyRequest): Promise<void> => {
    const caller = await services.caller(request.headers.authorization);
    if (caller === null) throw new ProblemError("not_authenticated");
    if (caller.kind === "tenant") throw new ProblemError("not_allowed");
  };

  return async (app: FastifyInstance): Promise<void> => {
    app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    app.post<{ Body: { name: string; owner?: string } }>(
      "/v1/tenants",
      {
        schema: {
          hide: true,
          body: {
            type: "object",
            required: ["name"],
            additionalProperties: false,
            properties: { name: { type: "string", minLength: 1, maxLength: 200 }, owner: { type: "string", format: "uuid" } },
          },
        },
      },
      async (request, reply) => {
        await operator(request);
        reply.code(201);
        return services.createTenant(request.body.name, request.body.owner ?? null);
      },
    );

    app.post<{ Querystring: { tenant: string; source: string; type?: string } }>(
      "/v1/captured",
      {
        schema: {
          hide: true,
          querystring: {
            type: "object",
            required: ["tenant", "source"],
            properties: { tenant: { type: "string" }, source: { type: "string" }, type: { type: "string" } },
          },
        },
      },
      async (request, reply) => {
        await handsIn(request);
        const { tenant, source, type } = request.query;
        const received = await services.receiveCaptured(
          await existingTenant(services, tenant),
          source,
          Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          type ?? "",
        );
        reply.code(202);
        return { receipt: received.receipt };
      },
    );

    app.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
      reply.type("text/plain; version=0.0.4").send(await services.metrics()),
    );
    app.get("/healthz", { schema: { hide: true } }, async () => ({ status: "ok" }));
    app.get("/readyz", { schema: { hide: true } }, async (_request, reply) => {
      const reason = await services.notReady();
      return reason === null ? { status: "ready" } : reply.code(503).send({ status: "not ready", reason });
    });
  };
}
