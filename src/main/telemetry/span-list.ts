import type { CallFailure } from "../../outbound/resilience.ts";
import type { EgressError } from "../../outbound/egress.ts";
import { problems, type ProblemCode } from "../../ingress/problems.ts";
import type { TurnError } from "../../store/worker-store.ts";
import { type Opened, openerErrorCodes, type OpeningRequest } from "../../vault/opening.ts";
import { isSource } from "../intake/sources.ts";

/**
 * Every span that may leave, with every attribute and what its values may be: a count, or a code of one of our own tables. None is a text that somebody else wrote, and
 * none is an id: not of a tenant, a shipment, a record, a receipt or a grant, since whoever keeps the spans could follow a person by one.
 */

/** A whole number, 0 to {@link countMax}. */
const count = { kind: "count" } as const;
const countMax = 1_000_000_000;

interface Codes<Code extends string> {
  readonly kind: "code";
  readonly has: (text: string) => text is Code;
  /** As the page of telemetry says it. */
  readonly described: string;
}

function codes<const Code extends string>(...values: readonly Code[]): Codes<Code> {
  const known: ReadonlySet<string> = new Set(values);
  return { kind: "code", has: (text): text is Code => known.has(text), described: [...known].map((value) => `\`${value}\``).join(", ") };
}

const source: Codes<string> = {
  kind: "code",
  has: (text): text is string => isSource(text),
  described: "id of a source",
};
const problem: Codes<ProblemCode | "accepted" | "duplicate"> = {
  kind: "code",
  has: (text): text is ProblemCode => text === "accepted" || text === "duplicate" || Object.hasOwn(problems, text),
  described: "`accepted`, `duplicate`, or a code of [errors.md](../errors.md)",
};

/** Each member of a union, which the compiler sees to. */
function membersOf<Member extends string>(members: Readonly<Record<Member, true>>): readonly Member[] {
  return Object.keys(members) as Member[];
}

const egressCodes = membersOf<EgressError["code"]>({
  "host-not-registered": true,
  "address-refused": true,
  "redirect-refused": true,
  tls: true,
  leak: true,
  timeout: true,
  unreachable: true,
  "answer-too-large": true,
});
const callFailures = membersOf<CallFailure["code"]>({ unavailable: true, timeout: true, malformed: true, open: true });
const turnCodes = membersOf<TurnError["code"]>({ contended: true, refused: true, unavailable: true });
const purposes = membersOf<OpeningRequest["purpose"]>({
  "access-export": true,
  "stand-alone-export": true,
  "erasure-probe": true,
  replay: true,
  transfer: true,
});
const transferStates = membersOf<Extract<Opened, { purpose: "transfer" }>["state"]>({
  delivered: true,
  failed: true,
  unknown: true,
  "not-used": true,
});

interface SpanTerms {
  /** As OpenTelemetry's `SpanKind` names it. */
  readonly kind: "internal" | "server" | "client" | "consumer";
  /** It happens all the time: a share of them is recorded. All of the others are. */
  readonly isFrequent: boolean;
  readonly what: string;
  /** The same in each. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, typeof count | Codes<string>>>;
  /** Outcomes that make it one that failed; the outcome is its `error.type` then. */
  readonly failures: readonly string[];
}

