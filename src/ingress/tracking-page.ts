import type { FastifyInstance } from "fastify";
import { ProblemError } from "./problems.ts";
import { sendJson } from "./send-json.ts";
import type { MaybeNow, Services } from "./services.ts";

const words: Readonly<Record<string, string>> = {
  unknown: "No news yet",
  not_found: "Not found at the carrier",
  info_received: "Announced",
  in_transit: "On its way",
  out_for_delivery: "Out for delivery",
  available_for_pickup: "Ready for pickup",
  delivery_attempt_failed: "Delivery was tried",
  exception: "Delayed or held",
  returned: "Returned to sender",
  delivered: "Delivered",
};

interface Tracked {
  readonly carrier: string | null;
  readonly status: string;
  readonly events: readonly {
    readonly status: string;
    readonly occurredAt: string | null;
    readonly localTime: string | null;
    readonly country: string | null;
  }[];
}

/** The shopper's view: as JSON and as a page without script, fonts or anything from elsewhere. */
export function trackingPageRoutes(services: Services) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get<{ Params: { publicId: string } }>(
      "/v1/track/:publicId",
      {
        // The schema is for the description. The form of a public id is checked below; checking that it is a text costs a cached read a twentieth.
        validatorCompiler: () => () => true,
        schema: {
          summary: "Shopper's view of a shipment",
          tags: ["tracking"],
          params: { type: "object", properties: { publicId: { type: "string" } } },
        },
      },
      (request, reply) => {
        const found = tracked(services, request.params.publicId);
        if (Buffer.isBuffer(found)) sendJson(reply, found);
        else found.then((view) => sendJson(reply, view)).catch((error: unknown) => reply.send(error));
      },
    );
    app.get<{ Params: { publicId: string } }>("/t/:publicId", { schema: { hide: true } }, async (request, reply) => {
      const found = JSON.parse((await tracked(services, request.params.publicId)).toString("utf8")) as Tracked;
      reply
        .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        .header("referrer-policy", "no-referrer")
        .header("x-robots-tag", "noindex");
      return reply.type("text/html; charset=utf-8").send(page(found));
    });
  };
}

function tracked(services: Services, publicId: string): MaybeNow<Buffer> {
  if (!/^[\w-]{22}$/.test(publicId)) throw new ProblemError("not_found");
  const found = services.track(publicId);
  return found instanceof Promise ? found.then(orNotFound) : orNotFound(found);
}

function orNotFound(found: Buffer | null): Buffer {
  if (found === null) throw new ProblemError("not_found");
  return found;
}

function page({ carrier, status, events }: Tracked): string {
  const rows = events
    .toReversed()
    .map(
      (event) =>
        `<li><b>${escape(words[event.status] ?? event.status)}</b><span>${escape(event.occurredAt ?? event.localTime ?? "time unknown")}${event.country === null ? "" : ` · ${escape(event.country)}`}</span></li>`,
    )
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Your parcel</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1d2733;background:#fbfaf7}h1{font-size:1.7rem;margin:0}p{color:#5b6673}ol{list-style:none;padding:0;border-left:2px solid #c9d3dc;margin-top:2rem}li{padding:.4rem 0 .4rem 1.2rem;display:flex;justify-content:space-between;gap:1rem}span{color:#5b6673;text-align:right}@media(prefers-color-scheme:dark){body{background:#12171d;color:#e6ebf0}p,span{color:#9aa7b4}ol{border-color:#334050}}</style>
<h1>${escape(words[status] ?? status)}</h1><p>${carrier === null ? "Carrier not known yet" : `Carrier: ${escape(carrier)}`}</p><ol>${rows}</ol></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
