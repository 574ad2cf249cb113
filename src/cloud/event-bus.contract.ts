import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { bytesMax } from "./event-batches.ts";
import type { BusEvent, EventBus, PublishOutcome } from "./event-bus.ts";

export interface BusUnderTest {
  readonly bus: EventBus;
  /** The bodies that a subscriber of everything got, once there are so many. */
  readonly received: (count: number) => Promise<readonly string[]>;
  close(): Promise<void>;
}

export function someEvent(of: Partial<BusEvent> = {}): BusEvent {
  const [id, tenant, shipment] = [randomUUID(), randomUUID(), randomUUID()];
  const body = JSON.stringify({
    specversion: "1.0",
    id,
    source: `urn:parcelkeep:tenant:${tenant}`,
    subject: shipment,
    data: { status: "delivered" },
  });
  return { id, type: "parcelkeep.shipment.changed", tenant, shipment, status: "delivered", carrier: "ups", time: new Date(), body, ...of };
}

/** A body of so many bytes. */
export function bodyOf(bytes: number): string {
  const [head, tail] = ['{"specversion":"1.0","fill":"', '"}'];
  return head + "x".repeat(bytes - head.length - tail.length) + tail;
}

export function outcomesOf(published: readonly PublishOutcome[]): readonly PublishOutcome["outcome"][] {
  return published.map(({ outcome }) => outcome);
}

/** What every event bus must do. */
export function eventBusContract(name: string, make: () => Promise<BusUnderTest>): void {
  const check = (what: string, body: (under: BusUnderTest) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const under = await make();
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  };

  check("publishes every event as it is, more of them than a call takes", async ({ bus, received }) => {
    const events = Array.from({ length: 23 }, () => someEvent());
    assert.deepEqual(
      outcomesOf(await bus.publish(events)),
      events.map(() => "published"),
    );
    const bodies = events.map(({ body }) => body);
    assert.deepEqual((await received(events.length)).toSorted(), bodies.toSorted());
  });

  check("publishes nothing of nothing", async ({ bus }) => {
    assert.deepEqual(await bus.publish([]), []);
  });

  check("takes large events in several calls", async ({ bus, received }) => {
    const events = Array.from({ length: 4 }, () => someEvent({ body: bodyOf(100 * 1024) }));
    assert.deepEqual(
      outcomesOf(await bus.publish(events)),
      events.map(() => "published"),
    );
    assert.equal((await received(4)).length, 4);
  });

  check("says of an event that is too large that it is, and publishes the others", async ({ bus, received }) => {
    const small = someEvent();
    assert.deepEqual(outcomesOf(await bus.publish([someEvent({ body: bodyOf(bytesMax) }), small])), ["too-large", "published"]);
    assert.deepEqual(await received(1), [small.body]);
  });

  check("keeps texts of any script", async ({ bus, received }) => {
    const event = someEvent({ body: JSON.stringify({ note: "Übergabe ✓ 交付" }) });
    assert.deepEqual(outcomesOf(await bus.publish([event])), ["published"]);
    assert.deepEqual(await received(1), [event.body]);
  });
}
