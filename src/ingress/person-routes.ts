import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProblemError } from "./problems.ts";
import { erasureReasons, searchableCategories, type Services } from "./services.ts";
import { forTenantCallers, tenantCaller } from "./tenant-caller.ts";

const security = [{ apiKey: [] }];
const tags = ["subjects"];
const idParams = Type.Object({ id: Type.String() });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** An id of the caller's own. Names and addresses do not fit, since it is kept after the erasure. */
const Reference = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$" });

/** Data subjects' rights. Values stand in bodies only, since addresses of requests end up in logs, and are not repeated in answers. */
export function personRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    forTenantCallers(plugin, services);

    app.post(
      "/v1/subjects/search",
      {
        schema: {
          summary: "Find persons by identifiers: what is kept about each, in numbers",
          tags,
          security,
          body: Type.Object(
            {
              identifiers: Type.Array(
                Type.Object(
                  {
                    category: Type.Union(searchableCategories.map((category) => Type.Literal(category))),
                    value: Type.String({ minLength: 1, maxLength: 320 }),
                  },
                  { additionalProperties: false },
                ),
                { minItems: 1, maxItems: 50 },
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        return { items: await services.persons.search(tenant, caller, request.body.identifiers as never), next: null };
      },
    );

    app.post(
      "/v1/subjects/:id/erase",
      {
        schema: {
          summary: "Erase a person",
          tags,
          security,
          params: idParams,
          body: Type.Object(
            { reason: Type.Union(erasureReasons.map((reason) => Type.Literal(reason))), requestedBy: Type.Optional(Reference) },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        const { reason, requestedBy } = request.body as { reason: (typeof erasureReasons)[number]; requestedBy?: string };
        const { id } = request.params;
        const erasure = UUID.test(id) ? await services.persons.erase(tenant, id, reason, requestedBy ?? null) : null;
        if (erasure === null) throw new ProblemError("not_found");
        reply.code(202);
        return { erasure };
      },
    );

    app.get(
      "/v1/erasures/:id",
      { schema: { summary: "How far an erasure is, and its signed proof", tags, security, params: idParams } },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const { id } = request.params;
        const found = UUID.test(id) ? await services.persons.erasure(tenant, id) : null;
        if (found === null) throw new ProblemError("not_found");
        return found;
      },
    );

    app.post(
      "/v1/subjects/:id/hold",
      {
        schema: {
          summary: "Place a legal hold: the person is neither erased nor forgotten by age",
          tags,
          security,
          params: idParams,
          body: Type.Object({ reference: Type.Optional(Reference) }, { additionalProperties: false }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const { id } = request.params;
        const { reference } = request.body as { reference?: string };
        if (!UUID.test(id) || !(await services.persons.hold(tenant, id, reference ?? null))) throw new ProblemError("not_found");
        return { subject: id, onHold: true };
      },
    );

    app.delete(
      "/v1/subjects/:id/hold",
      { schema: { summary: "Release a legal hold", tags, security, params: idParams } },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const { id } = request.params;
        if (!UUID.test(id) || !(await services.persons.release(tenant, id))) throw new ProblemError("not_found");
        return { subject: id, onHold: false };
      },
    );
  };
}
