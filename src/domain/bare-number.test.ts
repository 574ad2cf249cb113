import assert from "node:assert/strict";
import { test } from "node:test";
import { bareNumber } from "./bare-number.ts";

test("takes a ZIP code, of five digits or nine, off a USPS number", () => {
  assert.equal(bareNumber("420123459400111899223033019889"), "9400111899223033019889");
  assert.equal(bareNumber("420 12345 9400 1118 9922 3033 0198 89"), "9400111899223033019889");
  assert.equal(bareNumber("4201234567899400111899223033019889"), "9400111899223033019889");
});

test("leaves a bare number, a wrong check digit and other carriers' long numbers as they are", () => {
  for (const number of [
    "9400111899223033019889",
    "420123459400111899223033019880",
    "420123459900111899223033019889",
    "323212345659900040669030",
    "1Z204W4R0308071865",
    "",
    "9".repeat(64),
  ])
    assert.equal(bareNumber(number), number);
});
