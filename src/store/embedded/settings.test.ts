import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferMegabytes } from "./settings.ts";

test("the server's buffers are a sixteenth of the machine's memory, within bounds", () => {
  const gigabytes = (count: number): number => count * 1024 ** 3;
  assert.deepEqual(
    [0.5, 2, 4, 8, 64].map((memory) => bufferMegabytes(gigabytes(memory))),
    [128, 128, 256, 512, 512],
  );
});
