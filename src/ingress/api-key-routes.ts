import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type Scope, scopes } from "../domain/scope.ts";
import { actingOfficer } from "./acting-officer.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { namedTenant } from "./tenant-caller.ts";

const tags = ["API keys"];
const security = [{ apiKey: [] }];

/** A tenant's API keys; for security officers and the operator's key, so that a key never makes another one. */
export function apiKeyRoutes(services: Services) {
  const onRequest = async (request: FastifyRequest): Promise<void> => void (await actingOfficer(services, request));

  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/api-keys",
      {
        onRequest,
        schema: {
          summary: "A new key for a tenant, shown once",
          tags,
          security,
          body: Type.Object(
            {
              scopes: Type.Array(Type.Union(scopes.map((scope) => Type.Literal(scope))), {
                minItems: 1,
                maxItems: scopes.length,
                uniqueItems: true,
              }),
              owner: Type.Optional(
                Type.String({
                  format: "uuid",
                  description:
                    "the operator who answers for it: what it asks for counts as asked for by them. Whoever makes it in a session is the owner; without one, releases that it asks for need one approver more",
                }),
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const by = await actingOfficer(services, request);
        const { scopes: given, owner = null } = request.body;
        // Somebody else's name in a session would let its maker approve what the key asks for.
        if (by !== "operator-key" && owner !== null && owner !== by)
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#/owner", detail: "is whoever makes it" }] });
        reply.code(201).header("cache-control", "no-store");
        return services.apiKeys.create(await namedTenant(services, request), given as readonly Scope[], by === "operator-key" ? owner : by);
      },
    );

    app.get(
      "/v1/api-keys",
      { onRequest, schema: { summary: "A tenant's keys, without their secrets", tags, security } },
      async (request) => ({
        items: await services.apiKeys.list(await namedTenant(services, request)),
        next: null,
      }),
    );

    app.delete(
      "/v1/api-keys/:id",
      {
        onRequest,
        schema: {
          summary: "Revoke a key; it stops within seconds",
          tags,
          security,
          params: Type.Object({ id: Type.String({ pattern: "^[0-9a-z]{16}$" }) }),
        },
      },
      async (request, reply) => {
        if (!(await services.apiKeys.revoke(await namedTenant(services, request), request.params.id))) throw new ProblemError("not_found");
        return reply.code(204).send();
      },
    );
  };
}
