import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { CoveredValue, EgressCall } from "../egress.ts";
import type { Candidate } from "./candidates.ts";
import { type Finding, inspectCall } from "./inspect.ts";
import { learnedRules } from "./learn.ts";
import { commonRules, joinedRules } from "./rules.ts";
import { seededCalls } from "./seeded-leak.ts";
import type { TokensIn } from "./shape.ts";

/** The shape of a token; what a token is, is the vault's to say. */
const tokensIn: TokensIn = (text) =>
  Array.from(text.matchAll(/\bptk_[0-9A-Z]{8}\b/gi), ({ 0: token, index }) => ({ at: index, text: token }));
const token = "ptk_7ZK3M9QA";
const calls = Object.entries(seededCalls);
const rules = joinedRules(
  commonRules,
  learnedRules(
    calls.map(([, seeded]) => withCovered(seeded("sample-value-0001"), [{ kind: "credential", value: "sample-value-0001" }])),
    tokensIn,
  ),
  // What the samples are wrapped in, without the sample.
  { texts: new Set(["q", "track"]), formats: [] },
);

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${min - 1},${max - 1}}$`));
const known: readonly (readonly [Candidate["category"], fc.Arbitrary<string>])[] = [
  [
    "email",
    fc
      .tuple(fc.stringMatching(/^[a-z]{3,10}\.[a-z]{3,10}$/), fc.stringMatching(/^[a-z]{4,12}$/))
      .map(([user, host]) => `${user}@${host}.example`),
  ],
  ["phone", digits(9, 12).map((number) => `+${number}`)],
  ["customerId", digits(6, 9).map((number) => `K${number}`)],
  ["trackingNumber", digits(9, 12).map((number) => `${number}DE`)],
  ["orderReference", digits(6, 9).map((number) => `ORDER${number}`)],
];
const personal: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ["a name", fc.constantFrom("Jördis Öztürk", "Łukasz Wójcik", "Sinéad O'Hara", "Σοφία Παπαδοπούλου")],
  [
    "a street",
    fc
      .tuple(fc.constantFrom("Lindenallee", "Rue de la Paix", "Hauptstr."), fc.integer({ min: 1, max: 199 }))
      .map((parts) => parts.join(" ")),
  ],
  ["a postal code", digits(5, 5)],
  ["an IBAN", fc.constant("DE89 3704 0044 0532 0130 00")],
];

describe("a value that the vault knows is found", () => {
  for (const [where, seeded] of calls) {
    for (const [category, values] of known) {
      test(`in ${where}: ${category}`, () => {
        fc.assert(
          fc.property(values, (value) => {
            const findings = inspectCall(seeded(value), rules, tokensIn, knows(category, value));
            assert.ok(findings.some(({ kind, what }) => kind === "known-value" && what === category));
          }),
          { numRuns: 20 },
        );
      });
    }
  }
});

describe("a value that the vault cannot be asked for is found too", () => {
  for (const [where, seeded] of calls) {
    for (const [what, values] of personal) {
      test(`in ${where}: ${what}`, () => {
        fc.assert(
          fc.property(values, (value) => assert.notDeepEqual(inspectCall(seeded(value), rules, tokensIn, nothing), [])),
          { numRuns: 10 },
        );
      });
    }
  }
});

describe("a token, a covered value and their lists pass", () => {
  // What changes the letters makes of them something else, which nobody has covered; and nothing of ours is sent as hexadecimal digits or entities.
  const changes = new Set(["JSON, in capitals", "JSON, between other words", "JSON, as hexadecimal digits", "JSON, as entities"]);
  for (const [where, seeded] of calls.filter(([place]) => !changes.has(place))) {
    test(`in ${where}`, () => {
      const number = "00340434161094042557";
      const covered: readonly CoveredValue[] = [
        { kind: "release", release: "r1", value: number },
        { kind: "credential", value: "s3cr3t-of-the-carrier" },
      ];
      for (const text of [token, number, "s3cr3t-of-the-carrier", `${number},${token}`])
        assert.deepEqual(inspectCall(withCovered(seeded(text), covered), rules, tokensIn, knows("trackingNumber", number)), [], text);
    });
  }
});

describe("a known value that was split is found", () => {
  for (const split of ["+49 176 1234567", "+49-176-123-4567", "+49 (176) 12 34 56 7", "0049 176 1234567", "0176 1234567", "491761234567"]) {
    test(`as ${split}`, () => {
      assert.ok(kinds(seededCalls["JSON"]!(split), knows("phone", spelling(split))).has("known-value"));
    });
  }

  test("as letters of an e-mail address with blanks between", () => {
    const text = Array.from("ada@host.example").join(" ");
    assert.ok(kinds(seededCalls["JSON"]!(text), knows("email", "ada@host.example")).has("known-value"));
  });

  test("as small numbers of JSON in a row", () => {
    const call = { ...seededCalls["JSON"]!("q"), body: Buffer.from("[491,761,234,567]") };
    assert.ok(kinds(call, knows("phone", "491761234567")).has("known-value"));
    assert.deepEqual(inspectCall(call, rules, tokensIn, nothing), []);
  });
});

test("a known value in a text of a wide format is found, also where it is encoded in it", () => {
  const format = { name: "id", pattern: /^[\w=-]{8,}$/, isNarrow: false };
  const wide = joinedRules(rules, { texts: new Set(), formats: [format] });
  const value = "grace@host.example";
  for (const text of ["K293746155", Buffer.from(value).toString("base64url"), Buffer.from(value).toString("hex")]) {
    const isKnown = text === "K293746155" ? knows("customerId", text) : knows("email", value);
    assert.ok(inspectCall(seededCalls["JSON"]!(text), wide, tokensIn, isKnown).some(({ kind }) => kind === "known-value"));
  }
  assert.deepEqual(inspectCall(seededCalls["JSON"]!("0f3a9c77e1b2"), wide, tokensIn, nothing), []);
});

describe("what cannot be looked into does not leave", () => {
  const cases: Readonly<Record<string, Partial<EgressCall>>> = {
    "a compressed body": { headers: { "content-encoding": "gzip" }, body: Buffer.from("x") },
    "bytes that are no text": { body: Buffer.from([0xff, 0xfe, 0x00, 0xd8]) },
    "JSON that is none": { headers: { "content-type": "application/json" }, body: Buffer.from("{'a':1}") },
    "XML with a document type": { headers: { "content-type": "text/xml" }, body: Buffer.from('<!DOCTYPE a [<!ENTITY q "x">]><a>&q;</a>') },
    "multipart without its boundary": {
      headers: { "content-type": "multipart/form-data; boundary=cut" },
      body: Buffer.from("--other\r\n"),
    },
    "multipart with text before the parts": {
      headers: { "content-type": "multipart/form-data; boundary=cut" },
      body: Buffer.from("q\r\n--cut\r\n\r\nq\r\n--cut--"),
    },
  };
  for (const [what, part] of Object.entries(cases)) {
    test(what, () => assert.ok(kinds({ ...seededCalls["JSON"]!("q"), ...part }, nothing).has("opaque")));
  }

  test("a text that is wrapped more often than is unwrapped", () => {
    let text = token;
    for (let layer = 0; layer < 6; layer++) text = Buffer.from(text).toString("base64");
    assert.notDeepEqual(inspectCall(seededCalls["JSON"]!(text), rules, tokensIn, nothing), []);
  });

  test("a body of more strings than are looked at", () => {
    const call = { ...seededCalls["JSON"]!("q"), body: Buffer.from(JSON.stringify(Array.from({ length: 30_000 }, () => "q"))) };
    assert.ok(kinds(call, nothing).has("too-many"));
  });
});

describe("a covered value", () => {
  const covered: readonly CoveredValue[] = [{ kind: "release", release: "r1", value: "4711081500" }];
  test("does not cover a longer one that holds it", () =>
    assert.ok(kinds(withCovered(seededCalls["JSON"]!("47110815001"), covered), nothing).has("unlisted")));
  test("does not cover what stands beside it", () =>
    assert.ok(kinds(withCovered(seededCalls["JSON"]!("4711081500 Ada Lovelace"), covered), nothing).has("unlisted")));
  test("of three characters covers itself and no part of a text", () => {
    const short: readonly CoveredValue[] = [{ kind: "release", release: "r1", value: "Ada" }];
    assert.deepEqual(inspectCall(withCovered(seededCalls["JSON"]!("Ada"), short), rules, tokensIn, nothing), []);
    assert.ok(kinds(withCovered(seededCalls["JSON"]!("Ada Lovelace"), short), nothing).has("unlisted"));
  });
  test("cannot be forged by the mark that stands for it", () =>
    assert.ok(kinds(seededCalls["JSON"]!("Bearer \u0000"), nothing).has("unlisted")));
});

test("a text of a megabyte is refused and does not take for ever", () => {
  for (const text of ["a".repeat(1_000_000), "a@".repeat(500_000), "12 ".repeat(300_000), "%41".repeat(300_000), "QUFB".repeat(250_000)])
    assert.ok(kinds(seededCalls["JSON"]!(text), nothing).size > 0);
});

describe("whatever the bytes of a body are, they are refused or pass, and nothing breaks", () => {
  const types = [
    "application/json",
    "text/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=cut",
    "text/plain",
    "",
  ];
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    '"',
    "\\",
    "<",
    ">",
    "/",
    "&",
    ";",
    "%",
    "=",
    "--cut",
    "\r\n",
    "<![CDATA[",
    "]]>",
    "<!--",
    "q",
    "\u0000",
    "é",
  );
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.array(pieces, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(""))),
  );
  for (const type of types) {
    test(type === "" ? "of no type" : type, () => {
      fc.assert(
        fc.property(bodies, (body) => {
          const call = { ...seededCalls["JSON"]!("q"), headers: type === "" ? {} : { "content-type": type }, body };
          assert.ok(Array.isArray(inspectCall(call, rules, tokensIn, nothing)));
        }),
      );
    });
  }
});

test("findings hold no part of the call", () => {
  const value = "grace.hopper@navy.example";
  for (const [, seeded] of calls) {
    const text = JSON.stringify(inspectCall(seeded(value), rules, tokensIn, knows("email", value)));
    assert.ok(!/grace|hopper|navy/i.test(text));
  }
});

function withCovered(call: EgressCall, covered: readonly CoveredValue[]): EgressCall {
  return { ...call, covered };
}

function nothing(): boolean {
  return false;
}

/** As the vault compares (`blind-index.ts`): e-mail addresses without letter case, phones by their digits, tracking numbers without blanks and letter case. */
function knows(category: Candidate["category"], value: string): (candidate: Candidate) => boolean {
  const compared = (text: string): string => {
    if (category === "email") return text.trim().toLowerCase();
    if (category === "phone") return text.replaceAll(/[^\d+]/g, "").replace(/^00/, "+");
    return category === "trackingNumber" ? text.replaceAll(/[\s-]/g, "").toUpperCase() : text.trim();
  };
  return (candidate) => candidate.category === category && compared(candidate.value) === compared(value);
}

/** How the merchant wrote the number whose other forms are tried. */
function spelling(split: string): string {
  return split.startsWith("0176") ? "01761234567" : "+491761234567";
}

function kinds(call: EgressCall, isKnown: (candidate: Candidate) => boolean): ReadonlySet<Finding["kind"]> {
  return new Set(inspectCall(call, rules, tokensIn, isKnown).map(({ kind }) => kind));
}
