import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type CeremonyChanges, SoftwareAuthenticator } from "../../test/support/software-authenticator.ts";
import { PasskeyError, type PasskeyErrorCode, type PasskeyEvidence } from "../domain/passkey.ts";
import { readCoseKey } from "./cose-key.ts";
import { verifyPasskeyEvidence } from "./passkey-evidence.ts";

const origin = "https://operators.example.eu";
const challenge = randomBytes(32);

function signed(authenticator: SoftwareAuthenticator, changes: CeremonyChanges = {}): PasskeyEvidence {
  const { algorithm, key } = readCoseKey(authenticator.cosePublicKey());
  return {
    credential: authenticator.id,
    publicKey: key.export({ format: "der", type: "spki" }).toString("base64url"),
    algorithm,
    rpId: "operators.example.eu",
    origin,
    ...authenticator.get(challenge.toString("base64url"), changes).response,
  };
}

function codeOf(work: () => unknown): PasskeyErrorCode | "none" {
  try {
    work();
    return "none";
  } catch (error) {
    if (error instanceof PasskeyError) return error.code;
    throw error;
  }
}

for (const algorithm of ["ES256", "EdDSA", "RS256"] as const) {
  const authenticator = new SoftwareAuthenticator(origin, { algorithm, counter: 6 });

  test(`${algorithm}: takes what the authenticator signed, with its count`, () => {
    assert.deepEqual(verifyPasskeyEvidence(signed(authenticator), challenge), { counter: authenticator.counter });
  });

  const wrongs: readonly (readonly [what: string, changes: CeremonyChanges, code: PasskeyErrorCode])[] = [
    ["another origin", { origin: "https://operators.example.eu.evil.test" }, "mismatch"],
    ["another relying party", { rpId: "example.eu" }, "mismatch"],
    ["an enrolment", { type: "webauthn.create" }, "mismatch"],
    ["a frame of another site", { crossOrigin: true }, "mismatch"],
    ["a user who was not verified", { userVerified: false }, "user-not-verified"],
    ["nobody present", { userPresent: false }, "user-not-verified"],
  ];
  for (const [what, changes, code] of wrongs) {
    test(`${algorithm}: refuses ${what}`, () => {
      assert.equal(
        codeOf(() => verifyPasskeyEvidence(signed(authenticator, changes), challenge)),
        code,
      );
    });
  }

  test(`${algorithm}: refuses another challenge`, () => {
    assert.equal(
      codeOf(() => verifyPasskeyEvidence(signed(authenticator), randomBytes(32))),
      "mismatch",
    );
  });

  test(`${algorithm}: refuses another key, and the key under another algorithm`, () => {
    const evidence = signed(authenticator);
    const other = signed(new SoftwareAuthenticator(origin, { algorithm }));
    const otherAlgorithm = algorithm === "ES256" ? -8 : -7;
    for (const wrong of [
      { ...evidence, publicKey: other.publicKey },
      { ...evidence, algorithm: otherAlgorithm },
      { ...evidence, algorithm: -37 },
    ])
      assert.equal(
        codeOf(() => verifyPasskeyEvidence(wrong, challenge)),
        "bad-signature",
      );
  });

  test(`${algorithm}: a bit that changed anywhere is refused`, () => {
    const evidence = signed(authenticator);
    fc.assert(
      fc.property(
        fc.constantFrom("authenticatorData", "clientDataJSON", "signature", "publicKey"),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (part, place, bit) => {
          const bytes = Buffer.from(evidence[part], "base64url");
          bytes[place % bytes.length]! ^= 1 << bit;
          assert.notEqual(
            codeOf(() => verifyPasskeyEvidence({ ...evidence, [part]: bytes.toString("base64url") }, challenge)),
            "none",
          );
        },
      ),
      { numRuns: 300 },
    );
  });
}

test("refuses RSA that is too short, and another curve", () => {
  const evidence = signed(new SoftwareAuthenticator(origin));
  const data = Buffer.concat([
    Buffer.from(evidence.authenticatorData, "base64url"),
    createHash("sha256").update(Buffer.from(evidence.clientDataJSON, "base64url")).digest(),
  ]);
  for (const [pair, algorithm] of [
    [generateKeyPairSync("rsa", { modulusLength: 1024 }), -257],
    [generateKeyPairSync("ec", { namedCurve: "secp256k1" }), -7],
  ] as const) {
    const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64url");
    const signature = sign("sha256", data, pair.privateKey).toString("base64url");
    assert.equal(
      codeOf(() => verifyPasskeyEvidence({ ...evidence, algorithm, publicKey, signature }, challenge)),
      "bad-signature",
    );
  }
});

test("refuses a key whose point is written in its second form", () => {
  const first = 26; // The point's first byte in a P-256 key (RFC 5480, section 2).
  for (const parity of [0, 1]) {
    let evidence = signed(new SoftwareAuthenticator(origin));
    while ((Buffer.from(evidence.publicKey, "base64url").at(-1)! & 1) !== parity) evidence = signed(new SoftwareAuthenticator(origin));
    const publicKey = Buffer.from(evidence.publicKey, "base64url");
    assert.equal(publicKey[first], 4);
    publicKey[first] = 6 + parity;
    assert.equal(
      codeOf(() => verifyPasskeyEvidence({ ...evidence, publicKey: publicKey.toString("base64url") }, challenge)),
      "bad-signature",
    );
  }
});

test("refuses what is no evidence at all, without falling", () => {
  const evidence = signed(new SoftwareAuthenticator(origin));
  fc.assert(
    fc.property(fc.constantFrom("authenticatorData", "clientDataJSON", "signature", "publicKey"), fc.string(), (part, text) => {
      assert.notEqual(
        codeOf(() => verifyPasskeyEvidence({ ...evidence, [part]: text }, challenge)),
        "none",
      );
    }),
  );
});

test("openssl agrees, from the evidence alone", (t) => {
  const evidence = signed(new SoftwareAuthenticator(origin));
  const folder = mkdtempSync(join(tmpdir(), "pk-evidence-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bytes = (text: string): Buffer => Buffer.from(text, "base64url");
  const clientDataHash = createHash("sha256").update(bytes(evidence.clientDataJSON)).digest();
  writeFileSync(join(folder, "signed"), Buffer.concat([bytes(evidence.authenticatorData), clientDataHash]));
  writeFileSync(join(folder, "signature"), bytes(evidence.signature));
  writeFileSync(join(folder, "key"), bytes(evidence.publicKey));
  const answer = execFileSync("openssl", ["dgst", "-sha256", "-verify", "key", "-keyform", "DER", "-signature", "signature", "signed"], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.match(answer, /Verified OK/);
});