export const spanList = {
  "webhook.receive": {
    kind: "server",
    isFrequent: true,
    what: "a source's webhook, up to its answer",
    fixed: { "http.request.method": "POST", "http.route": "/v1/hooks/:endpointId" },
    attributes: { "http.response.status_code": count, "parcelkeep.source": source, "parcelkeep.outcome": problem },
    // What a sender does wrong is no failure of the server's (semantic conventions, "HTTP server span").
    failures: Object.entries(problems).flatMap(([code, { status }]) => (status >= 500 ? [code] : [])),
  },
  "intake.wait": {
    kind: "internal",
    isFrequent: true,
    what: "the part of it from the verified request to its durable commit",
    fixed: {},
    attributes: { "parcelkeep.bytes": count },
    failures: [],
  },
  "intake.commit": {
    kind: "internal",
    isFrequent: true,
    what: "one group commit, from taking its requests to the durable transaction",
    fixed: {},
    attributes: { "parcelkeep.records": count, "parcelkeep.bytes": count, "parcelkeep.outcome": codes("committed", "failed") },
    failures: ["failed"],
  },
  "worker.turn": {
    kind: "consumer",
    isFrequent: true,
    what: "one turn at the inbox that found jobs",
    fixed: {},
    attributes: {
      "parcelkeep.jobs": count,
      "parcelkeep.dead_letters": count,
      "parcelkeep.shipments": count,
      "parcelkeep.outcome": codes("done", ...turnCodes),
    },
    failures: ["refused", "unavailable"],
  },
  "archive.round": {
    kind: "internal",
    isFrequent: false,
    what: "segments written in one go",
    fixed: {},
    attributes: {
      "parcelkeep.segments": count,
      "parcelkeep.records": count,
      "parcelkeep.bytes": count,
      "parcelkeep.outcome": codes("archived", "alarm", "failed"),
    },
    failures: ["alarm", "failed"],
  },
  "carrier.call": {
    kind: "client",
    isFrequent: true,
    what: "one call to a carrier, for numbers or for a feed",
    fixed: {},
    attributes: {
      "parcelkeep.source": source,
      "parcelkeep.outcome": codes("answered", "unauthorised", "rate-limited", "not-taken-in", "failed", ...callFailures, ...egressCodes),
    },
    failures: ["unauthorised", "not-taken-in", "failed", ...callFailures, ...egressCodes],
  },
  "webhook.deliver": {
    kind: "client",
    isFrequent: true,
    what: "one attempt to tell a merchant's address",
    fixed: {},
    attributes: {
      "http.response.status_code": count,
      "parcelkeep.outcome": codes("delivered", "retried", "dead", "disabled"),
    },
    failures: ["retried", "dead", "disabled"],
  },
  "opener.run": {
    kind: "internal",
    isFrequent: false,
    what: "an opener, from its start to its end, as whoever had it started sees it",
    fixed: {},
    attributes: {
      "parcelkeep.purpose": codes(...purposes),
      "parcelkeep.outcome": codes("opened", ...transferStates, ...openerErrorCodes.filter((code) => code !== "failed")),
    },
    failures: ["failed", "unknown", ...openerErrorCodes],
  },
} as const satisfies Record<string, SpanTerms>;

export type SpanName = keyof typeof spanList;

type ValueOf<Terms> = Terms extends Codes<infer Code> ? Code : number;
/** What is not known is left out. */
export type AttributesOf<Name extends SpanName> = {
  readonly [Attribute in keyof (typeof spanList)[Name]["attributes"]]?: ValueOf<(typeof spanList)[Name]["attributes"][Attribute]> | null;
};

/** @returns the attributes that may leave as they are, and how many may not. */
export function checkedAttributes(
  name: SpanName,
  given: Readonly<Record<string, unknown>>,
): { readonly attributes: Readonly<Record<string, string | number>>; readonly refused: number } {
  const terms: SpanTerms = spanList[name];
  const attributes: Record<string, string | number> = { ...terms.fixed };
  let refused = 0;
  for (const [attribute, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const allowed = Object.hasOwn(terms.attributes, attribute) ? terms.attributes[attribute] : undefined;
    if (allowed !== undefined && mayLeave(allowed, value)) attributes[attribute] = value;
    else refused++;
  }
  return { attributes, refused };
}

function mayLeave(allowed: typeof count | Codes<string>, value: unknown): value is string | number {
  if (allowed.kind === "code") return typeof value === "string" && allowed.has(value);
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= countMax;
}

/** @returns the code of why it failed; null where it did not. */
export function failureOf(name: SpanName, attributes: Readonly<Record<string, string | number>>): string | null {
  const outcome = attributes["parcelkeep.outcome"];
  const { failures }: SpanTerms = spanList[name];
  return typeof outcome === "string" && failures.includes(outcome) ? outcome : null;
}
