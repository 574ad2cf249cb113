import type { FastifyInstance, FastifyReply } from "fastify";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Services } from "./services.ts";

/** Nothing from elsewhere, nothing inline, and no frame around it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/** What a page may ask of the browser: passkeys of its own, and nothing else. */
const permissions = "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()";

const file = (name: string): Buffer => readFileSync(join(import.meta.dirname, "pages", name));
const files = {
  page: file("operators.html"),
  continue: file("continue.html"),
  decide: file("decide.html"),
  style: file("operators.css"),
  scripts: {
    operators: file("operators.js"),
    decide: file("decide.js"),
    passkeys: file("passkeys.js"),
    "signed-text": file("signed-text.js"),
  },
};

/** Signing in and passkeys, and one request with the decisions about it, until there is a console. */
export function operatorPages(services: Services) {
  return async (app: FastifyInstance): Promise<void> => {
    for (const [path, page] of [
      ["/operators", files.page],
      ["/operators/decide", files.decide],
    ] as const)
      app.get(path, { schema: { hide: true } }, (request, reply) => {
        const { origin, isSecure } = services.operators.site();
        // Passkeys and cookies belong to one host: whoever came to this machine by another name of its is sent there, and what stands after `#` goes along. Over https
        // there is a proxy in front, which may not say by which name they came.
        if (!isSecure && new URL(origin).host !== request.host) return reply.redirect(`${origin}${path}`, 302);
        return html(reply, page);
      });
    for (const [name, script] of Object.entries(files.scripts))
      app.get(`/operators/${name}.js`, { schema: { hide: true } }, (_request, reply) =>
        guarded(reply).type("text/javascript; charset=utf-8").send(script),
      );
    app.get("/operators/operators.css", { schema: { hide: true } }, (_request, reply) =>
      guarded(reply).type("text/css; charset=utf-8").send(files.style),
    );
    app.get("/operators/ways", { schema: { hide: true } }, (_request, reply) =>
      guarded(reply).send({ passkey: true, provider: services.operators.hasProvider }),
    );
  };
}

/** Goes on to the operators' page by itself. */
export function continuePage(reply: FastifyReply): FastifyReply {
  return html(reply, files.continue);
}

function html(reply: FastifyReply, page: Buffer): FastifyReply {
  return guarded(reply).type("text/html; charset=utf-8").send(page);
}

function guarded(reply: FastifyReply): FastifyReply {
  return reply
    .header("content-security-policy", policy)
    .header("permissions-policy", permissions)
    .header("referrer-policy", "no-referrer")
    .header("cross-origin-opener-policy", "same-origin")
    .header("cross-origin-resource-policy", "same-origin")
    .header("x-frame-options", "DENY")
    .header("cache-control", "no-store")
    .header("x-robots-tag", "noindex");
}
