import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { openGroup, sealGroup } from "./seal-group.ts";
import { deriveKey, openRawRecord, sealRawRecord, SealError } from "./sealing.ts";

const tenant = "4f1dcc16-9b5b-43aa-892e-d28f71ac7047";
const newKeys = () => ({
  "raw-records": new KeyedHash(randomBytes(32)),
  "personal-values": new KeyedHash(randomBytes(32)),
  "tracking-numbers": new KeyedHash(randomBytes(32)),
});
const session = { id: 7, keys: newKeys() };
const rawKey = session.keys["raw-records"];
const values = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { minLength: 1, maxLength: 8 });
const group = (texts: readonly string[]) => ({
  id: randomBytes(19),
  purpose: "personal-values" as const,
  subject: "s",
  fields: texts.map((value, position) => ({ position, category: "name" as const, value: value.toWellFormed() })),
});
const refused = (error: unknown): boolean => error instanceof SealError && (error.code === "refused" || error.code === "not-a-seal");

test("the keyed hash is HMAC-SHA-256", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.uint8Array({ maxLength: 3000 }),
      fc.string({ unit: "grapheme", maxLength: 800 }),
      (key, bytes, text) => {
        const hash = new KeyedHash(key);
        assert.equal(hash.ofBytes(bytes), createHmac("sha256", key).update(bytes).digest("binary"));
        assert.equal(hash.ofText(text), createHmac("sha256", key).update(text).digest("binary"));
      },
    ),
  );
});

test("a group opens to what was sealed", () => {
  fc.assert(
    fc.property(values, (texts) => {
      const made = group(texts);
      const opened = openGroup(session.keys["personal-values"], session.id, tenant, made.id, sealGroup(session, tenant, made));
      assert.deepEqual(opened, made.fields);
    }),
  );
});

test("a group does not open for another tenant, id, session or salt", () => {
  const made = group(["Ida Musterweg"]);
  const sealed = sealGroup(session, tenant, made);
  const other = { id: 7, keys: newKeys() };
  assert.throws(() => openGroup(session.keys["personal-values"], session.id, tenant.replace("4", "5"), made.id, sealed), refused);
  assert.throws(() => openGroup(session.keys["personal-values"], session.id, tenant, randomBytes(19), sealed), refused);
  assert.throws(() => openGroup(other.keys["personal-values"], other.id, tenant, made.id, sealed), refused);
  assert.throws(() => openGroup(session.keys["personal-values"], 8, tenant, made.id, sealed), refused);
  assert.throws(
    () => openGroup(session.keys["personal-values"], session.id, tenant, made.id, { ...sealed, salt: randomBytes(16) }),
    refused,
  );
  assert.throws(
    () => openGroup(session.keys["personal-values"], session.id, tenant, made.id, { ...sealed, commitment: randomBytes(16) }),
    refused,
  );
  assert.throws(() => openGroup(session.keys["tracking-numbers"], session.id, tenant, made.id, sealed), refused);
});

test("no changed byte of a sealed value opens", () => {
  const made = group(["Lindenallee 4"]);
  const sealed = sealGroup(session, tenant, made);
  for (let at = 0; at < sealed.sealed.length; at++) {
    const changed = Buffer.from(sealed.sealed);
    changed[at]! ^= 1;
    assert.throws(() => openGroup(session.keys["personal-values"], session.id, tenant, made.id, { ...sealed, sealed: changed }), refused);
  }
});

test("a raw record opens with its salt, and without it never again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), (body) => {
      const [salt, id] = [randomBytes(16), randomBytes(16)];
      const sealed = sealRawRecord(rawKey, salt, tenant, id, body);
      assert.deepEqual(Uint8Array.from(openRawRecord(rawKey, salt, tenant, id, sealed)), body);
      assert.throws(
        () => openRawRecord(rawKey, null, tenant, id, sealed),
        (error: SealError) => error.code === "key-destroyed",
      );
      assert.throws(() => openRawRecord(rawKey, salt, tenant, randomBytes(16), sealed), refused);
    }),
    { numRuns: 30 },
  );
});

test("what is sealed twice is never the same twice, also under one salt", () => {
  const made = group(["Ida Musterweg"]);
  assert.notDeepEqual(sealGroup(session, tenant, made).sealed, sealGroup(session, tenant, made).sealed);
  const [salt, id] = [randomBytes(16), randomBytes(16)];
  const ivs = Array.from({ length: 50 }, () => sealRawRecord(rawKey, salt, tenant, id, Buffer.from("x")).toString("hex", 0, 12));
  assert.equal(new Set(ivs).size, ivs.length);
});

test("a seal of the wrong length is told from one that is refused", () => {
  const made = group(["x"]);
  const sealed = sealGroup(session, tenant, made);
  const open = (bytes: Buffer): void =>
    void openGroup(session.keys["personal-values"], session.id, tenant, made.id, { ...sealed, sealed: bytes });
  const notASeal = (error: unknown): boolean => error instanceof SealError && error.code === "not-a-seal";
  assert.throws(() => open(sealed.sealed.subarray(0, 33)), notASeal);
  assert.throws(
    () => open(sealed.sealed.subarray(0, 34)),
    (error: unknown) => error instanceof SealError && error.code === "refused",
  );
  assert.throws(() => openRawRecord(rawKey, randomBytes(16), tenant, randomBytes(16), Buffer.alloc(27)), notASeal);
  assert.throws(() => openRawRecord(rawKey, randomBytes(15), tenant, randomBytes(16), Buffer.alloc(40)), notASeal);
});

test("a group of no values is a seal too, and opens to none", () => {
  const made = group([]);
  assert.deepEqual(openGroup(session.keys["personal-values"], session.id, tenant, made.id, sealGroup(session, tenant, made)), []);
});

test("the commitment is not the key", () => {
  const sealed = sealGroup(session, tenant, group(["x"]));
  const key = deriveKey(session.keys["personal-values"], "group", sealed.salt).export();
  assert.notDeepEqual(key.subarray(0, 16), sealed.commitment);
});
