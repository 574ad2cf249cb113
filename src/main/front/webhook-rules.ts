import { carrierIds } from "../../domain/carrier.ts";
import { shipmentOf } from "../../domain/shipment.ts";
import { statuses, statusReasons } from "../../domain/status.ts";
import type { EgressCall } from "../../outbound/egress.ts";
import { inspectCall } from "../../outbound/guard/inspect.ts";
import { learnedRules } from "../../outbound/guard/learn.ts";
import { commonRules, type GuardRules, joinedRules, type TextFormat } from "../../outbound/guard/rules.ts";
import { cloudEventsType, shipmentEvent } from "../../outbound/webhooks/shipment-event.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import { codecs } from "../intake/sources.ts";

const nobody = "00000000-0000-0000-0000-000000000000";

const emptyCall: EgressCall = {
  tenant: nobody,
  recipient: "",
  method: "POST",
  url: "https://merchant.example/",
  headers: {},
  body: null,
  covered: [],
};

const formats: readonly TextFormat[] = [
  // RFC 3339 with or without its offset: the time on a scanner's clock may have none. Carriers send years of any kind.
  {
    name: "time",
    pattern: /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?$/,
    places: ["json-value"],
    isNarrow: true,
  },
  { name: "offset", pattern: /^(?:Z|[+-]\d\d:\d\d)$/, places: ["json-value"], isNarrow: true },
  // Carriers write old names of zones too, which no list has.
  { name: "zone", pattern: { test: isZone }, places: ["json-value"], isNarrow: true },
  { name: "country", pattern: /^[A-Z]{2}$/, places: ["json-value"], isNarrow: true },
  { name: "tenant", pattern: /^urn:parcelkeep:tenant:[0-9a-f-]{36}$/, places: ["json-value"], isNarrow: true },
  // 128 random bits.
  { name: "public-id", pattern: /^[\w-]{22}$/, places: ["json-value"], isNarrow: false },
  { name: "unix-time", pattern: /^[12]\d{9}$/, places: ["header-value"], isNarrow: true },
  { name: "signature", pattern: /^v1a?,[\w+/]{43,86}={0,2}(?: v1a?,[\w+/]{43,86}={0,2})*$/, places: ["header-value"], isNarrow: true },
];

/** What may stand in a merchant's webhook beyond tokens: the words of its schema, and codes of the sources' tables. */
const eventRules: GuardRules = joinedRules(commonRules, learnedRules([sampleCall()], findTokens), {
  texts: new Set<string>([
    ...statuses,
    ...statusReasons,
    ...carrierIds,
    ...Array.from(codecs.values(), ({ codes }) => [...codes]).flat(),
    ...["stated", "place", "habit", "none"],
    ...["UTC", "GMT"],
    ...["webhook-id", "webhook-timestamp", "webhook-signature", cloudEventsType],
  ]),
  formats,
});

/** @param url of the endpoint; what stands in it is the merchant's own. */
export function webhookRules(url: string): GuardRules {
  const own = learnedRules([{ ...emptyCall, url }], findTokens);
  return joinedRules(eventRules, own);
}

/** Whether an event holds nothing but tokens, words of its schema, and codes of the sources' tables, wherever it goes. */
export function isPseudonymous(event: string): boolean {
  const call = { ...emptyCall, headers: { "content-type": cloudEventsType }, body: Buffer.from(event) };
  return inspectCall(call, anyonesRules, findTokens, () => false).length === 0;
}

const anyonesRules = webhookRules(emptyCall.url);

function sampleCall(): EgressCall {
  const state = shipmentOf({
    estimatedDelivery: null,
    estimateKnowledge: null,
    announced: false,
    carrierClaims: [],
    events: [{ status: "unknown", reason: null, code: null, time: null, country: null, fingerprint: "", source: "", at: null }],
    summaries: [],
    personal: [],
    texts: [],
    mainNumber: null,
    numbers: [],
    references: [],
    parents: [],
  });
  const body = shipmentEvent(nobody, { id: nobody, publicId: "", tenant: nobody, state, createdAt: new Date(0), updatedAt: new Date(0) });
  return { ...emptyCall, headers: { "content-type": cloudEventsType }, body: Buffer.from(body) };
}

const knownZones = new Map<string, boolean>();

function isZone(text: string): boolean {
  if (!/^[A-Z][A-Za-z_]{1,15}\/[\w+/-]{2,40}$/.test(text)) return false;
  let isKnown = knownZones.get(text);
  if (isKnown === undefined) {
    isKnown = isTimeZone(text);
    if (knownZones.size < 1000) knownZones.set(text, isKnown);
  }
  return isKnown;
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
