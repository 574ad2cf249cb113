import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { subkey } from "../../domain/keyed-hash.ts";
import { indexKeys, type IndexKeys } from "../../vault/blind-index.ts";
import { KnownValues } from "./known-values.ts";

const root = randomBytes(32);
const derive = async (label: string): Promise<Buffer> => subkey(root, label);
const first = await indexKeys({ derive }, "t");
const moving = await indexKeys({ derive }, "t", [{ version: 2, rootEpoch: 1, isMoving: true }]);
const moved = await indexKeys({ derive }, "t", [{ version: 2, rootEpoch: 1, isMoving: false }]);
const email = { category: "email", value: "ida@beispiel.example" } as const;
const other = { category: "email", value: "nobody@beispiel.example" } as const;

/** A vault that has the address under one of its keys. */
function vaultWith(holding: IndexKeys, keysInTurn: readonly IndexKeys[]) {
  const held = holding.blind("email", email.value);
  const asked: number[] = [];
  let turn = 0;
  const known = new KnownValues(
    { renewed: async () => keysInTurn[Math.min(turn++, keysInTurn.length - 1)]! },
    {
      knownBlinds: async (_, blinds) => {
        asked.push(blinds.length);
        return blinds.map((blind) => Buffer.from(blind).toString("latin1") === held);
      },
    },
  );
  return { known, asked };
}

test("knows a value in each form that the index compares, and asks for it once", async () => {
  const { known, asked } = vaultWith(first, [first]);
  const forms = ["ida@beispiel.example", "IDA@BEISPIEL.EXAMPLE", " Ida@beispiel.example "].map((value) => ({ ...email, value }));
  const isKnown = await known.of("t", [...forms, other]);
  assert.deepEqual([...forms, other].map(isKnown), [true, true, true, false]);
  assert.deepEqual(asked, [2]);
});

test("knows a value under the former key and under the new one while the index moves", async () => {
  for (const holding of [first, moved]) assert.equal((await vaultWith(holding, [moving]).known.of("t", [email]))(email), true);
});

test("asks anew where the index got a new key in between", async () => {
  const { known, asked } = vaultWith(moved, [first, moving]);
  assert.equal((await known.of("t", [email]))(email), true);
  assert.deepEqual(asked, [1, 2]);
});
