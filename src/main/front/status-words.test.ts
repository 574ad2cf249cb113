import assert from "node:assert/strict";
import { test } from "node:test";
import { mainStatuses, subStatuses } from "../../carriers/17track/statuses.ts";
import { subtags, tags } from "../../carriers/aftership/statuses.ts";
import { aftershipSubtag, seventeenTrackSubStatus, tagOf } from "../../domain/status-maps.ts";
import { statuses, statusReasons, type StatusMeaning } from "../../domain/status.ts";

const all: readonly StatusMeaning[] = statuses.flatMap((status) => [null, ...statusReasons].map((reason) => ({ status, reason })));

const systems = [
  { name: "AfterShip", word: aftershipSubtag, words: subtags, mains: tags },
  { name: "17TRACK", word: seventeenTrackSubStatus, words: subStatuses, mains: mainStatuses },
] as const;

for (const { name, word, words, mains } of systems) {
  test(`${name}: every status has a word of theirs, whatever its reason`, () => {
    for (const meaning of all) assert.ok(words.has(word(meaning)) && mains.has(tagOf(word(meaning))), word(meaning));
  });

  test(`${name}: there and back is the same status`, () => {
    for (const meaning of all) {
      // Neither system tells a status that is not known from a number that is not, nor a way back from the trouble that led to it.
      const expected =
        meaning.status === "unknown"
          ? "not_found"
          : meaning.status === "in_transit" && meaning.reason?.endsWith("ing")
            ? null
            : meaning.status;
      const back = words.get(word(meaning))!.status;
      if (expected !== null && !(meaning.status === "in_transit" && back === "exception")) assert.equal(back, expected, word(meaning));
    }
  });

  test(`${name}: each of their words is ours, and back is a word of the same meaning`, () => {
    for (const [theirs, meaning] of words) {
      const back = words.get(word(meaning))!;
      if (meaning.status !== "unknown") assert.equal(back.status, meaning.status, theirs);
      if (back.reason !== null) assert.equal(back.reason, meaning.reason, theirs);
    }
  });
}

test("a word with a reason of its own is used for it", () => {
  assert.equal(aftershipSubtag({ status: "delivered", reason: "delivered:neighbour" }), "Delivered_005");
  assert.equal(aftershipSubtag({ status: "delivered", reason: "delivered:locker" }), "Delivered_001");
  assert.equal(seventeenTrackSubStatus({ status: "returned", reason: null }), "Exception_Returned");
  assert.equal(tagOf("InfoReceived"), "InfoReceived");
});
