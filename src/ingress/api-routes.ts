import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { Type } from "typebox";
import { csvShipments } from "./import/csv.ts";
import { ndjsonShipments } from "./import/ndjson.ts";
import type { ImportRow } from "./import/row.ts";
import { ProblemError } from "./problems.ts";
import { sendJson } from "./send-json.ts";
import { ShipmentInput } from "./shipment-input.ts";
import type { NewEndpointInput, Services } from "./services.ts";
import { forTenantCallers, tenantCaller } from "./tenant-caller.ts";

const security = [{ apiKey: [] }];
const idParams = Type.Object({ id: Type.String() });
const pageQuery = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
});
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Routes for a tenant's API key. */
export function apiRoutes(services: Services) {
  const tenantOf = async (request: FastifyRequest): Promise<string> => (await tenantCaller(services, request)).tenant;

  return async (plugin: FastifyInstance): Promise<void> => {
    const app = plugin.withTypeProvider<TypeBoxTypeProvider>();
    forTenantCallers(plugin, services);
    app.removeContentTypeParser("text/plain");
    app.register(importRoute(services));

    app.post(
      "/v1/shipments",
      { schema: { summary: "Register a shipment to track", tags: ["shipments"], security, body: ShipmentInput } },
      async (request, reply) => {
        const tenant = await tenantOf(request);
        const received = await services.registerShipment(tenant, request.body as ShipmentInput, idempotencyKeyOf(request));
        reply.code(202);
        return { receipt: received.receipt };
      },
    );

    app.get(
      "/v1/shipments",
      {
        schema: {
          summary: "Shipments, newest first; by number where one is given",
          tags: ["shipments"],
          security,
          querystring: Type.Object({
            carrier: Type.Optional(Type.String({ maxLength: 40 })),
            trackingNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
            ...pageQuery.properties,
          }),
        },
      },
      async (request) => {
        const tenant = await tenantOf(request);
        const { carrier, trackingNumber, cursor, limit } = request.query;
        if (trackingNumber !== undefined)
          return { items: await services.shipmentsByNumber(tenant, carrier ?? null, trackingNumber), next: null };
        return services.shipmentsPage(tenant, cursor ?? null, limit ?? 50);
      },
    );

    app.get(
      "/v1/shipments/:id",
      { schema: { summary: "A shipment, pseudonymous", tags: ["shipments"], security, params: idParams } },
      async (request, reply) => {
        const tenant = await tenantOf(request);
        const found = UUID.test(request.params.id) ? await services.shipment(tenant, request.params.id) : null;
        if (found === null) throw new ProblemError("not_found");
        return sendJson(reply, found);
      },
    );

    app.get(
      "/v1/receipts/:id",
      { schema: { summary: "What became of one inbound record", tags: ["ingress"], security, params: idParams } },
      async (request) => {
        const tenant = await tenantOf(request);
        const found = UUID.test(request.params.id) ? await services.receipt(tenant, request.params.id) : null;
        if (found === null) throw new ProblemError("not_found");
        return found;
      },
    );

    app.post(
      "/v1/endpoints",
      {
        schema: {
          summary: "Create an inbound address for a source",
          tags: ["ingress"],
          security,
          body: Type.Object(
            {
              source: Type.String({ maxLength: 40 }),
              secret: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
              clientId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
              jwks: Type.Optional(
                Type.Union([
                  Type.String({ pattern: "^https://", maxLength: 300 }),
                  Type.Object({
                    keys: Type.Array(Type.Object({ kty: Type.String() }, { additionalProperties: true }), { minItems: 1, maxItems: 20 }),
                  }),
                ]),
              ),
              auth: Type.Optional(Type.Literal("none")),
              allowFrom: Type.Optional(Type.Array(Type.String({ maxLength: 50 }), { maxItems: 50 })),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const tenant = await tenantOf(request);
        reply.code(201);
        return services.createEndpoint(tenant, request.body as NewEndpointInput, idempotencyKeyOf(request));
      },
    );

    app.get("/v1/endpoints", { schema: { summary: "Inbound addresses", tags: ["ingress"], security } }, async (request) => ({
      items: await services.endpoints(await tenantOf(request)),
      next: null,
    }));
  };
}

function importRoute(services: Services) {
  return async (app: FastifyInstance): Promise<void> => {
    // Imports stream: their bodies are left to the route.
    for (const type of ["text/csv", "application/x-ndjson", "application/ndjson"])
      app.addContentTypeParser(type, (_request, payload, done) => done(null, payload));

    app.post(
      "/v1/shipments/import",
      {
        bodyLimit: 1024 * 1024 * 1024,
        schema: { summary: "Import shipments as CSV or NDJSON; answers one NDJSON line per row", tags: ["shipments"], security },
      },
      async (request, reply) => {
        const tenant = (await tenantCaller(services, request)).tenant;
        const body = request.body as Readable;
        if (!(body instanceof Readable)) throw new ProblemError("unsupported_media_type");
        const rows = request.headers["content-type"]?.startsWith("text/csv") ? csvShipments(body) : ndjsonShipments(body);
        reply.type("application/x-ndjson");
        return Readable.from(importReport(rows, (shipment) => patiently(() => services.registerShipment(tenant, shipment, null))));
      },
    );
  };
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers["idempotency-key"];
  return typeof key === "string" && key !== "" ? key : null;
}

/** Rows in flight at once: enough to fill group commits, few enough to bound memory. */
const importWindow = 256;

/** A row waits for room this often before it is reported as not taken. */
const rowAttemptsMax = 60;

/** An import is as fast as the tenant's rate and the inbox let it be: a row that finds no room waits, and the file with it. */
async function patiently<Result>(register: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await register();
    } catch (error) {
      if (!(error instanceof ProblemError) || error.retryAfterS === null || attempt >= rowAttemptsMax) throw error;
      await setTimeout(error.retryAfterS * 1000);
    }
  }
}

async function* importReport(
  rows: AsyncIterable<ImportRow>,
  register: (shipment: ShipmentInput) => Promise<{ receipt: string }>,
): AsyncGenerator<string> {
  const window: Promise<string>[] = [];
  for await (const { row, result } of rows) {
    window.push(
      result.ok
        ? register(result.shipment).then(
            ({ receipt }) => `${JSON.stringify({ row, receipt })}\n`,
            (error: unknown) => `${JSON.stringify({ row, code: error instanceof ProblemError ? error.code : "internal_error" })}\n`,
          )
        : Promise.resolve(`${JSON.stringify({ row, code: result.code, field: result.field })}\n`),
    );
    if (window.length >= importWindow) yield await window.shift()!;
  }
  for (const line of window) yield await line;
}
