import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import {
  attemptSecret,
  forgetAttempt,
  forgetSession,
  keepAttempt,
  keepSession,
  mustBeSignedIn,
  refuseCrossSite,
  sessionSecret,
} from "./operator-session.ts";
import { continuePage } from "./operator-pages.ts";
import type { CallerAddress } from "./caller-address.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

const tags = ["operators"];
/** A response of an authenticator is a few KiB. */
const bodyLimit = 64 * 1024;
const Base64url = Type.String({ pattern: "^[A-Za-z0-9_-]+$", maxLength: 16_384 });
const Signed = Type.Object({
  id: Base64url,
  response: Type.Object({
    clientDataJSON: Base64url,
    authenticatorData: Base64url,
    signature: Base64url,
    userHandle: Type.Optional(Type.Union([Base64url, Type.Null()])),
  }),
});
const Created = Type.Object({
  id: Base64url,
  rawId: Base64url,
  type: Type.Literal("public-key"),
  response: Type.Object({
    clientDataJSON: Base64url,
    attestationObject: Base64url,
    transports: Type.Optional(Type.Array(Type.String({ maxLength: 20 }), { maxItems: 8 })),
  }),
});
const Code = Type.String({ pattern: "^pki_[0-9a-z]{32}$", description: "of an invitation" });

/** How operators come in: with a passkey, or with an account of the provider that is set. */
export function signInRoutes(services: Services, callerOf: CallerAddress) {
  const { operators } = services;
  const fromOurPages = async (request: FastifyRequest): Promise<void> => refuseCrossSite(request, operators.site());
  const former = (request: FastifyRequest): string | null => sessionSecret(request, operators.site());

  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();

    app.post(
      "/v1/sign-in/options",
      { bodyLimit, onRequest: fromOurPages, schema: { summary: "A challenge for a passkey", tags } },
      async (request, reply) => {
        reply.header("cache-control", "no-store");
        return operators.signInOptions(callerOf(request));
      },
    );

    app.post(
      "/v1/sign-in",
      { bodyLimit, onRequest: fromOurPages, schema: { summary: "Sign in with what a passkey signed", tags, body: Signed } },
      async (request, reply) => {
        keepSession(reply, operators.site(), await operators.signIn(request.body, former(request), callerOf(request)));
        return reply.code(204).send();
      },
    );

    app.post("/v1/sign-out", { onRequest: fromOurPages, schema: { summary: "End the session", tags } }, async (request, reply) => {
      const secret = former(request);
      if (secret !== null) await operators.signOut(secret);
      forgetSession(reply, operators.site());
      return reply.code(204).send();
    });

    app.get("/v1/session", { schema: { summary: "Who is signed in", tags } }, async (request, reply) => {
      reply.header("cache-control", "no-store");
      const { person, roles, session, method, confirmed, steppedUp, mayEnrol } = await mustBeSignedIn(services, request);
      return { operator: person, roles: [...roles], session, method, confirmed, steppedUp, mayEnrol };
    });

    app.post(
      "/v1/session/step-up/options",
      { bodyLimit, schema: { summary: "A challenge for a passkey of whoever is signed in", tags } },
      async (request, reply) => {
        reply.header("cache-control", "no-store");
        return operators.stepUpOptions(await mustBeSignedIn(services, request));
      },
    );

    app.post(
      "/v1/session/step-up",
      { bodyLimit, schema: { summary: "Confirm the session with a passkey; it gets another cookie", tags, body: Signed } },
      async (request, reply) => {
        const who = await mustBeSignedIn(services, request);
        keepSession(reply, operators.site(), await operators.stepUp(who, former(request)!, request.body));
        return reply.code(204).send();
      },
    );

    app.post(
      "/v1/passkeys/options",
      {
        bodyLimit,
        onRequest: fromOurPages,
        schema: {
          summary: "A challenge for a new passkey: with an invitation's code, or for whoever is signed in",
          tags,
          body: Type.Object({ code: Type.Optional(Code) }, { additionalProperties: false }),
        },
      },
      async (request, reply) => {
        reply.header("cache-control", "no-store");
        return operators.enrolOptions(await enrolling(request, request.body.code), callerOf(request));
      },
    );

    app.post(
      "/v1/passkeys",
      {
        bodyLimit,
        onRequest: fromOurPages,
        schema: {
          summary: "Enrol a passkey; a code is used up by it and opens a session",
          tags,
          body: Type.Object({ code: Type.Optional(Code), credential: Created }, { additionalProperties: false }),
        },
      },
      async (request, reply) => {
        const { code, credential } = request.body;
        const opened = await operators.enrol(await enrolling(request, code), credential, former(request), callerOf(request));
        if (opened !== null) keepSession(reply, operators.site(), opened);
        return reply.code(204).send();
      },
    );

    app.get("/operators/provider", { schema: { hide: true } }, (request, reply) =>
      shown(reply, async () => {
        const { url, attempt } = await operators.beginProvider(callerOf(request));
        keepAttempt(reply, operators.site(), attempt, attemptLifeS);
        return reply.redirect(url, 303);
      }),
    );

    app.get("/operators/provider/back", { schema: { hide: true } }, (request, reply) =>
      shown(reply, async () => {
        const site = operators.site();
        const attempt = attemptSecret(request, site);
        forgetAttempt(reply, site);
        if (attempt === null) throw new ProblemError("sign_in_refused");
        const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
        keepSession(reply, site, await operators.finishProvider(attempt, query, former(request), callerOf(request)));
        // A page and no redirect: what another site began would go on without the cookie, which is SameSite=Strict.
        return continuePage(reply);
      }),
    );

    /** A person looks at these, so a refusal is said on the page. */
    const shown = async (reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> => {
      if (!operators.hasProvider) throw new ProblemError("not_found");
      try {
        return await work();
      } catch (error) {
        if (error instanceof ProblemError) return reply.redirect(`/operators?refused=${error.code}`, 303);
        throw error;
      }
    };

    const enrolling = async (request: FastifyRequest, code: string | undefined) =>
      code === undefined ? mustBeSignedIn(services, request) : { code };
  };
}

const attemptLifeS = 10 * 60;
