import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packMessage, unpackMessage } from "./packed-message.ts";
import { someMessage } from "./shipment.arbitrary.ts";

test("gives back the message", () => {
  fc.assert(
    fc.property(someMessage, (message) => {
      const text = packMessage(message);
      assert.deepEqual(unpackMessage(text), JSON.parse(JSON.stringify(message)));
      assert.equal(packMessage(unpackMessage(text)), text);
    }),
  );
});

test("a token or person can be put in the place of another everywhere at once", () => {
  fc.assert(
    fc.property(someMessage, (message) => {
      const named = {
        ...message,
        personal: message.personal.map((each) => ({ ...each, token: "token-former", subject: "person-former" })),
      };
      const text = packMessage(named).replaceAll("token-former", "token-other").replaceAll("person-former", "person-other");
      const expected = message.personal.map((each) => ({ ...each, token: "token-other", subject: "person-other" }));
      assert.deepEqual(unpackMessage(text).personal, expected);
    }),
  );
});

test("refuses what is no packed message", () => {
  for (const text of ["", "{", "null", "{}", '{"v":2}', '{"v":1}', '{"v":1,"events":3}']) assert.throws(() => unpackMessage(text), text);
});
