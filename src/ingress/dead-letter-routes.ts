import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { ProblemError } from "./problems.ts";
import { letterReasons, letterStates } from "./dead-letter-services.ts";
import { type Services } from "./services.ts";
import { forTenantCallers, tenantCaller } from "./tenant-caller.ts";

const tags = ["operations"];
const security = [{ apiKey: [] }];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const idParams = Type.Object({ id: Type.String({ maxLength: 40 }) });
const literals = <Text extends string>(texts: readonly Text[]) => Type.Union(texts.map((text) => Type.Literal(text)));
/** Which letters: all, or those of these ids, of a source, of a code. */
const filter = {
  ids: Type.Optional(Type.Array(Type.String({ pattern: UUID.source, maxLength: 36 }), { minItems: 1, maxItems: 1000 })),
  source: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9-]{1,39}$" })),
  code: Type.Optional(Type.String({ pattern: "^[a-z-]{1,40}$" })),
};

/** What waits for a person: seen, tried again, or said to be nobody's business any more. */
export function deadLetterRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    forTenantCallers(plugin, services);

    app.get(
      "/v1/dead-letters",
      {
        schema: {
          summary: "Quarantined records, failed jobs and what could not be asked of carriers, newest first",
          tags,
          security,
          querystring: Type.Object({
            cursor: Type.Optional(Type.String({ maxLength: 200 })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
            state: Type.Optional(
              Type.Union([literals(letterStates), Type.Literal("waiting"), Type.Literal("all")], {
                description: "`waiting`, if left out: all that are not dismissed",
              }),
            ),
          }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const { cursor, limit, state = "waiting" } = request.query;
        return services.deadLetters.page(tenant, cursor ?? null, limit ?? 50, state === "all" ? null : state);
      },
    );

    app.post(
      "/v1/dead-letters/:id/retry",
      {
        schema: {
          summary: "Put a failed job back into its lane, ask a carrier again, or take a quarantined record in anew",
          tags,
          security,
          params: idParams,
          body: Type.Object(
            {
              source: Type.Optional(
                Type.String({ maxLength: 40, description: "who sent the quarantined record, where it came under another source" }),
              ),
            },
            { additionalProperties: false },
          ),
        },
        // The body may be left out.
        preValidation: (request, _reply, done) => {
          request.body ??= {};
          done();
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        const { source } = request.body;
        const taken = UUID.test(request.params.id) ? await services.deadLetters.retry(tenant, request.params.id, source ?? null) : null;
        if (taken === null) throw new ProblemError("not_found");
        reply.code(202);
        return { state: "accepted", ...(taken.receipt === null ? {} : { receipt: taken.receipt }) };
      },
    );

    app.post(
      "/v1/dead-letters/retry",
      {
        schema: {
          summary:
            "Try again what could not be asked of carriers, and take in anew what is in quarantine, both as they stand: all that are not dismissed, or those of a source or a code",
          tags,
          security,
          body: Type.Object(
            {
              ...filter,
              as: Type.Optional(
                Type.String({
                  pattern: "^[a-z0-9][a-z0-9-]{1,39}$",
                  description: "source whose codec reads what is in quarantine; the one that it came under, if left out",
                }),
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantCaller(services, request);
        reply.code(202);
        return services.deadLetters.retryAll(tenant, request.body);
      },
    );

    app.post(
      "/v1/dead-letters/triage",
      {
        schema: {
          summary: "Say of letters that somebody is at them, that nothing is to be done, or take it back; each stands in the audit log",
          tags,
          security,
          body: Type.Object(
            {
              ...filter,
              state: literals(letterStates),
              reason: Type.Optional(literals(letterReasons)),
              reference: Type.Optional(
                Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._/#-]{0,63}$", description: "a ticket's id or the like; nothing personal" }),
              ),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        const { ids, source, code, state, reason, reference } = request.body;
        // Whoever does not name a letter means a source's or a code's: nobody dismisses everything by leaving something out.
        if (ids === undefined && source === undefined && code === undefined)
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#", detail: "ids, source or code" }] });
        if (state === "dismissed" && reason === undefined)
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#/reason", detail: `one of ${letterReasons.join(", ")}` }] });
        const which = {
          ...(ids === undefined ? {} : { ids }),
          ...(source === undefined ? {} : { source }),
          ...(code === undefined ? {} : { code }),
        };
        const decision = { state, reason: reason ?? "other", reference: reference ?? null } as const;
        return { changed: await services.deadLetters.triage(tenant, which, decision, caller) };
      },
    );
  };
}
