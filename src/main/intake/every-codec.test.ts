import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { type Decoded, eventsMax, noticesMax } from "../../carriers/codec.ts";
import type { XmlElement } from "../../carriers/xml.ts";
import type { Message } from "../../domain/message.ts";
import type { Notice } from "../../domain/notice.ts";
import { foldMessages } from "../../domain/shipment.ts";
import { assertAllowListed } from "../../../test/support/codec-properties.ts";
import { leavesReplaced, mapJson, mapXml } from "../../../test/support/replaced-leaves.ts";
import { codecs } from "./sources.ts";

/**
 * The rules of `docs/normalisation.md` that hold for whatever a carrier sends, held against every codec: each fixture is changed in a way that must not
 * change the shipments, or in every one of its values in turn.
 */

/** What a person is known by, as it may stand in a field where nobody expects it: a status code, a country, a time. */
const canaries = ["Ida Musterweg", "01761234567", "+49 176 1234567", "1985-03-04", "04.03.1985", "ida.musterweg@example.org"];

/** What systems write for nothing. */
const placeholders = ["N/A", "-", "null", "string", "{}", "0001-01-01T00:00:00"];

/** The list order of ship24's couriers says which of them the merchant named. */
const ordered: ReadonlySet<string> = new Set(["ship24"]);

for (const [source, codec] of codecs) {
  const folder = new URL(`../../carriers/${source}/fixtures/`, import.meta.url);
  const fixtures = existsSync(folder) ? readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder))] as const) : [];

  describe(source, () => {
    for (const [name, body] of fixtures) {
      const before = codec.decode(body);
      if (!before.ok) continue;
      const json = jsonOf(body);

      test(`${name}: no value in clear, wherever a person's is put`, () => {
        for (const canary of canaries)
          for (const changed of leavesReplaced(body, canary))
            for (const notice of noticesOf(codec.decode(changed))) {
              assertAllowListed(codec, notice);
              assert.ok(!clearOf(notice).includes(canary), `${canary} in clear`);
            }
      });

      test(`${name}: what stands for nothing is no number, no reference, no person and no time`, () => {
        for (const placeholder of placeholders)
          for (const changed of leavesReplaced(body, placeholder))
            for (const notice of noticesOf(codec.decode(changed))) assert.ok(!kept(notice).includes(placeholder), placeholder);
      });

      const shipments = shipmentsOf(source, before);
      if (json === undefined) {
        test(`${name}: what is listed twice is said once, and the order of lists changes nothing`, () => {
          for (const change of [listedTwice, (children: readonly XmlElement[]) => children.toReversed()])
            assert.deepEqual(shipmentsOf(source, codec.decode(mapXml(body, change)!)), shipments);
        });
        continue;
      }
      const same = (change: (value: unknown) => unknown): void =>
        assert.deepEqual(shipmentsOf(source, codec.decode(Buffer.from(JSON.stringify(mapJson(json, change))))), shipments);

      test(`${name}: everything said twice is said once`, () => same((value) => (Array.isArray(value) ? [...value, ...value] : value)));

      if (!ordered.has(source))
        test(`${name}: the order of its lists changes nothing`, () => same((value) => (Array.isArray(value) ? value.toReversed() : value)));

      test(`${name}: a number may come as its digits, and digits as a number`, () => {
        same((value) => (typeof value === "number" ? String(value) : value));
        same((value) => (typeof value === "string" && /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value));
      });

      test(`${name}: what stands wrongly in one of its lists refuses the whole answer, or takes no other item along`, () => {
        for (const place of listsOf(json))
          for (const wrong of [null, 0, "", "x", [], {}, true, { zz: [{}] }]) {
            const decoded = codec.decode(Buffer.from(JSON.stringify(withItem(json, place, wrong))));
            if (decoded.ok)
              for (const number of numbersOf(before))
                assert.ok(numbersOf(decoded).includes(number), `${place.join(".")}: ${JSON.stringify(wrong)}`);
            else assert.equal(decoded.reason, "unknown-shape");
          }
      });

      const numbers = numbersOf(before).filter((number) => number !== null);
      if (numbers.length > 1)
        test(`${name}: one bad number among many takes none of the others along`, () => {
          for (const bad of numbers)
            for (const nothing of ["unknown", "0", "2026-11-26"]) {
              const decoded = codec.decode(
                Buffer.from(JSON.stringify(mapJson(json, (value) => (String(value) === bad ? nothing : value)))),
              );
              assert.ok(decoded.ok);
              const left = numbersOf(decoded);
              assert.ok(!left.includes(bad) && !left.includes(nothing), nothing);
              for (const other of numbers)
                if (other !== bad && !other.includes(bad)) assert.ok(left.includes(other), `${bad} took ${other} along`);
            }
        });

      test(`${name}: a list without end is over a bound, or cut, and never more than the bounds`, () => {
        for (const place of listsOf(json)) {
          const huge = codec.decode(Buffer.from(JSON.stringify(atPlace(json, place, (items) => repeated(items, 5_000)))));
          if (!huge.ok) assert.equal(huge.reason, "too-many", place.join("."));
          else
            assert.ok(huge.notices.length <= noticesMax && huge.notices.every(({ events }) => events.length <= eventsMax), place.join("."));
        }
      });

      test(`${name}: what the source does not document changes nothing`, () =>
        same((value) =>
          typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value, zz: "Ida", zzList: [{ name: "Ida" }] } : value,
        ));
    }
  });
}

