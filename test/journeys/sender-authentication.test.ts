import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { RunningProgram } from "../support/running-program.ts";

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
}

function signingKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig" } };
}

/** Senders that prove themselves otherwise than by a plain HMAC, against the running product. */
describe("senders with schemes of their own", () => {
  const published = { keys: [] as readonly SigningKey[], asked: [] as string[], mayAnswer: Promise.resolve() };
  const keyServer = createServer((request, response) => {
    published.asked.push(request.url!);
    response.setHeader("content-type", "application/json");
    void published.mayAnswer.then(() => response.end(JSON.stringify({ keys: published.keys.map(({ jwk }) => jwk) })));
  });
  let program: RunningProgram;
  const secret = "a secret of this test's own";
  let tenant = "";
  let key = "";

  const endpoint = (...args: string[]): { id: string; url: string; secret?: string } =>
    JSON.parse(program.command("endpoints", "create", "--tenant", tenant, ...args, "--json"));
  const send = async (path: string, body: string, headers: Record<string, string> = {}) =>
    (await program.call(path, { body, headers: { "content-type": "application/json", ...headers } })).status;

  before(async () => {
    keyServer.listen(0, "127.0.0.1");
    await once(keyServer, "listening");
    const host = `127.0.0.1:${(keyServer.address() as AddressInfo).port}`;
    program = new RunningProgram({ PARCELKEEP_CARRIERS_URL: `http://${host}`, PARCELKEEP_EGRESS_TEST_HOSTS: host });
    await program.start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Senders", "--json")));
  });
  after(async () => {
    await program?.remove();
    keyServer.closeAllConnections();
    keyServer.close();
  });

  test("ShipEngine's signature is checked against the key set that was pinned", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = join(program.dataDir, "jwks.json");
    writeFileSync(file, JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig" }] }));
    const { id, secret: made } = endpoint("--source", "shipengine", "--jwks", file);
    assert.equal(made, undefined, "there is no secret to share");
    const body = JSON.stringify({ resource_type: "API_TRACK", data: { tracking_number: "9400100000000000000305", status_code: "IT" } });
    const headers = (timestamp: string) => ({
      "x-shipengine-timestamp": timestamp,
      "x-shipengine-rsa-sha256-key-id": "k1",
      "x-shipengine-rsa-sha256-signature": sign("sha256", Buffer.from(`${timestamp}.${body}`), privateKey).toString("base64"),
    });
    const now = new Date().toISOString();
    assert.equal(await send(`/v1/hooks/${id}`, body, headers(now)), 202);
    assert.equal(await send(`/v1/hooks/${id}`, body, headers("2026-01-01T00:00:00Z")), 401);
    assert.equal(await send(`/v1/hooks/${id}`, `${body} `, headers(now)), 401);
    assert.equal(await send(`/v1/hooks/${id}`, body), 401);
  });

  test("an endpoint for ShipEngine is not made without a key set, nor with one of somebody else's host", async () => {
    for (const jwks of [undefined, "https://keys.example.org/jwks", { keys: [{ kty: "RSA", kid: "k1", n: "AQAB", e: "AQAB" }] }]) {
      const answer = await program.call("/v1/endpoints", {
        key,
        body: JSON.stringify({ source: "shipengine", ...(jwks === undefined ? {} : { jwks }) }),
        headers: { "content-type": "application/json" },
      });
      assert.deepEqual([answer.status, answer.json().code], [400, "invalid_field"]);
    }
  });

  test("a key set that is published is fetched by the process that calls out; a key of a newer set lets its sender in soon after", async () => {
    const { promise, resolve: letAnswer } = Promise.withResolvers<void>();
    published.mayAnswer = promise;
    const { id } = endpoint("--source", "shipengine", "--jwks", "https://api.shipengine.com/jwks");
    const body = JSON.stringify({ resource_type: "API_TRACK", data: { tracking_number: "9400100000000000000312", status_code: "IT" } });
    const sendSigned = ({ kid, privateKey }: SigningKey) => {
      const timestamp = new Date().toISOString();
      return send(`/v1/hooks/${id}`, body, {
        "x-shipengine-timestamp": timestamp,
        "x-shipengine-rsa-sha256-key-id": kid,
        "x-shipengine-rsa-sha256-signature": sign("sha256", Buffer.from(`${timestamp}.${body}`), privateKey).toString("base64"),
      });
    };
    const [first, second, stranger] = [signingKey("k1"), signingKey("k2"), signingKey("k1")];
    published.keys = [first];
    assert.equal(await sendSigned(first), 401, "nothing verifies before the set was fetched");
    letAnswer();
    await program.until(async () => (await sendSigned(first)) === 202, "the set to be fetched");
    assert.equal(await sendSigned(stranger), 401);
    published.keys = [first, second];
    assert.equal(await sendSigned(second), 401);
    // The set rests for a minute after it was fetched; the minute is taken off it here.
    const client = new pg.Client({ connectionString: program.databaseUrl });
    await client.connect();
    await client.query("update parcelkeep.key_sets set next_at = now()");
    await client.end();
    await program.until(async () => (await sendSigned(second)) === 202, "the newer set to be fetched");
    assert.equal(await sendSigned(first), 202);
    assert.deepEqual(new Set(published.asked), new Set(["/shipengine/jwks"]));
    assert.ok(published.asked.length <= 3, `asked ${published.asked.length} times`);
  });

  test("Shippo's token in the address is checked", async () => {
    const { id } = endpoint("--source", "shippo", "--secret", secret);
    const body = JSON.stringify({ event: "track_updated", data: { carrier: "ups", tracking_number: "1ZX999990000000305" } });
    assert.equal(await send(`/v1/hooks/${id}?token=${encodeURIComponent(secret)}`, body), 202);
    assert.equal(await send(`/v1/hooks/${id}?token=123abc`, body), 401);
    assert.equal(await send(`/v1/hooks/${id}`, body, { "parcelkeep-query": `token=${encodeURIComponent(secret)}` }), 401);
    assert.ok(!program.output.includes(secret), "the secret is not in the log");
  });

  test("17TRACK's digest and TrackingMore's HMAC are checked", async () => {
    const seventeen = endpoint("--source", "17track", "--secret", secret);
    const update = JSON.stringify({ event: "TRACKING_UPDATED", data: { number: "RR999990305CN", carrier: 3011 } });
    const digest = createHash("sha256").update(`${update}/${secret}`).digest("hex");
    assert.equal(await send(`/v1/hooks/${seventeen.id}`, update, { sign: digest }), 202);
    assert.equal(await send(`/v1/hooks/${seventeen.id}`, `${update} `, { sign: digest }), 401);

    const more = endpoint("--source", "trackingmore", "--secret", secret);
    const pushed = JSON.stringify({ code: 200, data: { tracking_number: "RR999990312CN", courier_code: "china-post" } });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", secret).update(timestamp).update(pushed).digest("base64");
    assert.equal(await send(`/v1/hooks/${more.id}`, pushed, { timestamp, signature }), 202);
    assert.equal(await send(`/v1/hooks/${more.id}`, pushed, { timestamp: String(Number(timestamp) - 4000), signature }), 401);
  });
});
