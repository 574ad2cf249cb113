import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Category } from "../domain/category.ts";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { contextBytes, type KeyContext, KeyError, type OpeningKeys } from "./keys/provider.ts";
import { openSubject, type StoredGroup } from "./open-subject.ts";
import { sealGroup } from "./seal-group.ts";
import { formatToken, tokenOf } from "./token.ts";

const tenant = randomUUID();
const grant = { tenant, subject: randomUUID(), purpose: "access-export" } as const;

/** Keys in memory that keep the port's contract and count what a provider would record. */
function keysInMemory() {
  const held = new Map<string, { key: Buffer; context: string }>();
  let unwraps = 0;
  const given: Buffer[] = [];
  const opening: OpeningKeys = {
    provider: "local",
    describe: () => Promise.reject(new Error("not used")),
    unwrap: async (wrapped, context) => {
      unwraps++;
      const found = held.get(Buffer.from(wrapped).toString("hex"));
      if (found === undefined || found.context !== contextBytes(context).toString("hex"))
        throw new KeyError("refused-wrap", "another context");
      given.push(Buffer.from(found.key));
      return given.at(-1)!;
    },
  };
  const wrap = (key: Buffer, context: KeyContext): Buffer => {
    const wrapped = randomBytes(16);
    held.set(wrapped.toString("hex"), { key: Buffer.from(key), context: contextBytes(context).toString("hex") });
    return wrapped;
  };
  return { opening, wrap, given, unwraps: () => unwraps };
}

function session(wrap: ReturnType<typeof keysInMemory>["wrap"], id: number) {
  const secret = { "personal-values": randomBytes(32), "tracking-numbers": randomBytes(32) };
  const keys = {
    "raw-records": new KeyedHash(randomBytes(32)),
    "personal-values": new KeyedHash(secret["personal-values"]),
    "tracking-numbers": new KeyedHash(secret["tracking-numbers"]),
  };
  const store = (purpose: "personal-values" | "tracking-numbers", values: readonly [Category, string][]): StoredGroup => {
    const group = {
      id: randomBytes(19),
      purpose,
      subject: grant.subject,
      fields: values.map(([category, value], position) => ({ position, category, value })),
    };
    const wrapped = wrap(secret[purpose], { tenant, purpose, epoch: 3 });
    return { ...sealGroup({ id, keys }, tenant, group), id: group.id, record: randomUUID(), sessionId: id, epoch: 3, wrapped };
  };
  return store;
}

test("gives each value with its token, category and record", async () => {
  const { opening, wrap } = keysInMemory();
  const group = session(wrap, 5)("personal-values", [
    ["name", "Ida Musterweg"],
    ["email", "ida@beispiel.test"],
  ]);
  assert.deepEqual(await openSubject(grant, [group], opening, "eu1"), {
    purpose: "access-export",
    values: [
      { token: formatToken("eu1", "name", tokenOf(group.id, 0)), category: "name", record: group.record, value: "Ida Musterweg" },
      { token: formatToken("eu1", "email", tokenOf(group.id, 1)), category: "email", record: group.record, value: "ida@beispiel.test" },
    ],
    refused: {},
  });
});

test("unwraps each session's key once for each purpose", async () => {
  const { opening, wrap, unwraps } = keysInMemory();
  const [one, other] = [session(wrap, 1), session(wrap, 2)];
  const groups = [
    one("personal-values", [["name", "A"]]),
    one("personal-values", [["name", "B"]]),
    one("tracking-numbers", [["trackingNumber", "N1"]]),
    other("personal-values", [["name", "C"]]),
  ];
  // Wraps of one session and purpose are one row in the database.
  groups[1] = { ...groups[1]!, wrapped: groups[0]!.wrapped };
  const opened = await openSubject(grant, groups, opening, "eu1");
  assert.equal(unwraps(), 3);
  assert.deepEqual(opened.purpose === "access-export" && opened.values.map(({ value }) => value).sort(), ["A", "B", "C", "N1"]);
});

test("a probe answers with a count and no value", async () => {
  const { opening, wrap } = keysInMemory();
  const group = session(wrap, 5)("personal-values", [
    ["name", "Ida"],
    ["city", "Leiden"],
  ]);
  assert.deepEqual(await openSubject({ ...grant, purpose: "erasure-probe" }, [group], opening, "eu1"), {
    purpose: "erasure-probe",
    opened: 2,
    refused: {},
  });
});

test("counts what does not open by its reason, and opens the rest", async () => {
  const { opening, wrap } = keysInMemory();
  const store = session(wrap, 1);
  const good = store("personal-values", [["name", "A"]]);
  const foreign = { ...session(wrap, 2)("personal-values", [["name", "B"]]), epoch: 4 };
  const unsalted = { ...store("personal-values", [["name", "C"]]), wrapped: good.wrapped, salt: randomBytes(16) };
  const shapeless = { ...store("personal-values", [["name", "D"]]), wrapped: good.wrapped, sealed: Buffer.from("no seal") };
  const opened = await openSubject(grant, [good, foreign, unsalted, shapeless], opening, "eu1");
  assert.deepEqual(opened.refused, { "refused-wrap": 1, refused: 1, "not-a-seal": 1 });
  assert.deepEqual(opened.purpose === "access-export" && opened.values.map(({ value }) => value), ["A"]);
});

test("answers nothing where the keys are not reached", async () => {
  const { wrap } = keysInMemory();
  const away: OpeningKeys = {
    provider: "local",
    describe: () => Promise.reject(new Error("not used")),
    unwrap: () => Promise.reject(new KeyError("unavailable", "nobody answers")),
  };
  await assert.rejects(
    openSubject(grant, [session(wrap, 1)("personal-values", [["name", "A"]])], away, "eu1"),
    (error: KeyError) => error.code === "unavailable",
  );
});

test("zeroes each key that it was given", async () => {
  const { opening, wrap, given } = keysInMemory();
  await openSubject(grant, [session(wrap, 1)("personal-values", [["name", "A"]])], opening, "eu1");
  assert.equal(given.length, 1);
  assert.ok(given[0]!.every((byte) => byte === 0));
});

for (const code of ["retired-epoch", "unknown-epoch"] as const) {
  test(`counts what was sealed under a key of ${code === "retired-epoch" ? "a retired" : "an unknown"} epoch`, async () => {
    const { wrap } = keysInMemory();
    const opening: OpeningKeys = {
      provider: "local",
      describe: () => Promise.reject(new Error("not used")),
      unwrap: () => Promise.reject(new KeyError(code, "no such root")),
    };
    const opened = await openSubject(grant, [session(wrap, 1)("personal-values", [["name", "A"]])], opening, "eu1");
    assert.deepEqual(opened.refused, { [code]: 1 });
  });
}
