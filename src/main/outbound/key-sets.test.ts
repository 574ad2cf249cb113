import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, beforeEach, describe, test } from "node:test";
import { Registry } from "prom-client";
import { testCertificate } from "../../../test/support/test-certificate.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { defaultTransport, Transport } from "../../outbound/transport.ts";
import { adminStore } from "../../store/admin-store.ts";
import { egressStore } from "../../store/egress-store.ts";
import { outboundStore } from "../../store/outbound-store.ts";
import { readStore } from "../../store/read-store.ts";
import { nobody } from "./cached-register.ts";
import { programEgress } from "./egress.ts";
import { KeySets } from "./key-sets.ts";
import { programLog } from "../log.ts";
import { readRegisterFiles } from "./register-files.ts";

const publicKeyOf = (kid: string, bits = 2048) => ({
  ...generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" }),
  kid,
  use: "sig",
});
const keys = { first: publicKeyOf("k1"), second: publicKeyOf("k2"), short: publicKeyOf("k3", 1024) };
const kidsIn = (content: string | null) => (content === null ? null : JSON.parse(content).keys.map(({ kid }: { kid: string }) => kid));

/** The fetching of key sets over TLS, through the guard of the program, with the table that the front reads. */
describe("published key sets", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const store = outboundStore(database.pool("parcelkeep_outbound"));
  const front = readStore(database.pool("parcelkeep_ingress"));
  const admin = adminStore(database.pool("parcelkeep_api"));
  const publishedAt = "https://api.shipengine.com/jwks";

  let answer: RequestListener = () => {};
  let asked = 0;
  const server = createServer(testCertificate, (request, response) => {
    asked++;
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const served = `https://${testCertificate.host}:${port}/jwks`;
  const transport = new Transport({
    ...defaultTransport,
    authorities: testCertificate.cert,
    resolve: async () => [{ address: "127.0.0.1", family: 4 }],
  });
  after(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });

  const failures: string[] = [];
  function keySets(over: { readonly isTestHost?: boolean; readonly transport?: Transport; readonly now?: () => number } = {}): KeySets {
    const egress = programEgress({
      entryOf: async (source) => readRegisterFiles().find((entry) => entry.source === source) ?? null,
      webhookOf: async () => null,
      tenantKeys: { renewed: () => assert.fail("nothing has to be looked for in the vault") },
      store: egressStore(database.pool("parcelkeep_outbound")),
      testHosts: new Set(over.isTestHost === false ? [] : [`${testCertificate.host}:${port}`]),
      keySetUrlsOf: () => [served],
      registry: new Registry(),
      log: programLog("silent", "test"),
      transport: over.transport ?? transport,
    });
    return new KeySets({
      store,
      egress,
      addressOf: () => served,
      now: over.now ?? Date.now,
      failed: (_source, reason) => void failures.push(reason),
    });
  }
  const json =
    (value: unknown, headers: Record<string, string> = {}, status = 200): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof value === "string" ? value : JSON.stringify(value));
    };

  beforeEach(async () => {
    await owner.query("truncate parcelkeep.key_sets, parcelkeep.audit_outbox, parcelkeep.egress_refusals");
    failures.length = 0;
    asked = 0;
    await admin.wantKeySet(publishedAt, "shipengine");
  });
  const later = () => owner.query("update parcelkeep.key_sets set next_at = now()");

  test("a wanted set is fetched over TLS, kept with its public parts alone, and written down", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pasted = { ...privateKey.export({ format: "jwk" }), kid: "k9" };
    answer = json({ keys: [keys.first, keys.short, pasted, { kty: "EC", kid: "k4" }] });
    assert.equal(await front.keySet(publishedAt), null);
    await keySets().turn();
    const content = await front.keySet(publishedAt);
    assert.deepEqual(kidsIn(content), ["k1", "k9"]);
    assert.ok(!content!.includes('"d"') && !content!.includes('"p"'), "nobody keeps a private key that somebody published");
    const { rows } = await owner.query("select type, facts from parcelkeep.audit_outbox");
    assert.deepEqual([rows[0].type, rows[0].facts.source, rows.length], ["key-set.changed", "shipengine", 1]);
  });

  test("it is fetched once however often it is looked for, and again when it has expired", async () => {
    answer = json({ keys: [keys.first] }, { "cache-control": "public, max-age=1" });
    await keySets().turn();
    await keySets().turn();
    assert.equal(asked, 1);
    const { rows } = await owner.query("select extract(epoch from expires_at - fetched_at)::int as seconds from parcelkeep.key_sets");
    assert.ok(Math.abs(rows[0].seconds - 300) <= 2, "no shorter than five minutes");
    await owner.query("update parcelkeep.key_sets set expires_at = now(), next_at = now()");
    await keySets().turn();
    assert.equal(asked, 2);
    assert.equal((await owner.query("select from parcelkeep.audit_outbox")).rowCount, 1, "the same keys are no change");
  });

  test("a key that is not in it has it fetched anew, no sooner than a minute after the last time", async () => {
    answer = json({ keys: [keys.first] });
    await keySets().turn();
    answer = json({ keys: [keys.first, keys.second] });
    await front.missKey(publishedAt);
    await keySets().turn();
    assert.deepEqual([asked, kidsIn(await front.keySet(publishedAt))], [1, ["k1"]]);
    await later();
    await keySets().turn();
    assert.deepEqual([asked, kidsIn(await front.keySet(publishedAt))], [2, ["k1", "k2"]]);
    await later();
    await keySets().turn();
    assert.equal(asked, 2, "nobody misses a key any more");
  });

  for (const [what, wrong, reason] of [
    ["a failure", json("", {}, 503), "status 503"],
    ["a page", json("<html></html>"), "no usable key"],
    ["a set without a usable key", json({ keys: [keys.short] }), "no usable key"],
    ["a huge answer", json(`{"keys": [], "x": "${"x".repeat(100_000)}"}`), "no usable key"],
    ["a redirect", json("", { location: "https://elsewhere.example/jwks" }, 302), "redirect-refused"],
  ] as const) {
    test(`${what} leaves the keys that verified before, and is tried again later and later`, async () => {
      answer = json({ keys: [keys.first] });
      await keySets().turn();
      answer = wrong;
      await front.missKey(publishedAt);
      const waits: number[] = [];
      for (let round = 0; round < 3; round++) {
        await later();
        await keySets().turn();
        const { rows } = await owner.query("select extract(epoch from next_at - now())::int as seconds from parcelkeep.key_sets");
        waits.push(rows[0].seconds);
      }
      assert.deepEqual(failures, [reason, reason, reason]);
      assert.deepEqual(kidsIn(await front.keySet(publishedAt)), ["k1"]);
      assert.ok(waits[0]! >= 29 && waits[1]! >= 59 && waits[2]! >= 119, String(waits));
    });
  }

  test("keys that could not be renewed for a week are not believed any more", async () => {
    answer = json({ keys: [keys.first] });
    await keySets().turn();
    await owner.query("update parcelkeep.key_sets set fetched_at = now() - interval '8 days'");
    assert.equal(await front.keySet(publishedAt), null);
  });

  test("a certificate that nobody vouches for, a host that is not the sender's, and an address on this machine are refused", async () => {
    answer = json({ keys: [keys.first] });
    const usual = new Transport({ ...defaultTransport, resolve: async () => [{ address: "127.0.0.1", family: 4 }] });
    await keySets({ transport: usual }).turn();
    usual.close();
    await later();
    await keySets({ isTestHost: false }).turn();
    assert.deepEqual(failures, ["tls", "host-not-registered"]);
    assert.equal(asked, 0);
    assert.equal(await front.keySet(publishedAt), null);
    const { rows } = await owner.query("select tenant, recipient, code from parcelkeep.egress_refusals");
    assert.deepEqual(rows, [{ tenant: nobody, recipient: "shipengine", code: "host-not-registered" }]);
  });
});
