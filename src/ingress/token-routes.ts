import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { type Category, categoryNames } from "../domain/category.ts";
import { fieldCharsMax } from "../domain/personal.ts";
import { ProblemError } from "./problems.ts";
import type { BeaconInput, Services, TokenBatchInput } from "./services.ts";
import { forTenantCallers, tenantCaller } from "./tenant-caller.ts";

/** Most values of one call. */
const valuesMax = 1_000;
/** Longest text that may be a token: the long form with a version of four digits. */
const tokenCharsMax = 53;

const security = [{ apiKey: [] }];
const CategoryInput = Type.Enum([...categoryNames]);
const ValueInput = Type.Object(
  {
    category: CategoryInput,
    value: Type.String({ minLength: 1, maxLength: fieldCharsMax }),
    person: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 9_999,
        description: "values with the same number belong to one person, and go when that person is erased",
      }),
    ),
  },
  { additionalProperties: false },
);
const TokenItem = Type.Object({ token: Type.String(), short: Type.Optional(Type.String()) });

/** Tokens for values, and what may be said of a token without opening it. */
export function tokenRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    forTenantCallers(plugin, services);

    app.post(
      "/v1/tokens",
      {
        schema: {
          summary: "Tokens for values, in order; sealed and durable before the answer",
          tags: ["tokens"],
          security,
          headers: Type.Object({
            "idempotency-key": Type.Optional(
              Type.String({ minLength: 1, maxLength: 255, description: "the same key and body give the same tokens, fresh ones too" }),
            ),
          }),
          body: Type.Object(
            {
              values: Type.Array(ValueInput, { minItems: 1, maxItems: valuesMax }),
              short: Type.Optional(Type.Boolean({ description: "short forms as well, which can then be looked up" })),
            },
            { additionalProperties: false },
          ),
          response: { 200: Type.Object({ items: Type.Array(TokenItem) }) },
        },
        // The answer is JSON already.
        serializerCompiler: () => (answer) => answer as string,
      },
      async (request, reply) => {
        const { tenant, caller } = await tenantCaller(services, request);
        const key = request.headers["idempotency-key"];
        const answer = await services.tokens.tokenise(
          tenant,
          caller,
          request.body as TokenBatchInput,
          typeof key === "string" ? key : null,
        );
        return reply.type("application/json").send(answer as never);
      },
    );

    app.get(
      "/v1/tokens/:token",
      {
        schema: {
          summary: "What is known of a token, in either form, without its value",
          tags: ["tokens"],
          security,
          params: Type.Object({ token: Type.String() }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const { token } = request.params;
        const found = token.length > tokenCharsMax ? null : await services.tokens.metadata(tenant, token);
        if (found === null) throw new ProblemError("not_found");
        return found;
      },
    );

    app.post(
      "/v1/tokens/search",
      {
        schema: {
          summary: "Tokens whose value may be this one, and others beside; for categories with beacons",
          tags: ["tokens"],
          security,
          body: Type.Object(
            {
              category: CategoryInput,
              value: Type.String({ minLength: 1, maxLength: 512 }),
              cursor: Type.Optional(Type.String({ maxLength: 200 })),
              limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        const { category, value, cursor, limit } = request.body as { category: Category; value: string; cursor?: string; limit?: number };
        return services.tokens.search(tenant, caller, category, value, cursor ?? null, limit ?? 200);
      },
    );

    app.get(
      "/v1/vault-policy",
      { schema: { summary: "What is kept beside tokens: masked views and beacons", tags: ["tokens"], security } },
      async (request) => services.tokens.policy((await tenantCaller(services, request)).tenant),
    );

    app.post(
      "/v1/vault-policy",
      {
        schema: {
          hide: true,
          body: Type.Object(
            {
              masked: Type.Array(CategoryInput, { maxItems: categoryNames.length }),
              beacons: Type.Array(
                Type.Object(
                  {
                    category: CategoryInput,
                    distinctValues: Type.Integer({ minimum: 8, maximum: 1_000_000_000 }),
                    subjects: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
                    partitions: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
                  },
                  { additionalProperties: false },
                ),
                { maxItems: categoryNames.length },
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        // It decides how much of a person is seen: not a matter of an API key.
        if (caller !== "operator") throw new ProblemError("not_allowed");
        const { masked, beacons } = request.body as { masked: Category[]; beacons: BeaconInput[] };
        const policy = await services.tokens.setPolicy(tenant, masked, beacons);
        if (policy === null) throw new ProblemError("not_found");
        return policy;
      },
    );
  };
}
