import { type FastifyPluginAsyncTypebox, Type } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { callerOf, isOverseer, scopedCaller } from "./tenant-caller.ts";

const limitMax = 500;

/** The audit log: its public files as C2SP tlog-tiles has them, and entries for those whom they concern. */
export function auditRoutes(services: Services): FastifyPluginAsyncTypebox {
  const readerOf = async (request: FastifyRequest): Promise<string | null> => {
    const caller = await scopedCaller(services, request);
    if (caller.kind !== "person") return caller.kind === "tenant" ? caller.tenant : null;
    // All tenants' entries together tell who does how much.
    if (!isOverseer(caller.who)) throw new ProblemError("not_allowed");
    return null;
  };
  const mayReadBundles = async (request: FastifyRequest): Promise<boolean> => {
    const caller = await callerOf(services, request);
    return caller.kind === "operator" || (caller.kind === "person" && isOverseer(caller.who));
  };

  return async (app) => {
    app.get(
      "/checkpoint",
      { schema: { tags: ["audit"], summary: "The signed head of the log (C2SP tlog-checkpoint)" } },
      async (_request, reply) => {
        const note = await services.audit.checkpoint(null);
        if (note === null) throw new ProblemError("not_found");
        return reply.type("text/plain; charset=utf-8").header("cache-control", "no-store").send(note);
      },
    );

    app.get<{ Params: { "*": string } }>(
      "/tile/*",
      {
        schema: {
          tags: ["audit"],
          summary: "A tile of hashes, or for the operator a bundle of entries (C2SP tlog-tiles)",
        },
      },
      async (request, reply) => {
        // Hashes say nothing; entries say what every tenant does.
        if (request.params["*"].startsWith("entries/") && !(await mayReadBundles(request))) throw new ProblemError("not_allowed");
        const bytes = await services.audit.tile(request.params["*"]);
        if (bytes === null) throw new ProblemError("not_found");
        return reply
          .type("application/octet-stream")
          .header("cache-control", "public, max-age=31536000, immutable")
          .send(Buffer.from(bytes));
      },
    );

    app.get(
      "/v1/audit/entries",
      {
        schema: {
          tags: ["audit"],
          summary: "Entries of the log, newest first: a tenant's own, or all for the operator",
          security: [{ apiKey: [] }],
          querystring: Type.Object({
            before: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$", description: "`next` of the page before" })),
            type: Type.Optional(Type.String({ pattern: "^[a-z-]+\\.[a-z-]+$" })),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limitMax, default: 50 })),
          }),
        },
      },
      async (request) => {
        const tenant = await readerOf(request);
        const { before, type, limit = 50 } = request.query;
        return services.audit.page(tenant, { before: before === undefined ? null : Number(before), type: type ?? null, limit });
      },
    );

    app.get(
      "/v1/audit/entries/:index",
      {
        schema: {
          tags: ["audit"],
          summary: "One entry, byte for byte as it stands in the log",
          security: [{ apiKey: [] }],
          params: indexParams,
        },
      },
      async (request, reply) => {
        const tenant = await readerOf(request);
        const entry = await services.audit.entry(tenant, request.params.index);
        if (entry === null) throw new ProblemError("not_found");
        return reply.type("application/json").send(Buffer.from(entry));
      },
    );

    app.get(
      "/v1/audit/entries/:index/proof",
      {
        schema: {
          tags: ["audit"],
          summary: "A receipt that proves the entry offline (C2SP tlog-proof)",
          security: [{ apiKey: [] }],
          params: indexParams,
        },
      },
      async (request, reply) => {
        const tenant = await readerOf(request);
        const proof = await services.audit.proof(tenant, request.params.index);
        if (proof === null) throw new ProblemError("not_found");
        return reply.type("text/plain; charset=utf-8").send(proof);
      },
    );

    app.get(
      "/v1/audit/time-stamps",
      { schema: { tags: ["audit"], summary: "Sizes of the log whose checkpoints have a time-stamp of an authority (RFC 3161)" } },
      async () => ({ sizes: await services.audit.timeStamps() }),
    );

    for (const [suffix, what, type] of stampedFiles)
      app.get(
        `/v1/audit/time-stamps/:size${suffix}`,
        { schema: { tags: ["audit"], summary: `The ${what} of this size, byte for byte`, params: sizeParams } },
        async (request, reply) => {
          const bytes = await services.audit.stamped(request.params.size, what);
          if (bytes === null) throw new ProblemError("not_found");
          return reply.type(type).send(Buffer.from(bytes));
        },
      );

    app.get(
      "/v1/audit/keys",
      {
        schema: {
          tags: ["audit"],
          summary: "Verifier keys of the log, one a line. Whoever must trust the log takes them from elsewhere too.",
        },
      },
      async (_request, reply) => {
        const keys = await services.audit.keys();
        return reply.type("text/plain; charset=utf-8").send(keys.map((key) => `${key}\n`).join(""));
      },
    );
  };
}

const stampedFiles = [
  ["", "time-stamp", "application/timestamp-reply"],
  ["/checkpoint", "checkpoint", "text/plain; charset=utf-8"],
] as const;

const sizeParams = Type.Object({ size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
const indexParams = Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });
