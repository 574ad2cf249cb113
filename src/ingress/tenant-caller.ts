import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface TenantCaller {
  readonly tenant: string;
  /** Id of the API key, or `operator`, who names the tenant in a header. */
  readonly caller: string;
}

const callers = new WeakMap<FastifyRequest, TenantCaller>();

/** Makes every route of a plugin ask first who calls: before a body is read, and before anything is said about it. */
export function forTenantCallers(plugin: FastifyInstance, services: Services): void {
  plugin.addHook("onRequest", async (request) => void (await tenantCaller(services, request)));
}

/** @throws {ProblemError} `not_authenticated`, `not_allowed`, `unknown_tenant`. */
export async function tenantCaller(services: Services, request: FastifyRequest): Promise<TenantCaller> {
  const known = callers.get(request);
  if (known !== undefined) return known;
  const found = await findCaller(services, request);
  callers.set(request, found);
  return found;
}

async function findCaller(services: Services, request: FastifyRequest): Promise<TenantCaller> {
  const caller = await services.caller(request.headers.authorization);
  if (caller === null) throw new ProblemError("not_authenticated");
  if (caller.kind === "tenant") return { tenant: caller.tenant, caller: caller.key };
  if (caller.kind === "connector") throw new ProblemError("not_allowed");
  const named = request.headers["parcelkeep-tenant"];
  if (typeof named !== "string") throw new ProblemError("not_allowed");
  return { tenant: await existingTenant(services, named), caller: "operator" };
}

/** @returns the tenant that an operator named. @throws {ProblemError} `unknown_tenant`. */
export async function existingTenant(services: Services, named: string): Promise<string> {
  if (!UUID.test(named) || !(await services.tenantExists(named))) throw new ProblemError("unknown_tenant");
  return named.toLowerCase();
}
