import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { distinct, list, parseJson, record, text } from "../json.ts";
import { phraseStatus } from "../phrase-status.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice, SummaryNotice } from "../../domain/notice.ts";
import { carrierTime } from "../../domain/time.ts";
import { descriptions, errorCodes, statuses } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Australia Post: answers of the Shipping and Tracking API, track items (up to ten numbers, each found or with errors of its own; shape in public
 * clients, read 2026-11-26). Australia Post does not push: whoever forwards its answers to us proves itself with a shared secret.
 */
export const codec: Codec = {
  source: "australiapost",
  title: "Australia Post",
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...statuses.keys(), ...descriptions.keys(), ...errorCodes.keys()]),
  decode,
};

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const results = record(parsed.value)["tracking_results"];
  if (!Array.isArray(results)) return unknownShape;
  return decodedWhole(
    results.map(record).flatMap((result) => resultNotices(result)),
    null,
  );
}

/** One notice for each article, with the number that was asked for as its parent or its own. @returns a null when there is no number. */
function resultNotices(result: Part): readonly (Notice | null)[] {
  const asked = text(result["tracking_id"]);
  const articles = articlesOf(result);
  if (articles.length === 0) return [asked === null ? null : { ...bareNotice("australiapost", asked), ...emptyResult(result) }];
  return articles.map(({ article, consignment }) => articleNotice(article, asked, consignment, articles.length === 1 ? result : {}));
}

interface Article {
  readonly article: Part;
  /** Number of the consignment that the article is a piece of. */
  readonly consignment: string | null;
}

/** Articles stand in the result, or in the consignments in it. The block `consignment` repeats events of its articles and is passed over. */
function articlesOf(result: Part): readonly Article[] {
  return distinct(list(result["trackable_items"]))
    .map(record)
    .flatMap((item): Article[] => {
      const nested = distinct(list(item["items"])).map(record);
      if (nested.length === 0) return [{ article: item, consignment: null }];
      return nested.map((article) => ({ article, consignment: text(item["consignment_id"]) }));
    });
}

/** @param result the whole answer about the number, where this is its only article; its status then speaks of the article too. */
function articleNotice(article: Part, asked: string | null, consignment: string | null, result: Part): Notice | null {
  const own = text(article["article_id"]) ?? text(article["consignment_id"]);
  // The only article of a number goes by the number that was asked for.
  const trackingNumber = Object.keys(result).length > 0 ? (asked ?? own) : (own ?? asked);
  if (trackingNumber === null) return null;
  const parent = consignment ?? asked;
  return {
    ...bareNotice("australiapost", trackingNumber),
    alternativeNumbers: otherNumbers(trackingNumber, own),
    parentNumber: parent === trackingNumber ? null : parent,
    events: list(article["events"]).map((event) => eventOf(record(event))),
    summary: summaryOf(article["status"]) ?? summaryOf(result["status"]),
  };
}

function emptyResult(result: Part): Pick<Notice, "summary"> {
  const [error] = list(result["errors"]).map(record);
  if (error === undefined) return { summary: summaryOf(result["status"]) };
  return { summary: { ...(codedStatus(errorCodes, error["code"]) ?? unknownStatus), time: null } };
}

function summaryOf(status: unknown): SummaryNotice | null {
  const coded = codedStatus(statuses, status);
  return coded === null ? null : { ...coded, time: null };
}

/** The one sign of a country is its code in brackets behind the place. */
function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["date"]);
  const words = text(event["description"]);
  const place = text(event["location"]);
  return {
    ...(phraseStatus(descriptions, words) ?? unknownStatus),
    time,
    country: countryCode(/\(([A-Z]{2})\)$/.exec(place ?? "")?.[1]),
    identity: identityOf([time?.text, words, place]),
    text: words,
  };
}
