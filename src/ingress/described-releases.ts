import { Type, type TSchema } from "typebox";
import { approvalKinds, requestStates } from "../domain/approval-terms.ts";

const Text = Type.String();
const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Time = Type.String({ format: "date-time" });
const TimeOrNull = Type.Union([Time, Type.Null()]);
const Challenge = Type.String({ description: "what a passkey signs for this decision: a WebAuthn challenge, base64url" });

/** A request for a release, a lane or a change, as `ApprovalView` has it. */
const Request = Type.Object({
  id: Type.String({ format: "uuid" }),
  kind: Type.Enum([...approvalKinds]),
  state: Type.Enum([...requestStates]),
  flag: Type.Union([Type.Literal("full-PII outbound"), Type.Null()], { description: "a name with its street is to leave" }),
  tenant: TextOrNull,
  requester: Type.String({ description: "person:ID, key:ID of an API key, or operator" }),
  askedBy: Type.Union([Type.String({ format: "uuid" }), Type.Null()], {
    description: "who counts as having asked: of a key, its owner; null where nobody is known",
  }),
  reason: Text,
  words: Type.Any({ description: "the reason's text and the evidence; null when they were destroyed" }),
  wordsKey: Type.Union([Type.String({ pattern: "^[0-9a-f]{64}$" }), Type.Null()], {
    description: "HMAC-SHA-256 under it of the words (RFC 8785) is the scope's evidence; null when they were destroyed",
  }),
  rule: Text,
  approvalsNeeded: Type.Integer(),
  decisions: Type.Array(Type.Object({ person: Text, decision: Text, reason: TextOrNull, at: Time, verified: Type.Boolean() })),
  scope: Type.String({ description: "what is approved, as canonical JSON" }),
  askedAt: Type.String({
    format: "date-time",
    description: "the moment that the challenges are of: handed in with what was signed, within five minutes",
  }),
  challenges: Type.Object({
    approve: Challenge,
    "break-glass": Challenge,
    deny: Challenge,
    veto: Challenge,
    "review justified": Challenge,
    "review not-justified": Challenge,
    "review breach": Challenge,
  }),
  lane: TextOrNull,
  warnings: Type.Array(Type.Object({ code: Text, count: Type.Integer() })),
  requestedAt: Time,
  approveBy: Time,
  grantedAt: TimeOrNull,
  executeBy: TimeOrNull,
  usedAt: TimeOrNull,
  endedAt: TimeOrNull,
  outcome: TextOrNull,
  answerStatus: Type.Union([Type.Integer(), Type.Null()], { description: "of the carrier's answer" }),
  review: Type.Union([Type.Object({ dueAt: Time, doneAt: TimeOrNull, outcome: TextOrNull }), Type.Null()]),
  content: Type.Any({ description: "of a change: what it brings" }),
});

const Export = Type.Object({
  subject: Type.String({ format: "uuid" }),
  values: Type.Array(Type.Object({ token: Text, category: Text, record: Text, value: Text })),
  refused: Type.Record(Text, Type.Integer(), { description: "what is kept and did not open, counted by reason" }),
});

const Days = Type.Union([Type.Number(), Type.Null()]);

interface Described {
  readonly status: number;
  readonly says: string;
  readonly body: TSchema;
}

const page = Type.Object({ items: Type.Array(Request), next: Type.Union([Type.String(), Type.Null()]) });
const asked = (says: string): Described => ({ status: 201, says, body: Request });
const now = (says: string): Described => ({ status: 200, says, body: Request });

const ofKind = (path: string): Readonly<Record<string, Described>> => ({
  [`GET ${path}`]: { status: 200, says: "a page of requests", body: page },
  [`GET ${path}/:id`]: now("the request"),
  [`POST ${path}`]: asked("the request, which waits for approval"),
  ...Object.fromEntries(["approve", "deny", "veto", "withdraw"].map((step) => [`POST ${path}/:id/${step}`, now("the request after it")])),
});

/** What the description of the interface says of answers about releases. */
export const releaseAnswers: Readonly<Record<string, Described>> = {
  ...ofKind("/v1/transfers"),
  ...ofKind("/v1/lanes"),
  ...ofKind("/v1/changes"),
  ...ofKind("/v1/exports"),
  "POST /v1/exports/:id/collect": { status: 200, says: "everything that is kept about the person, once", body: Export },
  "POST /v1/subjects/:id/export": { status: 200, says: "everything that is kept about the person", body: Export },
  "POST /v1/transfers/:id/break-glass": now("the request, approved"),
  "POST /v1/transfers/:id/review": now("the request; the review counts in a moment"),
  "POST /v1/lanes/:id/transfers": asked("the transfer, granted"),
  "GET /v1/retention": {
    status: 200,
    says: "the terms in force, in days",
    body: Type.Object({ auditDays: Days, personalDays: Days, textDays: Days }),
  },
  "GET /v1/approval-policy": {
    status: 200,
    says: "the policy in force",
    body: Type.Object({ version: Type.Integer(), validFrom: Time, content: Type.Any() }),
  },
};
