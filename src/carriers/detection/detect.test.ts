import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { detectCarriers } from "./detect.ts";
import { publishedFormats } from "./published-formats.ts";

const formatsOf = (number: string): readonly string[] => detectCarriers(number).map(({ format }) => format);

suite("carrier detection", () => {
  for (const { id, carrier, testNumbers } of publishedFormats) {
    test(`finds each published number of ${id}, and none that its publishers call invalid`, () => {
      for (const number of testNumbers.valid) {
        const found = detectCarriers(number).find((each) => each.format === id);
        assert.ok(found !== undefined, number);
        assert.ok(found.score > 0 && found.score < 1);
        if (carrier !== "s10") assert.equal(found.carrier, carrier);
      }
      for (const number of testNumbers.invalid) assert.ok(!formatsOf(number).includes(id), number);
    });
  }

  const examples: readonly (readonly [number: string, carrier: string, format: string])[] = [
    ["201298452277", "dhl-parcel-de", "dhl_parcel_de_12"],
    ["09133131530724", "hermes-de", "hermes_de_14"],
    ["H1001230000001234567", "hermes-de", "hermes_de_h"],
    ["36301917596", "gls", "gls_11"],
    ["ZQ7K1M2P", "gls", "gls_track_id"],
    ["3SABCD1234567", "postnl", "postnl_3s"],
    ["620000000000000000000017", "inpost", "inpost_24"],
    ["JD014600003012345678", "dhl-express", "dhl_express_jd"],
    ["6A12345678901", "laposte", "colissimo_13"],
    ["XY123456789FR", "chronopost", "chronopost_13"],
    ["PQ4F6P0704104480181750T", "correos", "correos_23"],
    ["323212345678901234567890", "bpost", "bpost_24"],
    ["01015026003653", "dpd", "dpd_14_digits"],
    ["RB123456785GB", "royalmail", "s10"],
    ["RB123456785IT", "poste-italiane", "s10"],
    ["RB123456785CF", "s10", "s10"],
    ["Z1234567890", "packeta", "packeta_z"],
  ];
  for (const [number, carrier, format] of examples) {
    test(`finds ${carrier} for a number of the form ${format}`, () => {
      assert.ok(
        detectCarriers(number).some((each) => each.carrier === carrier && each.format === format),
        JSON.stringify(detectCarriers(number)),
      );
    });
  }

  test("gives every carrier that a form of digits may be of, and the checked one first", () => {
    const candidates = detectCarriers("1Z204W4R0308071865");
    assert.equal(candidates[0]?.carrier, "ups");
    const carriers = new Set(detectCarriers("09133131530724").map(({ carrier }) => carrier));
    assert.ok(carriers.size >= 3, [...carriers].join());
  });

  test("tells SSCC numbers by Deutsche Post's company prefix", () => {
    // The check digit by GS1's rule.
    const serial = "34043412345678901".slice(0, 17);
    const sum = Array.from(serial).reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 3 : 1), 0);
    const number = `00${serial}${(10 - (sum % 10)) % 10}`;
    const [best] = detectCarriers(number);
    assert.deepEqual([best?.carrier, best?.format], ["dhl-parcel-de", "sscc_dhl_parcel_de"]);
  });

  test("reads what a copied number brings along: invisible characters and full-width digits", () => {
    const [plain] = detectCarriers("1Z999AA10123456784");
    for (const copied of [
      "1Z999AA1\u200b0123456784\ufeff",
      "\u200e1Z999AA10123456784",
      "１Ｚ９９９ＡＡ１０１２３４５６７８４",
      "1Z999AA1\u00a00123456784",
    ])
      assert.deepEqual(detectCarriers(copied)[0], plain, JSON.stringify(copied));
  });

  test("reads small letters, spaces and dashes", () => {
    assert.equal(detectCarriers(" 1z 204w4r 03 0807 1865 ")[0]?.carrier, "ups");
    assert.equal(detectCarriers("1Z-204W4R-03-0807-1865")[0]?.carrier, "ups");
  });

  test("takes the recipient's postcode off a number", () => {
    const given = "420123459400111899223033019889";
    const found = detectCarriers(given).find(({ carrier }) => carrier === "usps");
    assert.deepEqual([found?.number, found?.holdsPostcode], ["9400111899223033019889", true]);
  });

  test("lets what is known of the parcel move scores, and rules nothing out", () => {
    const plain = detectCarriers("09133131530724");
    const hinted = detectCarriers("09133131530724", { carriers: ["hermes-de"], destination: "DE" });
    assert.equal(hinted[0]?.carrier, "hermes-de");
    assert.deepEqual(hinted.map(({ format }) => format).toSorted(), plain.map(({ format }) => format).toSorted());
  });

  test("has nothing to say of what is no number", () => {
    for (const text of ["", "hello", "Jan de Vries", "-", "1".repeat(129), "٠١٢٣٤٥٦٧٨٩٠١"]) assert.deepEqual(detectCarriers(text), []);
  });

  test("any text gives scores between 0 and 1, best first, and is answered at once", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 140 }), fc.stringMatching(/^[A-Z0-9 ]{1,60}$/)), (text) => {
        const scores = detectCarriers(text).map(({ score }) => score);
        assert.ok(scores.every((score) => score > 0 && score < 1));
        assert.deepEqual(
          scores,
          scores.toSorted((one, other) => other - one),
        );
      }),
    );
  });
});
