import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { agreementOf, AgreementForm, TransferPolicyForm } from "./change-forms.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { tenantCaller } from "./tenant-caller.ts";

const tags = ["carriers"];
const security = [{ apiKey: [] }];

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
          body: AgreementForm,
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        // It decides what may leave: a key that a shop system holds does not change it.
        if (caller !== "operator") throw new ProblemError("not_allowed");
        const carrier = await services.carriers.agree(tenant, request.params.source, agreementOf(request.body), caller);
        if (carrier === null) throw new ProblemError("not_found");
        return carrier;
      },
    );

    app.get(
      "/v1/carriers/:source/agreement",
      {
        schema: {
          summary: "What a tenant has agreed with a recipient, by versions, the newest first; what is null is as the register says",
          tags,
          security,
          params: Type.Object({ source: Type.String({ maxLength: 40 }) }),
        },
      },
      async (request) => {
        const { tenant } = await tenantCaller(services, request);
        const items = await services.carriers.agreements(tenant, request.params.source);
        if (items === null) throw new ProblemError("not_found");
        return { items, next: null };
      },
    );

    app.get(
      "/v1/transfer-policy",
      { schema: { summary: "Which recipients a tenant refuses, beyond what the law does", tags, security } },
      async (request) => services.carriers.policy((await tenantCaller(services, request)).tenant),
    );

    app.put(
      "/v1/transfer-policy",
      {
        schema: {
          summary: "Refuse recipients: they are sent nothing, and no grant changes that. For the operator",
          tags,
          security,
          body: TransferPolicyForm,
        },
      },
      async (request) => {
        const { tenant, caller } = await tenantCaller(services, request);
        if (caller !== "operator") throw new ProblemError("not_allowed");
        const policy = await services.carriers.setPolicy(tenant, request.body, caller);
        if (policy === null) throw new ProblemError("unknown_source");
        return policy;
      },
    );
  };
}
