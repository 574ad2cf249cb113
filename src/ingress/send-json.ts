import type { FastifyReply } from "fastify";

/**
 * Sends what is JSON already. As text it goes into one piece with the headers; as bytes the system would be handed two pieces, which costs a cached read
 * a tenth of its time.
 */
export function sendJson(reply: FastifyReply, json: Buffer): FastifyReply {
  return reply.type("application/json").send(json.toString("utf8"));
}
