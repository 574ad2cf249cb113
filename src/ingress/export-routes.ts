import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { exportReasons, exportRecipients } from "../domain/approval-terms.ts";
import { asker, idempotencyKeyOf } from "./approval-routes.ts";
import type { NewExportInput } from "./export-services.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { namedTenant } from "./tenant-caller.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const security = [{ apiKey: [] }];
const literals = <Text extends string>(texts: readonly Text[]) => Type.Union(texts.map((text) => Type.Literal(text)));
const idParams = Type.Object({ id: Type.String() });

/** A subject's own data, for an access request (GDPR, article 15). Personal data leaves here, so it is never cached. Deciding is with the other requests (`approval-routes.ts`). */
export function exportRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/exports",
      {
        schema: {
          summary: "Ask that everything that is kept about a person be opened for them, once",
          tags: ["subjects"],
          security,
          body: Type.Object(
            {
              subject: Type.String({ format: "uuid" }),
              recipient: literals(exportRecipients),
              reason: literals(exportReasons),
              text: Type.String({ minLength: 1, maxLength: 2_000, description: "in words, for whoever decides; kept sealed" }),
              identityCheck: Type.String({
                minLength: 1,
                maxLength: 500,
                description: "where it stands how the person was recognised; kept sealed",
              }),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { tenant, requester } = await asker(services, request);
        reply.code(201);
        return services.exports.request(tenant, requester, request.body as NewExportInput, idempotencyKeyOf(request));
      },
    );

    app.post(
      "/v1/exports/:id/collect",
      {
        schema: {
          summary: "What was granted, opened: once, within a day, for whoever asked",
          tags: ["subjects"],
          security,
          params: idParams,
        },
      },
      async (request, reply) => {
        const { tenant, requester } = await asker(services, request);
        const { id } = request.params;
        const collected = UUID.test(id) ? await services.exports.collect(tenant, id, requester) : null;
        if (collected === null) throw new ProblemError("not_found");
        reply.header("cache-control", "no-store");
        return collected;
      },
    );

    app.post(
      "/v1/subjects/:id/export",
      {
        schema: {
          summary: "Everything that is kept about a subject, opened at once: where one person operates alone, until approvals begin",
          tags: ["subjects"],
          security,
          params: idParams,
        },
      },
      async (request, reply) => {
        const tenant = await namedTenant(services, request);
        if (!UUID.test(request.params.id)) throw new ProblemError("not_found");
        reply.header("cache-control", "no-store");
        return services.exports.standAlone(tenant, request.params.id);
      },
    );
  };
}
