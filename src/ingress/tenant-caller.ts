import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface TenantCaller {
  readonly tenant: string;
  /** Id of the API key, or `operator`, who names the tenant in a header. */
  readonly caller: string;
}

/** @throws {ProblemError} `not_authenticated`, `not_allowed`. */
export async function tenantCaller(services: Services, request: FastifyRequest): Promise<TenantCaller> {
  const caller = await services.caller(request.headers.authorization);
  if (caller === null) throw new ProblemError("not_authenticated");
  if (caller.kind === "tenant") return { tenant: caller.tenant, caller: caller.key };
  const named = request.headers["parcelkeep-tenant"];
  if (typeof named !== "string" || !UUID.test(named)) throw new ProblemError("not_allowed");
  return { tenant: named, caller: "operator" };
}
