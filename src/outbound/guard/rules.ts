import type { Place } from "./leaf.ts";

/** Stands in a shape for one or more values that may leave: covered ones and tokens. */
export const mark = "\u0000";

/** A kind of text that may stand in a call, whatever it says. */
export interface TextFormat {
  readonly name: string;
  /** Of the whole text. */
  readonly pattern: Pick<RegExp, "test">;
  /** Only there; everywhere when it is left out. */
  readonly places?: readonly Place[];
  /** Too narrow to hold a value of somebody's; what is not, is asked for in the vault and looked into. */
  readonly isNarrow: boolean;
}

/** A body that is no text, which holds nothing of anybody's where it is whole. */
export interface BodyFormat {
  /** As the call's `content-type` says it. */
  readonly mediaType: string;
  /** Whether every byte of the body is accounted for. */
  readonly isWhole: (body: Uint8Array) => boolean;
}

/** What may stand in calls to one recipient beyond tokens and covered values. */
export interface GuardRules {
  /** Whole texts, with {@link mark} in place of each value that may leave. */
  readonly texts: ReadonlySet<string>;
  readonly formats: readonly TextFormat[];
  readonly bodies?: readonly BodyFormat[];
}

/** What every recipient may be sent: names and values of headers that say nothing, numbers that count, times to the second. */
export const commonRules: GuardRules = {
  texts: new Set([
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-length",
    "content-type",
    "user-agent",
    "*/*",
    "identity",
    "no-cache",
    "no-store",
    "utf-8",
    "application/json",
    "application/json; charset=utf-8",
    "application/xml",
    "application/xml; charset=utf-8",
    "text/xml",
    "text/xml; charset=utf-8",
    "application/x-www-form-urlencoded",
    "parcelkeep",
    `Basic ${mark}`,
    `Bearer ${mark}`,
    'xml version="1.0"',
    'xml version="1.0" encoding="UTF-8"',
    'xml version="1.0" encoding="utf-8"',
    'xml version="1.0" encoding="UTF-8" standalone="no"',
  ]),
  formats: [
    // No more: a postal code has four digits in places.
    { name: "count", pattern: /^\d{1,3}$/, places: ["json-number"], isNarrow: true },
    // RFC 3339, section 5.6.
    {
      name: "instant",
      pattern: /^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,6})?(?:Z|[+-][01]\d:[0-5]\d)$/,
      isNarrow: true,
    },
    // RFC 9562.
    { name: "uuid", pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, isNarrow: false },
  ],
};

export function joinedRules(...all: readonly GuardRules[]): GuardRules {
  return {
    texts: new Set(all.flatMap(({ texts }) => [...texts])),
    formats: all.flatMap(({ formats }) => formats),
    bodies: all.flatMap(({ bodies = [] }) => bodies),
  };
}
