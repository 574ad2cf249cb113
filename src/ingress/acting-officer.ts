import type { FastifyRequest } from "fastify";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";
import { callerOf } from "./tenant-caller.ts";

/**
 * A security officer whom a passkey has just confirmed, or the operator's key.
 * @returns the person's id, or `operator-key`. @throws {ProblemError} `not_authenticated`, `not_allowed`, `step_up_required`, `cross_site`.
 */
export async function actingOfficer(services: Services, request: FastifyRequest): Promise<string> {
  const caller = await callerOf(services, request);
  if (caller.kind === "operator") return "operator-key";
  if (caller.kind !== "person" || !caller.who.roles.has("security_officer")) throw new ProblemError("not_allowed");
  if (!caller.who.steppedUp) throw new ProblemError("step_up_required");
  return caller.who.person;
}
