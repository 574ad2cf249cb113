import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { ProblemError } from "./problems.ts";
import { accessOf, type RouteAccess } from "./route-access.ts";
import type { Services } from "./services.ts";
import type { SignedIn } from "./operators.ts";
import { type AnyCaller, callerOf, isDecider, isOverseer, isScope, scopedCaller } from "./tenant-caller.ts";

/**
 * Holds every route to what `route-access.ts` says of it, before a body is read; the server does not start with a route that it does not name. Routes for which
 * more than a key or a scope decides look for themselves too.
 */
export function guardRoutes(app: FastifyInstance, services: Services): void {
  app.addHook("onRoute", (route) => {
    // The reference's own files are everybody's.
    if (route.url === "/docs" || (route.url.startsWith("/docs/") && route.url !== "/docs/errors")) return;
    const [access] = [route.method].flat().map((method) => declared(method, route.url));
    const guard = guardOf(access!, services);
    if (guard !== null) route.onRequest = [guard, ...[route.onRequest ?? []].flat()];
  });
}

function declared(method: string, url: string): RouteAccess {
  const access = accessOf(method, url);
  if (access === null) throw new Error(`${method} ${url} is not in route-access.ts: say who may call it`);
  return access;
}

function guardOf(access: RouteAccess, services: Services): onRequestAsyncHookHandler | null {
  if (isScope(access)) return async (request) => void (await scopedCaller(services, request));
  switch (access) {
    case "operator-key":
      return (request) => mustBe(services, request, ({ kind }) => kind === "operator");
    case "connector":
      return (request) => mustBe(services, request, ({ kind }) => kind === "operator" || kind === "connector");
    case "officer":
      return (request) =>
        mustBe(
          services,
          request,
          byKeyOr(({ roles }) => roles.has("security_officer")),
        );
    case "overseer":
      return (request) => mustBe(services, request, byKeyOr(isOverseer));
    case "decider":
      return (request) => mustBe(services, request, byKeyOr(isDecider));
    case "signed-in":
      return (request) => mustBe(services, request, ({ kind }) => kind === "person");
    case "public":
    case "source":
    case "coming-in":
      return null;
  }
}

type May = (caller: AnyCaller) => boolean;

function byKeyOr(may: (who: SignedIn) => boolean): May {
  return (caller) => caller.kind === "operator" || (caller.kind === "person" && may(caller.who));
}

/** @throws {ProblemError} `not_authenticated`, `not_allowed`, `cross_site`. */
async function mustBe(services: Services, request: FastifyRequest, may: May): Promise<void> {
  if (!may(await callerOf(services, request))) throw new ProblemError("not_allowed");
}
