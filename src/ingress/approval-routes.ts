import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import {
  approvalKinds,
  changeReasons,
  denialReasons,
  derogations,
  type ReviewOutcome,
  reviewOutcomes,
  transferReasons,
  type ApprovalKind,
} from "../domain/approval-terms.ts";
import { categoryNames } from "../domain/category.ts";
import { lawfulBases } from "../domain/register-entry.ts";
import { releasePurposes } from "../domain/release-decision.ts";
import { changeKinds, type Decision, type NewChangeInput, type NewLaneInput, type NewTransferInput } from "./approval-services.ts";
import { keptContent } from "./change-forms.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { callerOf, isDecider, namedTenant, tenantCaller } from "./tenant-caller.ts";

const security = [{ apiKey: [] }];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const strict = { additionalProperties: false };
const literals = <Text extends string>(texts: readonly Text[]) => Type.Union(texts.map((text) => Type.Literal(text)));
const idParams = Type.Object({ id: Type.String() });
const Uuid = Type.String({ format: "uuid" });
const Reference = Type.String({ minLength: 1, maxLength: 500 });
const Base64url = Type.String({ pattern: "^[A-Za-z0-9_-]+$", maxLength: 4_096 });

/** What a browser hands over after `navigator.credentials.get`; what else it says is passed over. */
const Passkey = Type.Object({
  id: Base64url,
  response: Type.Object({ clientDataJSON: Base64url, authenticatorData: Base64url, signature: Base64url }),
});

const signedAnswer = {
  passkey: Passkey,
  askedAt: Type.String({
    pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$",
    description: "of the request whose challenge was signed; at most five minutes ago",
  }),
};

const releaseFields = {
  recipient: Type.String({ maxLength: 40, description: "source id of the carrier register" }),
  fields: Type.Array(literals(categoryNames), { minItems: 1, maxItems: 15, uniqueItems: true }),
  purpose: literals(releasePurposes),
  reason: literals(transferReasons),
  text: Type.String({ minLength: 1, maxLength: 2_000, description: "in words, for whoever decides; kept sealed" }),
  basis: literals(lawfulBases),
  evidence: Type.Union([
    Type.Object({ kind: literals(["contract-clause", "consent-record", "assessment"]), reference: Reference }, strict),
    Type.Object({ kind: Type.Literal("article-49"), letter: literals(derogations), reference: Reference }, strict),
  ]),
};

const collections: Readonly<Record<ApprovalKind, { readonly path: string; readonly of: string }>> = {
  transfer: { path: "/v1/transfers", of: "a transfer" },
  lane: { path: "/v1/lanes", of: "a standing lane" },
  change: { path: "/v1/changes", of: "a change" },
  export: { path: "/v1/exports", of: "an export" },
};

