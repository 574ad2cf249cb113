import assert from "node:assert/strict";
import { test } from "node:test";
import { refusedCredentials } from "../aws/sdk-error.ts";
import { askBus } from "./aws-bus-call.ts";
import { askSqs } from "./aws-sqs-call.ts";

const failing = (name: string) => () => Promise.reject(Object.assign(new Error("x"), { name }));

test("credentials that are not taken are for somebody to mend, at the queue and at the bus alike", async () => {
  for (const name of [...refusedCredentials, "AccessDenied", "AccessDeniedException"]) {
    await assert.rejects(askSqs(failing(name)), { name: "QueueError", code: "not-permitted" }, name);
    await assert.rejects(askBus(failing(name)), { name: "EventBusError", code: "not-permitted" }, name);
  }
});

for (const [state, code] of [
  ["AccessDenied", "not-permitted"],
  ["OptInRequired", "not-permitted"],
  ["Disabled", "misconfigured"],
  ["NotFound", "misconfigured"],
  ["InvalidState", "misconfigured"],
  ["Throttling", "unavailable"],
] as const) {
  test(`a key in the state ${state} means the same at the queue and at the bus`, async () => {
    await assert.rejects(askSqs(failing(`Kms${state}`)), { code });
    await assert.rejects(askBus(failing(`KMS${state}`)), { code });
    if (state !== "OptInRequired") await assert.rejects(askBus(failing(`KMS${state}Exception`)), { code });
  });
}
