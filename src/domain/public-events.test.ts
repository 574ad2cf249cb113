import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageEvent } from "./message.ts";
import { publicEvents } from "./public-events.ts";
import type { StoredEvent } from "./statement.ts";
import { carrierTime, orderingInstant } from "./time.ts";

function stored(part: Partial<MessageEvent>): StoredEvent {
  const event: MessageEvent = { status: "in_transit", reason: null, code: null, time: null, country: null, fingerprint: "f", ...part };
  return { ...event, source: "ups", at: event.time && orderingInstant(event.time) };
}

test("gives a time with a stated zone as an instant, and beside it the wall clock and the carrier's own text", () => {
  const time = carrierTime("2026-03-01T10:00:00+01:00");
  assert.deepEqual(
    publicEvents({ events: [stored({ status: "delivered", reason: "delivered:signed", code: "011", country: "DE", time })] }),
    [
      {
        status: "delivered",
        reason: "delivered:signed",
        occurredAt: "2026-03-01T09:00:00Z",
        localTime: "2026-03-01T10:00:00",
        zone: "+01:00",
        zoneConfidence: "stated",
        code: "011",
        country: "DE",
        timeText: "2026-03-01T10:00:00+01:00",
      },
    ],
  );
});

test("gives no instant where the zone is assumed", () => {
  const [event] = publicEvents({ events: [stored({ time: carrierTime("2026-03-01 10:00", { habitZone: "Europe/Berlin" }) })] });
  assert.equal(event?.occurredAt, null);
  assert.deepEqual([event?.localTime, event?.zone, event?.zoneConfidence], ["2026-03-01T10:00:00", "Europe/Berlin", "habit"]);
});

test("gives no zone and no time where the carrier gave none", () => {
  const [event] = publicEvents({ events: [stored({})] });
  assert.deepEqual(
    [event?.occurredAt, event?.localTime, event?.zone, event?.zoneConfidence, event?.timeText],
    [null, null, null, "none", null],
  );
});

test("lists events oldest first: those without a time by rank, then the others by instant, rank and fingerprint", () => {
  const at = (clock: string) => carrierTime(`2026-03-01T${clock}:00Z`);
  const events = [
    stored({ code: "6", status: "out_for_delivery", time: at("11:00") }),
    stored({ code: "2", status: "out_for_delivery" }),
    stored({ code: "5", fingerprint: "b", time: at("11:00") }),
    stored({ code: "3", time: at("10:00") }),
    stored({ code: "4", fingerprint: "a", time: at("11:00") }),
    stored({ code: "1", status: "info_received" }),
  ];
  assert.equal(
    publicEvents({ events })
      .map(({ code }) => code)
      .join(""),
    "123456",
  );
  assert.equal(events[0]?.code, "6", "the state is left as it was");
});