/** Releases of personal data: asked for by a tenant's key or the operator, decided by a person's passkey. */
export function approvalRoutes(services: Services) {
  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/transfers",
      {
        schema: {
          summary: "Ask that fields of a shipment go to a recipient, once",
          tags: ["releases"],
          security,
          body: Type.Object(
            {
              shipment: Uuid,
              ...releaseFields,
              breakGlass: Type.Optional(
                Type.Boolean({ description: "a holder of break-glass is to approve it alone; its reason is emergency" }),
              ),
            },
            strict,
          ),
        },
      },
      async (request, reply) => {
        const { tenant, requester } = await asker(services, request);
        const input = request.body as unknown as NewTransferInput;
        if (input.breakGlass === true && input.reason !== "emergency")
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#/reason", detail: "break-glass is for an emergency" }] });
        reply.code(201);
        return services.approvals.requestTransfer(tenant, requester, input, idempotencyKeyOf(request));
      },
    );

    app.post(
      "/v1/transfers/:id/break-glass",
      {
        schema: {
          summary: "Approve an emergency alone and at once, as a holder of break-glass; somebody else reviews it",
          tags: ["releases"],
          security,
          params: idParams,
          body: Type.Object(signedAnswer, strict),
        },
      },
      async (request) => {
        const by = await decider(services, request);
        const { id } = request.params;
        return found(UUID.test(id) ? await services.approvals.breakGlass(id, request.body, by) : null);
      },
    );

    app.post(
      "/v1/transfers/:id/review",
      {
        schema: {
          summary: "What an independent reviewer finds of a use of break-glass",
          tags: ["releases"],
          security,
          params: idParams,
          body: Type.Object({ outcome: literals(reviewOutcomes), ...signedAnswer }, strict),
        },
      },
      async (request) => {
        const by = await decider(services, request);
        const { outcome, ...signed } = request.body;
        const { id } = request.params;
        return found(UUID.test(id) ? await services.approvals.review(id, outcome as ReviewOutcome, signed, by) : null);
      },
    );

    app.post(
      "/v1/lanes",
      {
        schema: {
          summary: "Ask for a standing lane: fields of any shipment to a recipient, so many a day, until a time",
          tags: ["releases"],
          security,
          body: Type.Object(
            {
              ...releaseFields,
              quotaPerDay: Type.Integer({ minimum: 1, maximum: 100_000 }),
              endsAt: Type.String({ format: "date-time", description: "at most a year from now" }),
            },
            strict,
          ),
        },
      },
      async (request, reply) => {
        const { tenant, requester } = await asker(services, request);
        reply.code(201);
        return services.approvals.requestLane(tenant, requester, request.body as unknown as NewLaneInput, idempotencyKeyOf(request));
      },
    );

    app.post(
      "/v1/lanes/:id/transfers",
      {
        schema: {
          summary: "Send a shipment's fields under a standing lane",
          tags: ["releases"],
          security,
          params: idParams,
          body: Type.Object({ shipment: Uuid }, strict),
        },
      },
      async (request, reply) => {
        const { tenant, requester } = await asker(services, request);
        const { id: lane } = request.params;
        const { shipment } = request.body;
        reply.code(201);
        return found(
          UUID.test(lane)
            ? await services.approvals.transferUnderLane(tenant, requester, { lane, shipment }, idempotencyKeyOf(request))
            : null,
        );
      },
    );

    app.post(
      "/v1/changes",
      {
        schema: {
          summary:
            "Ask for a change of what decides about releases: approval policy, register, retention, or a tenant's agreement or transfer policy",
          tags: ["releases"],
          security,
          body: Type.Object(
            {
              change: literals(changeKinds),
              recipient: Type.Optional(Type.String({ maxLength: 40 })),
              content: Type.Object({}, { additionalProperties: true, description: "the whole new content" }),
              reason: literals(changeReasons),
              text: Type.String({ minLength: 1, maxLength: 2_000 }),
            },
            strict,
          ),
        },
      },
      async (request, reply) => {
        await decider(services, request);
        const { change, content, ...rest } = request.body as unknown as NewChangeInput;
        const kept = keptContent(change, content);
        if (kept === null)
          throw new ProblemError("invalid_field", { errors: [{ pointer: "#/content", detail: "does not fit the schema" }] });
        const isOfTenant = change === "agreement" || change === "transfer-policy";
        const tenant = isOfTenant ? await namedTenant(services, request) : null;
        const requester = await requesterOf(services, request);
        reply.code(201);
        return services.approvals.requestChange(tenant, requester, { ...rest, change, content: kept }, idempotencyKeyOf(request));
      },
    );

    app.get(
      "/v1/approval-policy",
      { schema: { summary: "Who may approve what: the policy in force", tags: ["releases"], security } },
      async (request) => {
        await decider(services, request);
        const policy = await services.approvals.policy();
        if (policy === null) throw new ProblemError("not_found");
        return policy;
      },
    );

    app.get(
      "/v1/retention",
      {
        schema: {
          summary: "How long things are kept, in days: what was approved, or set before approvals began",
          tags: ["releases"],
          security,
        },
      },
      async (request) => {
        await decider(services, request);
        return services.approvals.retention();
      },
    );

    for (const kind of approvalKinds) registerKind(plugin, services, kind);
  };
}

