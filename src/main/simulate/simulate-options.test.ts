import assert from "node:assert/strict";
import { test } from "node:test";
import { simulatedCarriers } from "../../simulator/carriers.ts";
import { usualBehaviour } from "../../simulator/faults.ts";
import { behavioursOf, carriersOf, receiversOf, SimulateError, type SimulateArguments } from "./simulate-options.ts";

test("all carriers run as usual where nothing is said", () => {
  assert.deepEqual(carriersOf({}), simulatedCarriers);
  assert.ok([...behavioursOf({}, simulatedCarriers).values()].every((behaviour) => behaviour === usualBehaviour));
});

test("faults and latencies add up, for one carrier or all of them", () => {
  const carriers = carriersOf({ carriers: ["gls", "ups"] });
  const behaviours = behavioursOf({ fault: ["all=unavailable:0.1", "gls=hang"], latency: ["ups=5..20"] }, carriers);
  assert.deepEqual(behaviours.get("gls"), { latency: usualBehaviour.latency, faults: { unavailable: 0.1, hang: 1 } });
  assert.deepEqual(behaviours.get("ups"), { latency: { medianMs: 5, p99Ms: 20 }, faults: { unavailable: 0.1 } });
});

test("a push goes where it is told, with the secret of its source", () => {
  const [receiver] = receiversOf({ push: ["fedex=http://127.0.0.1:1/v1/hooks/a"], pushSecret: ["fedex=s=s"] });
  assert.deepEqual([receiver?.sender.source, receiver?.url, receiver?.secret], ["fedex", "http://127.0.0.1:1/v1/hooks/a", "s=s"]);
});

const mistakes: readonly (readonly [string, SimulateArguments])[] = [
  ["a carrier that is not simulated", { carriers: ["pony-express"] }],
  ["a fault of such a carrier", { fault: ["pony-express=hang"] }],
  ["a fault that does not exist", { fault: ["gls=boredom"] }],
  ["a share beyond one", { fault: ["gls=hang:2"] }],
  ["a share that is none", { fault: ["gls=hang:often"] }],
  ["a latency without its end", { latency: ["gls=5"] }],
  ["a latency that ends before its middle", { latency: ["gls=50..5"] }],
  ["no value", { latency: ["gls"] }],
  ["a push without a secret", { push: ["fedex=http://127.0.0.1:1/"] }],
  ["a push of a carrier that does not", { push: ["gls=http://127.0.0.1:1/"], pushSecret: ["gls=s"] }],
  ["a push by OAuth without a client", { push: ["ups=http://127.0.0.1:1/"], pushSecret: ["ups=s"] }],
  ["a push to no address", { push: ["fedex=nowhere"], pushSecret: ["fedex=s"] }],
];
for (const [what, given] of mistakes) {
  test(`refuses ${what}`, () => {
    assert.throws(() => {
      behavioursOf(given, carriersOf(given));
      receiversOf(given);
    }, SimulateError);
  });
}
