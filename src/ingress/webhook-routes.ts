import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProblemError } from "./problems.ts";
import { type Services, webhookSignatures } from "./services.ts";
import { tenantCaller } from "./tenant-caller.ts";

const tags = ["webhooks"];
const security = [{ apiKey: [] }];
const url = Type.String({ minLength: 8, maxLength: 2000 });
const idParams = Type.Object({ id: Type.String({ maxLength: 40 }) });
const eventParams = Type.Object({ id: Type.String({ maxLength: 40 }), event: Type.String({ format: "uuid" }) });
const instant = Type.String({ format: "date-time" });

/** Webhooks out to a merchant's own addresses (`docs/webhooks-out.md`). */
export function webhookRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/webhook-endpoints",
      {
        schema: {
          summary: "Have an address told of every changed shipment; the secret is shown this once",
          tags,
          security,
          body: Type.Object(
            { url, signature: Type.Optional(Type.Union(webhookSignatures.map((kind) => Type.Literal(kind)))) },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        reply.code(201);
        return services.webhooks.create(tenant, request.body.url, request.body.signature ?? "hmac");
      },
    );

    app.get("/v1/webhook-endpoints", { schema: { summary: "Addresses that are told of changes", tags, security } }, async (request) => ({
      items: await services.webhooks.list((await tenantCaller(services, request)).tenant),
      next: null,
    }));

    app.get(
      "/v1/webhook-endpoints/:id",
      { schema: { summary: "One of them, with how it is doing", tags, security, params: idParams } },
      async (request) => found(await services.webhooks.get((await tenantCaller(services, request)).tenant, request.params.id)),
    );

    app.patch(
      "/v1/webhook-endpoints/:id",
      {
        schema: {
          summary: "Give it another address, or switch it off and on",
          tags,
          security,
          params: idParams,
          body: Type.Object(
            { url: Type.Optional(url), state: Type.Optional(Type.Union([Type.Literal("active"), Type.Literal("disabled")])) },
            { additionalProperties: false, minProperties: 1 },
          ),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        return found(await services.webhooks.change(tenant, request.params.id, request.body as never));
      },
    );

    app.delete(
      "/v1/webhook-endpoints/:id",
      { schema: { summary: "Remove it with all that waits for it", tags, security, params: idParams } },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        if (!(await services.webhooks.remove(tenant, request.params.id))) throw new ProblemError("not_found");
        return reply.code(204).send();
      },
    );

    app.post(
      "/v1/webhook-endpoints/:id/rotate",
      {
        schema: {
          summary: "Sign with a new secret; the one before signs on beside it for a while",
          tags,
          security,
          params: idParams,
          body: Type.Object({ overlapHours: Type.Optional(Type.Number({ minimum: 0, maximum: 168 })) }, { additionalProperties: false }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        return found(await services.webhooks.rotate(tenant, request.params.id, request.body.overlapHours ?? 24));
      },
    );

    app.post(
      "/v1/webhook-endpoints/:id/replay",
      {
        schema: {
          summary: "Deliver the events of a time once more, with the ids that they had",
          tags,
          security,
          params: idParams,
          body: Type.Object({ from: instant, to: instant }, { additionalProperties: false }),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        const [from, to] = [new Date(request.body.from), new Date(request.body.to)];
        if (!(from < to)) throw new ProblemError("invalid_field", { errors: [{ pointer: "#/to", detail: "later than from" }] });
        const events = await services.webhooks.replay(tenant, request.params.id, from, to);
        if (events === null) throw new ProblemError("not_found");
        reply.code(202);
        return { events };
      },
    );

    app.get(
      "/v1/webhook-endpoints/:id/dead-letters",
      {
        schema: {
          summary: "Events that were given up, newest first",
          tags,
          security,
          params: idParams,
          querystring: Type.Object({
            cursor: Type.Optional(Type.String({ maxLength: 200 })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
          }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        return services.webhooks.dead(tenant, request.params.id, request.query.cursor ?? null, request.query.limit ?? 50);
      },
    );

    app.post(
      "/v1/webhook-endpoints/:id/dead-letters/:event/retry",
      { schema: { summary: "Try an event again that was given up", tags, security, params: eventParams } },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        if (!(await services.webhooks.retry(tenant, request.params.id, request.params.event))) throw new ProblemError("not_found");
        reply.code(202);
        return { state: "accepted" };
      },
    );
  };
}

function found<Value>(value: Value | null): Value {
  if (value === null) throw new ProblemError("not_found");
  return value;
}
