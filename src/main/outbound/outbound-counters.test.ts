import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Registry } from "prom-client";
import { testDatabase } from "../../../test/support/database.ts";
import { outboundStore } from "../../store/outbound-store.ts";
import { toldCounters } from "../../store/told-counters.ts";
import { CounterTeller, outboundCounter, toldCounterGauges } from "./outbound-counters.ts";

describe("counters of a process that nobody can ask", async () => {
  const database = await testDatabase({ after });
  const store = outboundStore(database.pool("parcelkeep_outbound"));
  const shown = async (): Promise<string> => {
    const registry = new Registry();
    toldCounterGauges(registry).set(await toldCounters(database.pool("parcelkeep_api")));
    return registry.metrics();
  };

  test("stand at the front, and go on counting over restarts and in several processes", async () => {
    for (let start = 0; start < 2; start++) {
      const registry = new Registry();
      const calls = outboundCounter("egressCalls", registry);
      const teller = new CounterTeller(registry, (counts) => store.tellCounters(counts));
      calls.inc({ recipient: "gls", outcome: "answered" }, 3);
      await teller.tell();
      await teller.tell();
      calls.inc({ outcome: "answered", recipient: "gls" });
      calls.inc({ recipient: "gls", outcome: "leak" });
      await teller.tell();
    }
    const text = await shown();
    assert.match(text, /^parcelkeep_egress_calls_total\{outcome="answered",recipient="gls"\} 8$/m);
    assert.match(text, /^parcelkeep_egress_calls_total\{outcome="leak",recipient="gls"\} 2$/m);
  });

  test("what could not be told is told the next time", async () => {
    const registry = new Registry();
    const deliveries = outboundCounter("webhookDeliveries", registry);
    let isAway = true;
    const told: unknown[] = [];
    const teller = new CounterTeller(registry, async (counts) => {
      if (isAway) throw new Error("the database is away");
      told.push(counts);
    });
    deliveries.inc({ outcome: "200" }, 2);
    await assert.rejects(teller.tell());
    isAway = false;
    await teller.tell();
    await teller.tell();
    assert.deepEqual(told, [[{ name: "parcelkeep_webhook_deliveries_total", labels: '{"outcome":"200"}', added: 2 }]]);
  });
});
