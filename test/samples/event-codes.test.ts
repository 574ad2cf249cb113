import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StatusMeaning } from "../../src/domain/status.ts";
import { serviceStatuses } from "../../src/carriers/dhl-unified/service-statuses.ts";
import { parcelStatus, standardEvents } from "../../src/carriers/dhl-parcel-de/statuses.ts";
import { eventCodes as hermesCodes } from "../../src/carriers/hermes-de/statuses.ts";

const samples = process.env["PARCELKEEP_SAMPLES"];

/** What a carrier's English text leaves no choice about; the first that fits decides. Statuses, or a reason. */
const meanings: readonly (readonly [text: RegExp, fits: (meaning: StatusMeaning) => boolean])[] = [
  [/^not collected - /i, because("sender:not_handed_over")],
  [
    /not (been )?collected|no been picked up|not picked up within|storage period|not claimed|unclaimed/i,
    by("exception", "delivery_attempt_failed"),
  ],
  [
    /delivered (at|to) the sender|delivered back to|returned to the sender$|^returned to sender|arrived at the client/i,
    by("returned", "exception"),
  ],
  [
    /return(ed)? (to|of)|will be returned|on its way back|back to (the )?sender|sent back/i,
    by("exception", "returned", "delivery_attempt_failed"),
  ],
  [/^(shipment |successfully |erfolgreich )?delivered\.?$|successfully delivered|has been delivered\.$/i, by("delivered")],
  [/collected.* by the recipient$|picked up by (the recipient|consignee)/i, by("delivered", "exception")],
  [/neighbou?r.*delivered|delivered at the (preferred )?neigh|delivery to neighbor/i, because("delivered:neighbour")],
  [/out for delivery|has gone out on a delivery route/i, by("out_for_delivery")],
  [
    /ready for collection|available for (collection|pick-?up)|is waiting to be collected|ready in pickup point/i,
    by("available_for_pickup", "delivery_attempt_failed"),
  ],
  [/refused/i, by("delivery_attempt_failed", "exception")],
  [/not (home|present|available)|no one home|was absent|missed each other/i, by("delivery_attempt_failed", "in_transit")],
  [/\blost\b/i, because("carrier:lost")],
  [/destroyed|disposed/i, because("carrier:disposed")],
  [/held (at|by) customs/i, because("customs:held")],
  [/(electronic\w* (shipment )?data|notified to hermes electronically|announced)/i, by("info_received", "unknown")],
];

/** What says nothing of where the parcel is, or no more than that it is on its way: left to the coarser code beside it. */
const quiet =
  /arriv|depart|process|sort|transit|left|accept|received|pick(ed)?[ -]?up|collected|dropped off|hand(ed)?[ -]?over|forward|en ?route|on route|released|screen|manifest|facility|hub|scan|found|loaded|label|encoded|taken out|customs|preferred|neighbou?r|servicepoint|locker|deliver(y|ed)? (your|to agent|planned|postponed|according|date|instruction|address|shortly|route)|available for delivery|expected delivery|almost there|payment|payed|paid|money|cod\b|remit|image|photo|picture|signature|invoice|notif|message|sms|data\b|information|reference|cancel|correct|advise|ordered|booked|beauftragt|alert|inventory|stocktaking|weigh|measured|service|response|resolution|recover|pallet|nothing|courier|unannounced|unjustified|return (label|order)|various|handling|pending|created|deleted|record closed|uplift|dn s|vehicle|contact|pod\b|proof of|third party|location|instruction|final delivery|oversized|issue|unknown|pre_?transit|status|preference|geofence|direct delivery|ready to be delivered|recipient’s decision|temporarily|we('ll)? deliver|^delivered$|closed|advice|piece|exception|pickup|ready for drop|transfer|handheld|no data|failure|^delivery|delivery service/i;

/** Where the text alone would mislead. */
const deliberate: ReadonlyMap<string, string> = new Map([
  ["4620", "not found at the shop by the courier, on its way to the person or back"],
  ["6080", "processed; the way back is told by the codes after it"],
  ["6086", "to the depot that it should have gone to, not to the sender"],
  ["6087", "as 6086"],
  ["6089", "sorted; as 6080"],
  ["ecommerce 802", "is back"],
  ["ecommerce 886", "the sender was not at home"],
  ["parcel-nl COD_AMOUNT_CHANGED", "says nothing of the parcel"],
  ["parcel-nl DELIVERED_AT_PARCELSHOP", "internal: not ready for collection"],
  ["parcel-nl REPACKED_DELIVERY_DAMAGED", "goes on"],
  ["parcel-pl SP_DWP", "waits for the courier"],
  ["svb RETURNED_TO_SENDER", "to the sender"],
  ["freight 48-0", "waits for the courier"],
]);

describe("codes that carriers publish", { skip: samples === undefined ? "PARCELKEEP_SAMPLES is not set" : false }, () => {
  test("Hermes Germany: each four-digit code has a meaning that fits its text", () => {
    check(
      rows("hermes-de.csv").map(([, code = "", , , , note = "", text = ""]) => [code, `${text} ${note}`.trim(), hermesCodes.get(code)]),
    );
  });

  test("DHL Paket: each event and reason has a meaning that fits its text", () => {
    check(
      rows("dhl-parcel-de-ice-ric.csv").map(([event, reason, standard, name = ""]) => [
        `${event}_${reason}_${standard}`,
        name,
        parcelStatus(event, reason, standard) ?? undefined,
      ]),
    );
  });

  test("DHL Unified: each code of each division has a meaning that fits its text", () => {
    check(
      rows("mydhl-status.csv").map(([service = "", code = "", text = ""]) => [
        `${service} ${code}`,
        text,
        (service === "parcel-de" ? standardEvents : serviceStatuses.get(service))?.get(code),
      ]),
    );
  });

  test("no code of a division is made up", () => {
    const published = new Set(rows("mydhl-status.csv").map(([service, code]) => `${service} ${code}`));
    const ours = [...serviceStatuses].flatMap(([service, table]) => [...table.keys()].map((code) => `${String(service)} ${code}`));
    assert.deepEqual(
      ours.filter((code) => !published.has(code)),
      [],
    );
  });
});

function check(found: readonly (readonly [code: string, text: string, meaning: StatusMeaning | undefined])[]): void {
  assert.ok(found.length > 200);
  const wrong: string[] = [];
  for (const [code, text, meaning] of found) {
    if (deliberate.has(code)) continue;
    if (meaning === undefined || meaning.status === "unknown") {
      if (!quiet.test(text)) wrong.push(`${code} has no meaning: ${text}`);
      continue;
    }
    const rule = meanings.find(([pattern]) => pattern.test(text));
    if (rule !== undefined && !rule[1](meaning)) wrong.push(`${code} is ${meaning.status} (${meaning.reason}): ${text}`);
  }
  assert.deepEqual(wrong, []);
}

function by(...statuses: readonly StatusMeaning["status"][]): (meaning: StatusMeaning) => boolean {
  return ({ status }) => statuses.includes(status);
}

function because(reason: NonNullable<StatusMeaning["reason"]>): (meaning: StatusMeaning) => boolean {
  return (meaning) => meaning.reason === reason;
}

/** Rows without the heading; a cell in quotation marks may hold the separator. */
function rows(file: string): readonly (readonly string[])[] {
  const text = readFileSync(join(samples!, "_event-codes", file), "utf8").replace(/^\uFEFF/, "");
  return text
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.match(/("(?:[^"]|"")*"|[^;]*)(?:;|$)/g)!.map((cell) => cell.replace(/;$/, "").replace(/^"|"$/g, "")));
}
