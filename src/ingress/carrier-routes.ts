import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { categoryNames } from "../domain/category.ts";
import { lawfulBases, transferTools } from "../domain/register-entry.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { tenantCaller } from "./tenant-caller.ts";

const tags = ["carriers"];
const security = [{ apiKey: [] }];
const literals = <Text extends string>(texts: readonly Text[]) => Type.Union(texts.map((text) => Type.Literal(text)));

/** The carrier register: who recipients are and what may go there. */
export function carrierRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.get(
      "/v1/carriers",
      { schema: { summary: "Carriers, aggregators and shops: who they are, what they may be sent, how they are", tags, security } },
      async (request) => {
        const caller = await services.caller(request.headers.authorization);
        // The operator may ask for the register as it is for nobody in particular.
        const isForNobody = caller?.kind === "operator" && request.headers["parcelkeep-tenant"] === undefined;
        const tenant = isForNobody ? null : (await tenantCaller(services, request)).tenant;
        return { items: await services.carriers.list(tenant), next: null };
      },
    );

    app.put(
      "/v1/carriers/:source/agreement",
      {
        schema: {
          summary: "What a tenant has agreed with a recipient; what is left out is as the register says. For the operator",
          tags,
          security,
          params: Type.Object({ source: Type.String({ maxLength: 40 }) }),
          body: Type.Object(
            {
              contract: Type.Optional(
                Type.Object(
                  { reference: Type.String({ minLength: 1, maxLength: 200 }), date: Type.String({ format: "date" }) },
                  { additionalProperties: false },
                ),
              ),
              lawfulBasis: Type.Optional(literals(lawfulBases)),
              transferTool: Type.Optional(literals(transferTools)),
              fieldsAllowed: Type.Optional(Type.Array(literals(categoryNames), { uniqueItems: true, maxItems: 20 })),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        // It decides what may leave: a key that a shop system holds does not change it.
        if (caller !== "operator") throw new ProblemError("not_allowed");
        const { contract, lawfulBasis, transferTool, fieldsAllowed } = request.body;
        const agreement = {
          contract: contract ?? null,
          lawfulBasis: lawfulBasis ?? null,
          transferTool: transferTool ?? null,
          fieldsAllowed: fieldsAllowed ?? null,
        };
        const carrier = await services.carriers.agree(tenant, request.params.source, agreement as never);
        if (carrier === null) throw new ProblemError("not_found");
        return carrier;
      },
    );
  };
}
