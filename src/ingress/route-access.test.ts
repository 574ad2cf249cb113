import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { type OperatorRole, operatorRoles } from "../domain/operator.ts";
import { type Scope, scopes } from "../domain/scope.ts";
import type { SignedIn } from "./operators.ts";
import { type RouteAccess, routeAccess } from "./route-access.ts";
import { buildServer } from "./server.ts";
import type { Caller, Services } from "./services.ts";
import { isScope } from "./tenant-caller.ts";

const tenant = "00000000-0000-4000-8000-000000000001";
const origin = "http://localhost:8080";
const routes = Object.entries(routeAccess).map(([route, access]) => {
  const [method, url] = route.split(" ") as [string, string];
  return { route, method, url, path: url.replaceAll(/:index/g, "1").replaceAll(/:\w+|\*/g, "x"), access };
});

/** A server in which only authentication works: whoever passes it finds nothing behind. */
async function serverFor(caller: Caller | null, roles: readonly OperatorRole[] | null) {
  const who: SignedIn | null =
    roles === null
      ? null
      : { person: tenant, session: tenant, roles: new Set(roles), method: "passkey", confirmed: true, steppedUp: true, mayEnrol: false };
  const operators = { site: () => ({ origin, isSecure: false }), session: async () => who };
  const services = { caller: async () => caller, tenantExists: async () => true, operators };
  return buildServer(services as unknown as Services, pino({ level: "silent" }));
}

const withScopes = (...held: readonly Scope[]): Caller => ({ kind: "tenant", tenant, key: "k", scopes: new Set(held) });
const byKey = { authorization: "Bearer x", "parcelkeep-tenant": tenant };
const bySession = {
  cookie: `parcelkeep_session=${"s".repeat(43)}`,
  origin,
  "parcelkeep-console": "1",
  "parcelkeep-tenant": tenant,
};

/** @returns the code that each of these routes refuses with; null for one that lets the caller through, whatever it finds behind. */
async function refusals(
  accesses: (access: RouteAccess) => boolean,
  headers: Readonly<Record<string, string>>,
  caller: Caller | null,
  roles: readonly OperatorRole[] | null = null,
): Promise<Readonly<Record<string, string | null>>> {
  const app = await serverFor(caller, roles);
  const found: Record<string, string | null> = {};
  for (const { route, method, path, access } of routes) {
    if (!accesses(access)) continue;
    const answer = await app.inject({ method: method as "GET", url: path, headers });
    found[route] = [401, 403].includes(answer.statusCode) ? answer.json<{ code: string }>().code : null;
  }
  await app.close();
  return found;
}

function assertAll(found: Readonly<Record<string, string | null>>, expected: string | null): void {
  assert.ok(Object.keys(found).length > 0);
  assert.deepEqual(
    Object.entries(found).filter(([, code]) => code !== expected),
    [],
  );
}

test("every route that is named is there", async () => {
  const app = await serverFor(null, null);
  assert.deepEqual(
    routes.filter(({ method, url }) => !app.hasRoute({ method: method as "GET", url })).map(({ route }) => route),
    [],
  );
  await app.close();
});

test("a route that nobody has said who may call does not come up", async () => {
  const app = await serverFor(null, null);
  assert.throws(() => app.get("/v1/forgotten", () => ""), /GET \/v1\/forgotten is not in route-access/);
  await app.close();
});

for (const scope of scopes.filter((each) => routes.some(({ access }) => access === each))) {
  test(`what is for the scope ${scope} is refused to a key with all others, and not to a key with it alone`, async () => {
    const others = scopes.filter((each) => each !== scope);
    assertAll(await refusals((access) => access === scope, byKey, withScopes(...others)), "scope_missing");
    assertAll(await refusals((access) => access === scope, byKey, withScopes(scope)), null);
  });
}

const isOpen = (access: RouteAccess): boolean => ["public", "source", "coming-in"].includes(access);

test("nobody without a key or a session gets past a route that asks for one", async () => {
  assertAll(await refusals((access) => !isOpen(access), { "parcelkeep-tenant": tenant }, null), "not_authenticated");
});

test("a key that is not known gets past nothing", async () => {
  assertAll(await refusals((access) => !isOpen(access), byKey, null), "not_authenticated");
});

test("a tenant's key with every scope does nothing that is the operator's", async () => {
  assertAll(await refusals((access) => !isOpen(access) && !isScope(access), byKey, withScopes(...scopes)), "not_allowed");
});

test("the connector's key hands in answers and does nothing else", async () => {
  assertAll(await refusals((access) => !isOpen(access) && access !== "connector", byKey, { kind: "connector" }), "not_allowed");
  assertAll(await refusals((access) => access === "connector", byKey, { kind: "connector" }), null);
});

test("a person in a session does nothing that is the key's alone", async () => {
  assertAll(await refusals((access) => ["operator-key", "connector"].includes(access), bySession, null, operatorRoles), "not_allowed");
});

const scopesOf: Readonly<Record<OperatorRole, readonly Scope[]>> = {
  viewer: ["read"],
  operator: ["read", "write", "ingest", "persons", "transfers"],
  approver: ["read"],
  security_officer: ["read"],
  auditor: ["read"],
};
/** All tenants' entries are for those who look at what everybody does. */
const isOfTheLog = (route: string): boolean => route.startsWith("GET /v1/audit/");

for (const role of operatorRoles) {
  test(`a person with the role ${role} does what it covers and nothing else`, async () => {
    const found = await refusals(isScope, bySession, null, [role]);
    for (const [route, code] of Object.entries(found)) {
      const covered = scopesOf[role].includes(routeAccess[route] as Scope);
      const isHidden = isOfTheLog(route) && role !== "auditor" && role !== "security_officer";
      assert.equal(code, !covered ? "scope_missing" : isHidden ? "not_allowed" : null, route);
    }
  });
}

test("only a security officer changes who operates; an auditor looks at it; an approver decides about releases", async () => {
  for (const role of operatorRoles) {
    assertAll(
      await refusals((access) => access === "officer", bySession, null, [role]),
      role === "security_officer" ? null : "not_allowed",
    );
    const decides = role === "approver" || role === "security_officer";
    assertAll(await refusals((access) => access === "decider", bySession, null, [role]), decides ? null : "not_allowed");
    const mayLook = role === "security_officer" || role === "auditor";
    assertAll(await refusals((access) => access === "overseer", bySession, null, [role]), mayLook ? null : "not_allowed");
  }
});

test("a person without a role is in and does nothing", async () => {
  assertAll(await refusals(isScope, bySession, null, []), "scope_missing");
  assertAll(await refusals((access) => access === "signed-in", bySession, null, []), null);
});