function registerKind(plugin: FastifyInstance, services: Services, kind: ApprovalKind): void {
  const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
  const { path, of } = collections[kind];
  const tags = ["releases"];

  app.get(
    path,
    {
      schema: {
        summary: `Requests for ${of}, newest first`,
        tags,
        security,
        querystring: Type.Object({
          state: Type.Optional(Type.String({ pattern: "^[a-z-]{1,20}$" })),
          cursor: Type.Optional(Type.String({ maxLength: 200 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
        }),
      },
    },
    async (request) => {
      const { state = null, cursor = null, limit = 50 } = request.query;
      return services.approvals.list(await reader(services, request), kind, { state, cursor, limit });
    },
  );

  app.get(`${path}/:id`, { schema: { summary: `A request for ${of}`, tags, security, params: idParams } }, async (request) =>
    found(UUID.test(request.params.id) ? await services.approvals.get(await reader(services, request), kind, request.params.id) : null),
  );

  for (const decision of ["approve", "deny", "veto"] as const)
    app.post(
      `${path}/:id/${decision}`,
      {
        schema: {
          summary: `Decide about ${of}: ${decision}, signed by the approver's passkey over the challenge that the request shows`,
          tags,
          security,
          params: idParams,
          body: Type.Object(
            { ...signedAnswer, ...(decision === "approve" ? {} : { reason: literals(denialReasons) }) } as typeof signedAnswer,
            strict,
          ),
        },
      },
      async (request) => {
        const by = await decider(services, request);
        const { id } = request.params;
        const given = { decision, ...(request.body as object) } as unknown as Decision;
        return found(UUID.test(id) ? await services.approvals.decide(kind, id, given, by) : null);
      },
    );

  app.post(
    `${path}/:id/withdraw`,
    { schema: { summary: `Take back a request for ${of} that is not used yet`, tags, security, params: idParams } },
    async (request) => {
      const { tenant, requester } = await withdrawer(services, request);
      const { id } = request.params;
      return found(UUID.test(id) ? await services.approvals.withdraw(tenant, kind, id, requester) : null);
    },
  );
}

export function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers["idempotency-key"];
  return typeof key === "string" && key !== "" ? key : null;
}

function found<View>(view: View | null): View {
  if (view === null) throw new ProblemError("not_found");
  return view;
}

/**
 * An operator's key, or an operator in a session.
 * @returns the person of the session, whose passkey it has to be; null for the key. Whose decision it is, the passkey says.
 */
async function decider(services: Services, request: FastifyRequest): Promise<string | null> {
  const caller = await callerOf(services, request);
  if (caller.kind === "operator") return null;
  if (caller.kind !== "person" || !isDecider(caller.who)) throw new ProblemError("not_allowed");
  return caller.who.person;
}

/** Whose requests are seen: a tenant's own; all, for an operator who names no tenant. */
async function reader(services: Services, request: FastifyRequest): Promise<string | null> {
  const { kind } = await callerOf(services, request);
  if ((kind === "operator" || kind === "person") && request.headers["parcelkeep-tenant"] === undefined) return null;
  return (await tenantCaller(services, request)).tenant;
}

/** Who asks, in the tenant's name. */
export async function asker(services: Services, request: FastifyRequest): Promise<{ readonly tenant: string; readonly requester: string }> {
  const { tenant, caller } = await tenantCaller(services, request);
  return { tenant, requester: caller === "operator" || caller.startsWith("person:") ? caller : `key:${caller}` };
}

/** An operator who asks is named, so that the same person does not approve it; the key of the data folder is nobody in particular. */
async function requesterOf(services: Services, request: FastifyRequest): Promise<string> {
  const caller = await callerOf(services, request);
  return caller.kind === "person" ? `person:${caller.who.person}` : "operator";
}

async function withdrawer(
  services: Services,
  request: FastifyRequest,
): Promise<{ readonly tenant: string | null; readonly requester: string }> {
  const tenant = await reader(services, request);
  return tenant === null ? { tenant, requester: await requesterOf(services, request) } : asker(services, request);
}
