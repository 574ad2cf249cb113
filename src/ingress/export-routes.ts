import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A subject's own data, for an access request (GDPR, article 15). Personal data leaves here, so it is the operator's alone and never cached. */
export function exportRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    app.post(
      "/v1/subjects/:id/export",
      {
        schema: {
          summary: "Everything that is kept about a subject, opened; needs a grant",
          tags: ["subjects"],
          security: [{ apiKey: [] }],
          params: Type.Object({ id: Type.String() }),
        },
      },
      async (request, reply) => {
        const caller = await services.caller(request.headers.authorization);
        if (caller === null) throw new ProblemError("not_authenticated");
        const tenant = request.headers["parcelkeep-tenant"];
        if (caller.kind !== "operator" || typeof tenant !== "string" || !UUID.test(tenant)) throw new ProblemError("not_allowed");
        if (!UUID.test(request.params.id)) throw new ProblemError("not_found");
        reply.header("cache-control", "no-store");
        return services.exportSubject(tenant, request.params.id);
      },
    );
  };
}