/** Places of the lists of objects in an answer. */
function listsOf(value: unknown, place: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Array.isArray(value) && value.some((item) => typeof item === "object" && item !== null) ? [place] : [];
  const children = Array.isArray(value) ? value.slice(0, 1).map((item) => [0, item] as const) : Object.entries(value);
  return [...own, ...children.flatMap(([key, child]) => listsOf(child, [...place, key]))];
}

function atPlace(value: unknown, [key, ...rest]: readonly (string | number)[], change: (items: readonly unknown[]) => unknown): unknown {
  if (key === undefined) return change(value as readonly unknown[]);
  if (Array.isArray(value)) return value.map((item, at) => (at === key ? atPlace(item, rest, change) : item));
  const held = value as Readonly<Record<string, unknown>>;
  return { ...held, [key]: atPlace(held[key], rest, change) };
}

function withItem(value: unknown, place: readonly (string | number)[], item: unknown): unknown {
  return atPlace(value, place, (items) => [...items.slice(0, 1), item, ...items.slice(1)]);
}

function repeated(items: readonly unknown[], count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, at) => items[at % items.length]);
}

function numbersOf(decoded: Decoded): readonly (string | null)[] {
  return [...new Set(noticesOf(decoded).map(({ trackingNumber }) => trackingNumber))].toSorted((one, other) =>
    String(one) < String(other) ? -1 : 1,
  );
}

/** XML has no lists: an element that has a sibling of its name is an item of one. DHL Paket names its elements by an attribute. */
function listedTwice(children: readonly XmlElement[]): readonly XmlElement[] {
  const nameOf = (element: XmlElement): string => `${element.name} ${element.attributes.get("name") ?? ""}`;
  const isItem = (element: XmlElement): boolean => children.filter((other) => nameOf(other) === nameOf(element)).length > 1;
  return children.flatMap((element) => (isItem(element) ? [element, element] : [element]));
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function noticesOf(decoded: Decoded): readonly Notice[] {
  return decoded.ok ? decoded.notices : [];
}

function clearOf({ kind, carrier, events, summary, estimatedDelivery }: Notice): string {
  const statements = events.map(({ status, reason, code, time, country }) => [status, reason, code, time, country]);
  return JSON.stringify([kind, carrier, statements, summary, estimatedDelivery]);
}

function kept(notice: Notice): readonly (string | null | undefined)[] {
  return [
    notice.trackingNumber,
    notice.parentNumber,
    ...notice.alternativeNumbers,
    ...notice.orderReferences,
    ...notice.fields.map(({ value }) => value),
    ...[...notice.events, notice.summary].map((stated) => stated?.time?.text),
    notice.estimatedDelivery?.text,
  ];
}

/** The shipments of an answer, by number: what they are, in an order that says nothing. */
function shipmentsOf(source: string, decoded: Decoded): unknown {
  assert.ok(decoded.ok);
  const byNumber = new Map<string, Message[]>();
  for (const notice of decoded.notices) {
    const key = JSON.stringify([notice.kind, notice.trackingNumber, notice.discriminator]);
    byNumber.set(key, [...(byNumber.get(key) ?? []), messageOf(source, notice)]);
  }
  return [...byNumber].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([key, messages]) => [key, essence(messages)]);
}

function essence(messages: readonly Message[]): unknown {
  const { carrier, status, reason, statusCode, statusAt, estimatedDelivery, events, numbers, references, parents } = foldMessages(
    null,
    messages,
  );
  const said = events.map(({ time, at: _at, ...event }) => ({ ...event, local: time?.local, instant: time?.instant }));
  const sorted = (items: readonly unknown[]): readonly string[] => items.map((item) => JSON.stringify(item)).toSorted();
  return {
    ...{ carrier, status, reason, statusCode, at: [statusAt?.local, statusAt?.instant], estimate: estimatedDelivery?.local },
    ...{ events: sorted(said), numbers: sorted(numbers), references: sorted(references), parents: sorted(parents) },
  };
}

/** As the vault makes it, with values for tokens. */
function messageOf(source: string, notice: Notice): Message {
  return {
    version: 1,
    kind: notice.kind,
    source,
    carrier: notice.carrier,
    number: notice.trackingNumber,
    discriminator: notice.discriminator,
    alternatives: notice.alternativeNumbers,
    parent: notice.parentNumber,
    references: notice.orderReferences,
    events: notice.events.map(({ identity, text: _text, ...event }) => ({ ...event, fingerprint: identity })),
    summary: notice.summary,
    estimatedDelivery: notice.estimatedDelivery,
    personal: [],
    textToken: null,
  };
}
