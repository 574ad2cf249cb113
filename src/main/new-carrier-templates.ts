/*
 * What a new source begins as. The invented format has the parts that most carriers' answers have, and the fixture the traps that they set; the tests say what
 * must be true of each, so that they fail where the real format is read carelessly.
 */

export function codecTemplate(source: string, title: string): string {
  return `import { bareNotice, identityOf, otherNumbers } from "../bare-notice.ts";
import type { Codec, Decoded } from "../codec.ts";
import { codedStatus, unknownStatus } from "../coded-status.ts";
import { decodedWhole, unknownShape } from "../decoded.ts";
import { list, parseJson, record, text } from "../json.ts";
import { personalFields } from "../personal-fields.ts";
import { countryCode } from "../../domain/country.ts";
import type { EventNotice, Notice } from "../../domain/notice.ts";
import { personalField } from "../../domain/personal.ts";
import { carrierTime } from "../../domain/time.ts";
import { eventCodes, problemCodes } from "./statuses.ts";

type Part = Readonly<Record<string, unknown>>;

/** ${title}: which answer or push this reads, where it is described, and the day that was read. */
export const codec: Codec = {
  source: "${source}",
  title: "${title}",
  // What the sender documents (\`AuthenticationScheme\` in codec.ts); a carrier that is asked and never sends has a secret of ours.
  authentication: { kind: "shared-secret", headers: ["x-api-key"] },
  contentTypes: ["json"],
  codes: new Set([...eventCodes.keys(), ...problemCodes.keys()]),
  decode,
};

/** The zone of times without one, by the carrier's habit. Leave it out where nothing is known. */
const habit = { habitZone: "Europe/Brussels" };

function decode(body: Uint8Array): Decoded {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const { parcels } = record(parsed.value);
  if (!Array.isArray(parcels)) return unknownShape;
  return decodedWhole(
    parcels.map((parcel) => parcelNotice(record(parcel))),
    null,
  );
}

/** Names what is taken; all else stays in the sealed record. @returns null when there is no number. */
function parcelNotice(parcel: Part): Notice | null {
  const trackingNumber = text(parcel["number"]);
  if (trackingNumber === null) return null;
  const problem = codedStatus(problemCodes, parcel["problem"]);
  const recipient = record(parcel["recipient"]);
  return {
    ...bareNotice("${source}", trackingNumber),
    orderReferences: otherNumbers(null, text(parcel["reference"])),
    events: list(parcel["events"]).map((event) => eventOf(record(event))),
    summary: problem === null ? null : { ...problem, time: null },
    estimatedDelivery: carrierTime(parcel["expected"], habit),
    fields: personalFields(
      personalField("name", "recipient", recipient["name"]),
      personalField("street", "recipient", recipient["street"]),
      personalField("postalCode", "recipient", recipient["postcode"]),
      personalField("city", "recipient", recipient["city"]),
    ),
  };
}

function eventOf(event: Part): EventNotice {
  const time = carrierTime(event["time"], habit);
  const code = text(event["code"]);
  const description = text(event["text"]);
  return {
    // An unknown code is not repeated: the field could hold anything.
    ...(codedStatus(eventCodes, code) ?? unknownStatus),
    time,
    // The country is the one part of a place that is kept in clear.
    country: countryCode(event["country"]),
    // Words change with the language, so they count only where there is no code.
    identity: identityOf([time?.local, code ?? description, event["place"]]),
    // Free text is one personal field: carriers put names into it.
    text: description,
  };
}
`;
}

export function statusesTemplate(title: string): string {
  return `import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/** Event codes of ${title}: say the page and the day it was read. What stands in no row is \`unknown\`. */
export const eventCodes = statusTable([
  ["info_received", null, "ANNOUNCED"],
  ["in_transit", null, "HUB"],
  ["out_for_delivery", null, "ON_VAN"],
  ["delivery_attempt_failed", "recipient:absent", "NOT_HOME"],
  // In a shop it waits for the person; that is not delivered.
  ["available_for_pickup", null, "AT_SHOP"],
  ["exception", "transit:returning", "GOING_BACK"],
  ["returned", null, "BACK"],
  ["delivered", null, "DONE"],
]);

/** What an answer says of a number that it does not know. */
export const problemCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["UNKNOWN_NUMBER", { status: "not_found", reason: null }],
]);
`;
}

