import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { verifier } from "../../src/ingress/authentication.ts";
import { codecs } from "../../src/main/intake/sources.ts";

const samples = process.env["PARCELKEEP_SAMPLES"];

interface Vector {
  readonly sender: string;
  readonly header: string;
  readonly secret: string;
  readonly body?: string;
  readonly body_file?: string;
  readonly signature: string;
}

/** Published signatures under the scheme of the sender's own codec. `standard-webhooks` is what we sign with, so `outbound/webhooks` has its vector. */
describe("signatures that senders publish", { skip: samples === undefined ? "PARCELKEEP_SAMPLES is not set" : false }, () => {
  const vectors =
    samples === undefined
      ? []
      : (JSON.parse(readFileSync(join(samples, "_signatures", "vectors.json"), "utf8")) as { vectors: readonly Vector[] }).vectors;
  for (const { sender, header, secret, body, body_file, signature } of vectors) {
    const codec = codecs.get(sender);
    if (codec === undefined) {
      test(`${sender} sends nothing to us`, () => assert.equal(sender, "standard-webhooks"));
      continue;
    }
    const bytes = body_file === undefined ? Buffer.from(body!) : readFileSync(join(samples!, body_file));
    const verify = (held: string, given: string, of: Buffer): boolean =>
      verifier(codec.authentication, { secret: held, clientId: null }, { accessTokenValid: () => false, now: () => 0 })(
        { [header.toLowerCase()]: given },
        of,
        "",
      );

    test(`${sender}: accepts its published signature`, () => assert.ok(verify(secret, signature, bytes)));

    test(`${sender}: refuses it with another secret, another body, a digit changed or cut off`, () => {
      const last = signature.at(-1) === "0" ? "1" : "0";
      assert.ok(!verify(`${secret}x`, signature, bytes));
      assert.ok(!verify(secret, signature, Buffer.concat([bytes, Buffer.from(" ")])));
      assert.ok(!verify(secret, signature.slice(0, -1) + last, bytes));
      assert.ok(!verify(secret, signature.slice(0, -1), bytes));
      assert.ok(!verify(secret, "", bytes));
    });
  }
});
