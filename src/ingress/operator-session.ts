import type { FastifyReply, FastifyRequest } from "fastify";
import { type OpenedSession, type Site, type SignedIn } from "./operators.ts";
import { ProblemError } from "./problems.ts";
import type { Services } from "./services.ts";

/*
 * Sessions of operators in browsers. The cookie is SameSite=Strict, HttpOnly and, over TLS, `__Host-`: no other host and no page of another site sets or sends it
 * (RFC 6265bis, sections 4.1.3 and 5.8.3). What changes something must also say that it comes from a page of ours, in a header that no form can send.
 */

const attemptName = "parcelkeep_sign_in";
const sessionName = "parcelkeep_session";
/** Pages of ours send it with every call. */
const consoleHeader = "parcelkeep-console";

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const known = new WeakMap<FastifyRequest, Promise<SignedIn | null>>();

/** @returns who is signed in; null for a request without a cookie of ours, or with one that opens nothing. @throws {ProblemError} `cross_site`. */
export function signedIn(services: Services, request: FastifyRequest): Promise<SignedIn | null> {
  const found = known.get(request) ?? find(services, request);
  known.set(request, found);
  return found;
}

async function find(services: Services, request: FastifyRequest): Promise<SignedIn | null> {
  const secret = sessionSecret(request, services.operators.site());
  if (secret === null) return null;
  refuseCrossSite(request, services.operators.site());
  return services.operators.session(secret);
}

/** @throws {ProblemError} `not_authenticated`, `cross_site`. */
export async function mustBeSignedIn(services: Services, request: FastifyRequest): Promise<SignedIn> {
  const who = await signedIn(services, request);
  if (who === null) throw new ProblemError("not_authenticated");
  return who;
}

/**
 * Refuses what changes something and does not come from a page of ours: another site's form or script, a frame, another port of this machine.
 * @throws {ProblemError} `cross_site`.
 */
export function refuseCrossSite(request: FastifyRequest, { origin }: Site): void {
  const { headers, method } = request;
  if (safeMethods.has(method)) return;
  const isOurs = headers.origin === undefined ? headers["sec-fetch-site"] === "same-origin" : headers.origin === origin;
  const isSaidOtherwise = headers["sec-fetch-site"] !== undefined && headers["sec-fetch-site"] !== "same-origin";
  if (!isOurs || isSaidOtherwise || headers[consoleHeader] === undefined) throw new ProblemError("cross_site");
}

export function sessionSecret(request: FastifyRequest, site: Site): string | null {
  return cookie(request, named(sessionName, site));
}

export function keepSession(reply: FastifyReply, site: Site, { secret }: OpenedSession): void {
  setCookie(reply, `${named(sessionName, site)}=${secret}; Path=/; HttpOnly; SameSite=Strict${secureOf(site)}`);
}

export function forgetSession(reply: FastifyReply, site: Site): void {
  setCookie(reply, `${named(sessionName, site)}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${secureOf(site)}`);
}

export function attemptSecret(request: FastifyRequest, site: Site): string | null {
  return cookie(request, named(attemptName, site));
}

/** Lax: the browser comes back from another site with it. It opens nothing. */
export function keepAttempt(reply: FastifyReply, site: Site, attempt: string, lifeS: number): void {
  setCookie(reply, `${named(attemptName, site)}=${attempt}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${lifeS}${secureOf(site)}`);
}

export function forgetAttempt(reply: FastifyReply, site: Site): void {
  setCookie(reply, `${named(attemptName, site)}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${secureOf(site)}`);
}

function named(name: string, { isSecure }: Site): string {
  return isSecure ? `__Host-${name}` : name;
}

function secureOf({ isSecure }: Site): string {
  return isSecure ? "; Secure" : "";
}

function setCookie(reply: FastifyReply, text: string): void {
  reply.header("set-cookie", text).header("cache-control", "no-store");
}

const SECRET = /^[\w-]{43}$/;

/** @returns null also where the name comes twice: one of the two was set by somebody else. */
function cookie(request: FastifyRequest, name: string): string | null {
  const values = (request.headers.cookie ?? "").split(";").flatMap((pair) => {
    const [key, value] = [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1).trim()];
    return key === name ? [value] : [];
  });
  return values.length === 1 && SECRET.test(values[0]!) ? values[0]! : null;
}
