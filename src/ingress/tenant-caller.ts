import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OperatorRole } from "../domain/operator.ts";
import { type Scope, scopes } from "../domain/scope.ts";
import { signedIn } from "./operator-session.ts";
import type { SignedIn } from "./operators.ts";
import { ProblemError } from "./problems.ts";
import { accessOf } from "./route-access.ts";
import type { Caller, Services } from "./services.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface TenantCaller {
  readonly tenant: string;
  /** Id of the API key; `operator`, who names the tenant in a header, as a person does, whose id follows `person:`. */
  readonly caller: string;
}

/** Whoever calls: by a key, or in a session. */
export type AnyCaller = Caller | { readonly kind: "person"; readonly who: SignedIn };

/** What a role gives of a tenant's interface. Releases are asked for by operators and approved by approvers, each in the routes for it. */
const scopesOfRole: Readonly<Record<OperatorRole, readonly Scope[]>> = {
  viewer: ["read"],
  operator: ["read", "write", "ingest", "persons", "transfers"],
  approver: ["read"],
  security_officer: ["read"],
  auditor: ["read"],
};

const anyCallers = new WeakMap<FastifyRequest, AnyCaller>();
const callers = new WeakMap<FastifyRequest, TenantCaller>();

/** Makes every route of a plugin ask first who calls: before a body is read, and before anything is said about it. */
export function forTenantCallers(plugin: FastifyInstance, services: Services): void {
  plugin.addHook("onRequest", async (request) => void (await tenantCaller(services, request)));
}

/** @throws {ProblemError} `not_authenticated`, `not_allowed`, `scope_missing`, `unknown_tenant`. */
export async function tenantCaller(services: Services, request: FastifyRequest): Promise<TenantCaller> {
  const known = callers.get(request);
  if (known !== undefined) return known;
  const found = await findCaller(services, request);
  callers.set(request, found);
  return found;
}

async function findCaller(services: Services, request: FastifyRequest): Promise<TenantCaller> {
  const caller = await scopedCaller(services, request);
  if (caller.kind === "tenant") return { tenant: caller.tenant, caller: caller.key };
  const named = request.headers["parcelkeep-tenant"];
  if (typeof named !== "string") throw new ProblemError("not_allowed");
  const tenant = await existingTenant(services, named);
  return { tenant, caller: caller.kind === "person" ? `person:${caller.who.person}` : "operator" };
}

/**
 * Whoever calls a route that asks for a scope, and has it.
 * @throws {ProblemError} `not_authenticated`, `not_allowed`, `scope_missing`, `cross_site`.
 */
export async function scopedCaller(
  services: Services,
  request: FastifyRequest,
): Promise<Exclude<AnyCaller, { readonly kind: "connector" }>> {
  const caller = await callerOf(services, request);
  if (caller.kind === "connector") throw new ProblemError("not_allowed");
  if (caller.kind === "operator") return caller;
  const scope = scopeOf(request);
  const has =
    caller.kind === "tenant" ? caller.scopes.has(scope) : Array.from(caller.who.roles).some((role) => scopesOfRole[role].includes(scope));
  if (!has) throw new ProblemError("scope_missing");
  return caller;
}

/** @throws {ProblemError} `not_authenticated`, `cross_site`. */
export async function callerOf(services: Services, request: FastifyRequest): Promise<AnyCaller> {
  const known = anyCallers.get(request);
  if (known !== undefined) return known;
  const found = await findAnyCaller(services, request);
  anyCallers.set(request, found);
  return found;
}

async function findAnyCaller(services: Services, request: FastifyRequest): Promise<AnyCaller> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const caller = await services.caller(authorization);
    if (caller === null) throw new ProblemError("not_authenticated");
    return caller;
  }
  const who = await signedIn(services, request);
  if (who === null) throw new ProblemError("not_authenticated");
  return { kind: "person", who };
}

/** A route of a tenant's that asks for no scope is the operator key's alone. */
function scopeOf(request: FastifyRequest): Scope {
  const access = accessOf(request.method, request.routeOptions.url ?? "");
  if (access === null || !isScope(access)) throw new ProblemError("not_allowed");
  return access;
}

/** Who may decide about releases and what governs them, where the policy names them too. */
export function isDecider({ roles }: SignedIn): boolean {
  return roles.has("approver") || roles.has("security_officer");
}

/** Who may look at what everybody does. */
export function isOverseer({ roles }: SignedIn): boolean {
  return roles.has("security_officer") || roles.has("auditor");
}

export function isScope(access: string): access is Scope {
  return (scopes as readonly string[]).includes(access);
}

/** @returns the tenant that an operator names in the header. @throws {ProblemError} `not_allowed` where none is named, `unknown_tenant`. */
export async function namedTenant(services: Services, request: FastifyRequest): Promise<string> {
  const named = request.headers["parcelkeep-tenant"];
  if (typeof named !== "string") throw new ProblemError("not_allowed");
  return existingTenant(services, named);
}

/** @returns the tenant that an operator named. @throws {ProblemError} `unknown_tenant`. */
export async function existingTenant(services: Services, named: string): Promise<string> {
  if (!UUID.test(named) || !(await services.tenantExists(named))) throw new ProblemError("unknown_tenant");
  return named.toLowerCase();
}
