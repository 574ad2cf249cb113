import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { newCarrier } from "./new-carrier.ts";

const checkout = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "parcelkeep-carrier-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a codec is made of, without the rest of the tree. */
function copyOfCheckout(): string {
  const root = mkdtempSync(join(folder, "checkout-"));
  for (const part of [
    "src/carriers",
    "src/domain",
    "test/support/codec-properties.ts",
    "test/support/changed-payload.ts",
    "registers",
    "package.json",
  ])
    cpSync(join(checkout, part), join(root, part), { recursive: true });
  mkdirSync(join(root, "src", "main"));
  cpSync(join(checkout, "src/main/intake/sources.ts"), join(root, "src/main/intake/sources.ts"));
  symlinkSync(join(checkout, "node_modules"), join(root, "node_modules"));
  return root;
}

suite("a new carrier", () => {
  test("has tests that pass as they stand, is known as a carrier and as a source, and has a register entry", async () => {
    const root = copyOfCheckout();
    const files = await newCarrier(root, "sample-post", "Sample Post");
    const run = spawnSync(process.execPath, ["--test", "src/carriers/sample-post/codec.test.ts"], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(run.status, 0, run.stdout);
    const { codecs } = (await import(join(root, "src/main/intake/sources.ts"))) as { codecs: ReadonlyMap<string, unknown> };
    assert.ok(codecs.has("sample-post"));
    const { isCarrierId } = (await import(join(root, "src/domain/carrier.ts"))) as { isCarrierId: (text: string) => boolean };
    assert.ok(isCarrierId("sample-post"));
    assert.equal((JSON.parse(readFileSync(join(root, "registers/sample-post.json"), "utf8")) as { source: string }).source, "sample-post");
    assert.equal(files.length, 7);
  });

  test("has tests that fail where the format is read carelessly", async () => {
    const root = copyOfCheckout();
    await newCarrier(root, "sample-post", "Sample Post");
    const codec = join(root, "src/carriers/sample-post/codec.ts");
    const source = readFileSync(codec, "utf8");
    const careless: readonly (readonly [what: string, from: string, to: string])[] = [
      [
        "an unknown code is repeated",
        "...(codedStatus(eventCodes, code) ?? unknownStatus)",
        "...(codedStatus(eventCodes, code) ?? { ...unknownStatus, code })",
      ],
      [
        "a zone is invented",
        'carrierTime(event["time"], habit)',
        'carrierTime(`${text(event["time"])}Z`) ?? carrierTime(event["time"], habit)',
      ],
      ["words make an event another one", "code ?? description, event", "code, description, event"],
      [
        "a parcel without a number is passed over",
        "if (trackingNumber === null) return null;",
        'if (trackingNumber === null) return bareNotice("sample-post", "none");',
      ],
    ];
    const { writeFileSync } = await import("node:fs");
    for (const [what, from, to] of careless) {
      assert.ok(source.includes(from), what);
      writeFileSync(codec, source.replace(from, to));
      const run = spawnSync(process.execPath, ["--test", "src/carriers/sample-post/codec.test.ts"], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      });
      assert.notEqual(run.status, 0, what);
    }
  });

  test("is refused under a name that is taken or is none, and nothing is written", async () => {
    const root = copyOfCheckout();
    await assert.rejects(newCarrier(root, "gls", "GLS"), { code: "exists" });
    for (const name of ["", "Sample", "a--b", "../x", "-x", "x".repeat(41)])
      await assert.rejects(newCarrier(root, name, "X"), { code: "bad-name" });
    await assert.rejects(newCarrier(folder, "sample-post", "X"), { code: "no-checkout" });
  });
});
