import scalar from "@scalar/fastify-api-reference";
import swagger from "@fastify/swagger";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, LogController } from "fastify";
import { apiRoutes } from "./api-routes.ts";
import { approvalRoutes } from "./approval-routes.ts";
import { callerAddress } from "./caller-address.ts";
import { carrierAccountRoutes } from "./carrier-account-routes.ts";
import { deadLetterRoutes } from "./dead-letter-routes.ts";
import { carrierRoutes } from "./carrier-routes.ts";
import { describedAccess, securitySchemes } from "./described-access.ts";
import { describedAnswers, describedHeaders } from "./described-answers.ts";
import { errorPage } from "./error-page.ts";
import { auditRoutes } from "./audit-routes.ts";
import { exportRoutes } from "./export-routes.ts";
import { hookRoutes } from "./hook-routes.ts";
import { apiKeyRoutes } from "./api-key-routes.ts";
import { operatorPages } from "./operator-pages.ts";
import { operatorRoutes } from "./operator-routes.ts";
import { operatorsRoutes } from "./operators-routes.ts";
import { guardRoutes } from "./route-guard.ts";
import { signInRoutes } from "./sign-in-routes.ts";
import { problemCodeOf } from "./problem-of.ts";
import { problemBody, ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { tokenRoutes } from "./token-routes.ts";
import { personRoutes } from "./person-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";
import { trackingPageRoutes } from "./tracking-page.ts";

/** Largest request body of a webhook or call; imports stream and have their own bound. */
export const bodyBytesMax = 1024 * 1024;

/** The reference may do what it likes within its page, and asks nobody but this server. */
const docsPolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'";

export type Server = ReturnType<typeof buildServer> extends Promise<infer App> ? App : never;

/** The HTTP interface of ingress and API on one server. @param trustedHops proxies of ours before it. */
export async function buildServer(services: Services, logger: FastifyBaseLogger, trustedHops = 0) {
  const callerOf = callerAddress(trustedHops);
  const app = fastify({
    // A line per request would hold addresses and query strings; counters say what is needed.
    logController: new LogController({ disableRequestLogging: true }),
    // Nothing is logged under it.
    genReqId: () => "",
    bodyLimit: bodyBytesMax,
    // Fastify's own answer is no problem document; `refuseWhenClosing` gives ours.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    // Errors from before any route: a part of the path that is too long for every route, or does not decode.
    frameworkErrors: (error, _request, reply) => {
      const body = problemBody(error.code === "FST_ERR_MAX_PARAM_LENGTH" ? "not_found" : "malformed_request");
      void (reply as FastifyReply).code(body.status).type("application/problem+json").send(body);
    },
  })
    .setValidatorCompiler(TypeBoxValidatorCompiler)
    .withTypeProvider<TypeBoxTypeProvider>();
  logTo(app as unknown as FastifyInstance, logger);
  guardRoutes(app as unknown as FastifyInstance, services);
  problemAnswers(app as unknown as FastifyInstance);
  beforeAnything(app as unknown as FastifyInstance);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Parcelkeep", version: "0.1.0", description: "Sovereign, pseudonymous parcel tracking." },
      components: { securitySchemes },
    },
    transform: ({ schema, url, route }) => {
      const described = (schema ?? {}) as { response?: object; headers?: unknown };
      const method = String([route.method].flat()[0]);
      const headers = describedHeaders(method, url);
      return {
        url,
        schema: {
          ...described,
          ...describedAccess(method, url),
          response: describedAnswers(method, url, described.response),
          ...(headers === undefined || described.headers !== undefined ? {} : { headers }),
        } as never,
      };
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => (typeof json["$id"] === "string" ? json["$id"] : `def-${index}`),
    },
  });
  await app.register(async (docs) => {
    docs.addHook("onSend", (_request, reply, payload, done) => {
      reply.header("content-security-policy", reply.getHeader("content-security-policy") ?? docsPolicy);
      done(null, payload);
    });
    await docs.register(scalar, {
      routePrefix: "/docs",
      configuration: {
        url: "/openapi.json",
        withDefaultFonts: false,
        telemetry: false,
        agent: { disabled: true },
        mcp: { disabled: true },
        hideClientButton: true,
      } as never,
    });
    await docs.register(errorPage);
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await app.register(hookRoutes(services, callerOf, bodyBytesMax));
  await app.register(apiRoutes(services));
  await app.register(tokenRoutes(services));
  await app.register(personRoutes(services));
  await app.register(carrierRoutes(services));
  await app.register(auditRoutes(services));
  await app.register(webhookRoutes(services));
  await app.register(carrierAccountRoutes(services));
  await app.register(approvalRoutes(services));
  await app.register(deadLetterRoutes(services));
  await app.register(operatorRoutes(services));
  await app.register(operatorsRoutes(services));
  await app.register(signInRoutes(services, callerOf));
  await app.register(operatorPages(services));
  await app.register(apiKeyRoutes(services));
  await app.register(exportRoutes(services));
  await app.register(trackingPageRoutes(services));
  return app;
}

/**
 * A Fastify that is given a logger makes one more for each request, and listens to the end of each answer, though nothing is logged then. So it is given none, and
 * what it has to say goes to ours all the same.
 */
function logTo(app: FastifyInstance, logger: FastifyBaseLogger): void {
  for (const level of ["fatal", "error", "warn", "info", "debug", "trace"] as const) app.log[level] = logger[level].bind(logger);
}

function problemAnswers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    reply.type("application/problem+json");
    if (error instanceof ProblemError) {
      if (error.retryAfterS !== null) reply.header("retry-after", error.retryAfterS);
      const body = problemBody(error.code, error.errors);
      return reply.code(body.status).send(body);
    }
    if (error.validation !== undefined) {
      const errors = error.validation.map(({ instancePath, keyword }) => ({
        pointer: `#${instancePath ?? ""}`,
        detail: `does not fit the schema (${keyword})`,
      }));
      return reply.code(400).send(problemBody("invalid_field", errors));
    }
    const code = problemCodeOf(error);
    if (code === "busy") reply.header("retry-after", awayRetryS);
    // The message of an unexpected error may quote input: only its kind is logged.
    if (code === "internal_error")
      request.log.error({ error: error.name, code: error.code, route: request.routeOptions.url }, "request failed");
    return reply.code(problemBody(code).status).send(problemBody(code));
  });
  const methodsOf = offeredMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length > 0) reply.header("allow", methods.join(", "));
    const body = problemBody(methods.length > 0 ? "method_not_allowed" : "not_found");
    return reply.code(body.status).type("application/problem+json").send(body);
  });
}

/** @returns the methods that are offered at a path, whatever its parameters. */
function offeredMethods(app: FastifyInstance): (url: string) => readonly string[] {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    if (url.includes("*")) return;
    const pattern = url.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:\w+/g, "[^/]+");
    routes.push({ methods: [method].flat(), path: new RegExp(`^${pattern}/?$`) });
  });
  return (url) => {
    const path = url.split("?", 1)[0]!;
    return [...new Set(routes.filter((route) => route.path.test(path)).flatMap(({ methods }) => methods))].toSorted();
  };
}

const closingRetryS = 5;

/** One hook for what every answer has and for a front that closes: each hook costs a cached read a few hundredths. */
function beforeAnything(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => void (isClosing = true));
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    if (!isClosing) return done();
    reply.header("connection", "close");
    done(new ProblemError("stopping", { retryAfterS: closingRetryS }));
  });
}

const awayRetryS = 5;
