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
  sign_in_refused: { status: 401, title: "This does not prove somebody who may come in" },
  not_allowed: { status: 403, title: "The credentials do not allow this" },
  scope_missing: { status: 403, title: "The key's scopes, or the operator's roles, do not cover this" },
  cross_site: { status: 403, title: "The request does not come from a page of this server" },
  step_up_required: { status: 403, title: "This wants a passkey that was used in the last minutes" },
  own_rights: { status: 403, title: "Nobody changes their own rights" },
  grant_required: { status: 403, title: "Personal data is opened only under a grant" },
  release_refused: { status: 403, title: "The recipient may not have these fields for this purpose" },
  approval_required: { status: 403, title: "This changes by an approved request" },
  not_a_holder: { status: 403, title: "The passkey's owner is no holder of break-glass" },
  review_overdue: { status: 403, title: "An earlier use of break-glass waits for its review beyond its time" },
  own_request: { status: 403, title: "Whoever asks does not decide" },
  not_an_approver: { status: 403, title: "The passkey's owner may not decide about this" },
  not_verified: { status: 403, title: "The passkey did not sign this, or is nobody's" },
  not_found: { status: 404, title: "There is nothing here" },
  method_not_allowed: { status: 405, title: "The method is not offered here" },
  unknown_tenant: { status: 404, title: "There is no such tenant" },
  unknown_source: { status: 400, title: "There is no such source" },
  body_too_large: { status: 413, title: "The body is larger than this endpoint takes" },
  unsupported_media_type: { status: 415, title: "The body is of a type that this endpoint does not take" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used before with another body" },
  no_approvals_yet: { status: 409, title: "There is no approval policy yet, so nobody can approve" },
  no_handover: { status: 409, title: "The tenant has agreed no address where this recipient takes fields" },
  fields_missing: { status: 409, title: "The shipment has not all of these fields" },
  request_closed: { status: 409, title: "The request is not open for this any more" },
  signed_too_late: { status: 409, title: "What was signed was asked for more than five minutes ago" },
  decided_before: { status: 409, title: "This person has decided before" },
  changed_meanwhile: { status: 409, title: "What the request was made of has changed; ask again" },
  last_administrator: { status: 409, title: "Nobody would be left who can administer" },
  operator_known: { status: 409, title: "The e-mail address belongs to an operator who is there" },
  still_undecodable: { status: 409, title: "The record does not decode and stays in quarantine" },
  export_too_large: { status: 422, title: "More is kept than one export holds" },
  rate_limited: { status: 429, title: "Too many requests for this tenant" },
  quota_spent: { status: 429, title: "The lane's quota of the day is spent" },
  too_many_attempts: { status: 429, title: "Too many attempts to sign in" },
  budget_exhausted: { status: 429, title: "The caller has spent its budget of tokens" },
  internal_error: { status: 500, title: "The request could not be handled" },
  busy: { status: 503, title: "The inbox is full, or the database or the keys are away; the request was not accepted" },
  provider_unavailable: { status: 503, title: "The sign-in provider does not answer" },
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
