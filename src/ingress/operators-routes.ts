import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { operatorRoles } from "../domain/operator.ts";
import { actingOfficer } from "./acting-officer.ts";
import type { OperatorChangeInput } from "./operators.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { callerOf, isOverseer } from "./tenant-caller.ts";

const tags = ["operators"];
const security = [{ apiKey: [] }];
const Id = Type.String({ pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" });
const Role = Type.Union(operatorRoles.map((role) => Type.Literal(role)));
const params = Type.Object({ id: Id });

/** Who operates: a security officer's, or the operator's key's. */
export function operatorsRoutes(services: Services) {
  const { operators } = services;
  const officer = async (request: FastifyRequest): Promise<void> => void (await actingOfficer(services, request));

  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    const change = async (request: FastifyRequest, operator: string, asked: OperatorChangeInput): Promise<void> => {
      if (!(await operators.change(operator, asked, await actingOfficer(services, request)))) throw new ProblemError("not_found");
    };

    app.get("/v1/operators", { schema: { summary: "Operators, without anything that names them", tags, security } }, async (request) => {
      await overseer(services, request);
      return { items: await operators.list(), next: null };
    });

    app.post(
      "/v1/operators/invitations",
      {
        onRequest: officer,
        schema: {
          summary: "A code that lets one person in, or gives a known one another passkey; shown once",
          tags,
          security,
          body: Type.Object(
            {
              roles: Type.Optional(Type.Array(Role, { minItems: 1, maxItems: operatorRoles.length, uniqueItems: true })),
              operator: Type.Optional(Id),
              email: Type.Optional(Type.String({ minLength: 3, maxLength: 254, pattern: "^[^\\s@]+@[^\\s@]+$" })),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { roles, operator } = request.body;
        // One or the other: a code for a person who is there gives no roles.
        if ((roles === undefined) === (operator === undefined))
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#/roles", detail: "roles, or the id of an operator" }] });
        reply.code(201).header("cache-control", "no-store");
        return operators.invite(request.body, await actingOfficer(services, request));
      },
    );

    app.post(
      "/v1/operators/:id/roles",
      {
        onRequest: officer,
        schema: { summary: "Give a role", tags, security, params, body: Type.Object({ role: Role }, { additionalProperties: false }) },
      },
      async (request, reply) => {
        await change(request, request.params.id, { change: "grant", role: request.body.role });
        return reply.code(204).send();
      },
    );

    app.delete(
      "/v1/operators/:id/roles/:role",
      { onRequest: officer, schema: { summary: "Take a role away", tags, security, params: Type.Object({ id: Id, role: Role }) } },
      async (request, reply) => {
        await change(request, request.params.id, { change: "revoke", role: request.params.role });
        return reply.code(204).send();
      },
    );

    for (const verb of ["disable", "enable"] as const) {
      const summary = verb === "disable" ? "Let somebody in no more; their sessions end" : "Let somebody in again";
      app.post(`/v1/operators/:id/${verb}`, { onRequest: officer, schema: { summary, tags, security, params } }, async (request, reply) => {
        await change(request, (request.params as { id: string }).id, { change: verb });
        return reply.code(204).send();
      });
    }

    app.delete(
      "/v1/operators/:id/passkeys/:passkey",
      {
        onRequest: officer,
        schema: {
          summary: "Revoke a passkey, named by its digest",
          tags,
          security,
          params: Type.Object({ id: Id, passkey: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
        },
      },
      async (request, reply) => {
        await change(request, request.params.id, { change: "revoke-passkey", passkey: request.params.passkey });
        return reply.code(204).send();
      },
    );
  };
}

async function overseer(services: Services, request: FastifyRequest): Promise<void> {
  const caller = await callerOf(services, request);
  if (caller.kind === "operator") return;
  if (caller.kind !== "person" || !isOverseer(caller.who)) throw new ProblemError("not_allowed");
}
