import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { tenantCaller } from "./tenant-caller.ts";

const tags = ["carriers"];
const security = [{ apiKey: [] }];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const sourceId = Type.String({ pattern: "^[a-z0-9][a-z0-9-]{1,39}$" });

/** What a merchant asks carriers with. */
export function carrierAccountRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/carrier-accounts",
      {
        schema: {
          summary: "Ask a carrier about this merchant's parcels; the credential is sealed and never shown again",
          tags,
          security,
          body: Type.Object(
            {
              source: sourceId,
              credentials: Type.Record(
                Type.String({ pattern: "^[A-Za-z][A-Za-z0-9]{0,39}$" }),
                Type.String({ minLength: 1, maxLength: 4000 }),
                {
                  maxProperties: 10,
                  description: "what the carrier gave: see its connector for the names",
                },
              ),
              carriers: Type.Optional(
                Type.Array(sourceId, {
                  minItems: 1,
                  maxItems: 20,
                  uniqueItems: true,
                  description: "whose parcels are asked about here; the source's own where left out",
                }),
              ),
              rank: Type.Optional(
                Type.Integer({
                  minimum: 0,
                  maximum: 100,
                  description: "of several accounts for a carrier the lowest goes first; of one rank the one that was added first",
                }),
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        reply.code(201);
        return services.carrierAccounts.add(tenant, request.body);
      },
    );

    app.get(
      "/v1/carrier-accounts",
      { schema: { summary: "Accounts with carriers, without their credentials", tags, security } },
      async (request) => ({ items: await services.carrierAccounts.list((await tenantCaller(services, request)).tenant), next: null }),
    );

    app.delete(
      "/v1/carrier-accounts/:id",
      {
        schema: {
          summary: "Stop asking; the credential is destroyed",
          tags,
          security,
          params: Type.Object({ id: Type.String({ maxLength: 40 }) }),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        const isGone = UUID.test(request.params.id) && (await services.carrierAccounts.remove(tenant, request.params.id));
        if (!isGone) throw new ProblemError("not_found");
        return reply.code(204).send();
      },
    );
  };
}
