import type { FastifyInstance } from "fastify";
import { problems } from "./problems.ts";

/** The page that the `type` of every problem points to. What to do about each code stands in `docs/errors.md`. */
export async function errorPage(app: FastifyInstance): Promise<void> {
  app.get("/docs/errors", { schema: { hide: true } }, (_request, reply) => {
    reply.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return reply.type("text/html; charset=utf-8").send(page);
  });
}

const rows = Object.entries(problems)
  .map(([code, { status, title }]) => `<tr id="${code}"><td><code>${code}</code><td>${status}<td>${title}`)
  .join("\n");

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Errors</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem}td{padding:.2rem 1rem .2rem 0}tr:target{background:#ffef9e}</style>
<h1>Errors</h1><p>Every error is problem+json (RFC 9457) with one of these codes.</p><table>
${rows}
</table></html>`;
