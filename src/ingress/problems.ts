/**
 * Every error of the HTTP interface: RFC 9457 problem details with a stable `code`. The page `docs/errors.md` lists the same codes (a test
 * compares both). No problem ever repeats a value of the request.
 */
export const problems = {
  malformed_request: { status: 400, title: "The request is not well-formed" },
  invalid_field: { status: 400, title: "A field of the request is missing, unknown or not in its format" },
  invalid_cursor: { status: 400, title: "The cursor was not made by this interface" },
  invalid_encoding: { status: 400, title: "The body does not decompress" },
  not_authenticated: { status: 401, title: "The request is not authenticated" },
  not_allowed: { status: 403, title: "The credentials do not allow this" },
  grant_required: { status: 403, title: "Personal data is opened only under a grant" },
  not_found: { status: 404, title: "There is nothing here" },
  method_not_allowed: { status: 405, title: "The method is not offered here" },
  unknown_tenant: { status: 404, title: "There is no such tenant" },
  unknown_source: { status: 400, title: "There is no such source" },
  body_too_large: { status: 413, title: "The body is larger than this endpoint takes" },
  unsupported_media_type: { status: 415, title: "The body is of a type that this endpoint does not take" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used before with another body" },
  still_undecodable: { status: 409, title: "The record does not decode and stays in quarantine" },
  export_too_large: { status: 422, title: "More is kept than one export holds" },
  rate_limited: { status: 429, title: "Too many requests for this tenant" },
  budget_exhausted: { status: 429, title: "The caller has spent its budget of tokens" },
  internal_error: { status: 500, title: "The request could not be handled" },
  busy: { status: 503, title: "The inbox is full, or the database or the keys are away; the request was not accepted" },
  opening_failed: { status: 503, title: "The opener did not answer; ask again" },
  stopping: { status: 503, title: "The program is stopping; the request was not accepted" },
} as const;
export type ProblemCode = keyof typeof problems;

/** Thrown by a route to answer with a problem. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfterS: number | null;
  /** JSON pointers into the request body with what was expected there; never what came. */
  readonly errors: readonly FieldError[];
  constructor(code: ProblemCode, options: { retryAfterS?: number; errors?: readonly FieldError[]; cause?: unknown } = {}) {
    super(problems[code].title, { cause: options.cause });
    this.code = code;
    this.retryAfterS = options.retryAfterS ?? null;
    this.errors = options.errors ?? [];
  }
}

export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly errors?: readonly FieldError[];
}

export function problemBody(code: ProblemCode, errors: readonly FieldError[] = []): ProblemBody {
  const { status, title } = problems[code];
  const body = { type: `/docs/errors#${code}`, title, status, code };
  return errors.length === 0 ? body : { ...body, errors };
}
