import { type ProblemCode, ProblemError } from "./problems.ts";

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  400: "malformed_request",
  401: "not_authenticated",
  403: "not_allowed",
  404: "not_found",
  413: "body_too_large",
  415: "unsupported_media_type",
};

/** The code that an error is answered with. */
export function problemCodeOf(
  error: Error & { readonly code?: string; readonly statusCode?: number; readonly validation?: unknown },
): ProblemCode {
  if (error instanceof ProblemError) return error.code;
  if (error.validation !== undefined) return "invalid_field";
  if (isDatabaseAway(error)) return "busy";
  return codeOfStatus[error.statusCode ?? 500] ?? "internal_error";
}

/** The database's word for "not now": SQLSTATE classes 08 and 57P, one that only reads (25006), too many connections, and a server that nobody answers for. */
const awayCodes = /^(08...|25006|57P..|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;

function isDatabaseAway({ code, message }: { readonly code?: string; readonly message: string }): boolean {
  // The client has no code for a connection that ended under it.
  return (typeof code === "string" && awayCodes.test(code)) || message.startsWith("Connection terminated");
}