/** Persons in it are invented. */
export function fixtureTemplate(): string {
  return `${JSON.stringify(
    {
      parcels: [
        {
          number: "XX100000001",
          reference: "ORDER-1001",
          expected: "2026-11-12T18:00:00",
          recipient: { name: "Hedwig Erdacht", street: "Ausgedachte Gasse 7", postcode: "9999", city: "Nirgendwo" },
          lockerCode: "4711",
          events: [
            {
              code: "AT_SHOP",
              time: "2026-11-12T16:20:00",
              country: "BE",
              place: "Shop Nirgendwo",
              text: "Liegt bereit fuer Hedwig Erdacht",
            },
            {
              code: "NOT_HOME",
              time: "2026-11-12T11:05:00+01:00",
              country: "BE",
              place: "Nirgendwo",
              text: "Hedwig Erdacht was not at home",
            },
            { code: "NOT_HOME", time: "2026-11-12T11:05:00+01:00", country: "BE", place: "Nirgendwo", text: "Hedwig Erdacht war nicht da" },
            { code: "Hedwig", time: "2026-11-12T10:00:00", country: "BE", place: "Nirgendwo", text: "a code that is in no table" },
            { code: "ANNOUNCED", time: "2026-11-10T08:00:00+01:00", country: "NL", place: "Depot", text: "announced" },
          ],
        },
        { number: "XX100000002", problem: "UNKNOWN_NUMBER", events: [] },
      ],
    },
    null,
    2,
  )}\n`;
}

export function testTemplate(source: string): string {
  return `import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { codecProperties } from "../../../test/support/codec-properties.ts";
import { codec } from "./codec.ts";

const answer = readFileSync(new URL("fixtures/answer.json", import.meta.url));

// Never throws, and emits nothing outside its allow-list, whatever it is fed.
codecProperties(codec, [answer]);

function noticesOf(body: Uint8Array) {
  const decoded = codec.decode(body);
  assert.ok(decoded.ok);
  return decoded.notices;
}

describe("${source}", () => {
  test("reads number, reference, statuses and countries", () => {
    const [notice] = noticesOf(answer);
    assert.deepEqual([notice?.carrier, notice?.trackingNumber, notice?.orderReferences], ["${source}", "XX100000001", ["ORDER-1001"]]);
    assert.deepEqual(
      notice?.events.map(({ status, reason, country }) => [status, reason, country]),
      [
        ["available_for_pickup", null, "BE"],
        ["delivery_attempt_failed", "recipient:absent", "BE"],
        ["delivery_attempt_failed", "recipient:absent", "BE"],
        ["unknown", null, "BE"],
        ["info_received", null, "NL"],
      ],
    );
  });

  test("repeats no code that is in no table, since it could be anything", () => {
    assert.equal(noticesOf(answer)[0]?.events[3]?.code, null);
  });

  test("takes an offset as stated, and a time without one as the carrier's habit, never as UTC", () => {
    const [shop, attempt] = noticesOf(answer)[0]!.events;
    assert.deepEqual([attempt?.time?.confidence, attempt?.time?.instant], ["stated", Date.parse("2026-11-12T10:05:00Z")]);
    assert.deepEqual([shop?.time?.zone, shop?.time?.confidence, shop?.time?.instant], ["Europe/Brussels", "habit", null]);
  });

  test("gives one scan in two languages one identity", () => {
    const [, english, german] = noticesOf(answer)[0]!.events;
    assert.equal(english?.identity, german?.identity);
  });

  test("takes the personal fields that it names, and leaves the others to the sealed record", () => {
    const [notice] = noticesOf(answer);
    assert.deepEqual(
      notice?.fields.map(({ category }) => category),
      ["name", "street", "postalCode", "city"],
    );
    assert.ok(!JSON.stringify(notice).includes("4711"));
  });

  test("reads one number that is not known among others", () => {
    assert.deepEqual(noticesOf(answer)[1]?.summary, { status: "not_found", reason: null, code: "UNKNOWN_NUMBER", time: null });
  });

  test("refuses what is not this answer, whole", () => {
    for (const body of ["", "{", "{}", '{"parcels":[{}]}', '{"parcels":{"number":"XX1"}}']) assert.equal(codec.decode(Buffer.from(body)).ok, false);
  });
});
`;
}

/** To be filled in by somebody who knows the contract; what is not known is said so under \`sources\`. */
export function entryTemplate(source: string, title: string): string {
  return `${JSON.stringify(
    {
      $schema: "./carrier.schema.json",
      source,
      legalName: title,
      country: "ZZ",
      owner: "not known yet",
      ultimateOwner: { name: "not known yet", country: "ZZ" },
      role: "carrier",
      contract: null,
      transferTool: "derogation-only",
      lawfulBasis: "contract",
      hosts: [],
      fieldsAllowed: ["trackingNumber"],
      path: "public",
      breachContact: null,
      push: false,
      limits: null,
      sources: [
        {
          what: "nothing yet: name, country, owner and hosts are to be looked up",
          where: "none",
          read: new Date().toISOString().slice(0, 10),
        },
      ],
    },
    null,
    2,
  )}\n`;
}
