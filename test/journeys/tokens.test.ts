import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { findTokens } from "../../src/vault/find-tokens.ts";
import { RunningProgram } from "../support/running-program.ts";

interface Item {
  readonly token: string;
  readonly short?: string;
}

describe("the tokens API", () => {
  const program = new RunningProgram({
    PARCELKEEP_TOKENS_PER_DAY: "5000",
    PARCELKEEP_TOKEN_MISSES_PER_HOUR: "300",
    PARCELKEEP_TOKEN_ALARM_IDENTIFIERS: "200",
    PARCELKEEP_TOKEN_SEARCHES_PER_DAY: "3",
  });
  const newTenant = (name: string): { tenant: string; apiKey: string } =>
    JSON.parse(program.command("tenants", "create", "--name", name, "--json"));
  let key = "";

  before(async () => {
    await program.start();
    key = newTenant("Tokens").apiKey;
  });
  after(() => program.remove());

  const post = (values: readonly object[], more: object = {}, headers: Record<string, string> = {}, apiKey = key) =>
    program.call("/v1/tokens", {
      key: apiKey,
      body: JSON.stringify({ values, ...more }),
      headers: { "content-type": "application/json", ...headers },
    });
  const tokens = async (...given: Parameters<typeof post>): Promise<readonly Item[]> => {
    const answer = await post(...given);
    assert.equal(answer.status, 200, answer.text);
    return answer.json().items;
  };
  const metadata = async (token: string, apiKey = key) => (await program.call(`/v1/tokens/${token}`, { key: apiKey })).json();
  const query = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: program.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  };

  test("gives tokens in order: the same for the same identifier, a fresh one for everything else", async () => {
    const items = await tokens([
      { category: "phone", value: "+49 151 000001-12" },
      { category: "name", value: "Ida Musterweg" },
      { category: "phone", value: "004915100000112" },
      { category: "name", value: "Ida Musterweg" },
    ]);
    assert.equal(items[0]!.token, items[2]!.token);
    assert.notEqual(items[1]!.token, items[3]!.token);
    assert.deepEqual(
      findTokens(JSON.stringify(items)).map((each) => each.category),
      ["phone", "name", "phone", "name"],
    );
    assert.equal((await tokens([{ category: "phone", value: "+4915100000112" }]))[0]!.token, items[0]!.token);
  });

  test("gives an identifier the token that it has in a shipment, whichever came first", async () => {
    const [first] = await tokens([{ category: "email", value: "ida@beispiel.example" }]);
    const shipment = { trackingNumber: "TOKENS0001", recipient: { email: "IDA@beispiel.example", phone: "+4915100000299" } };
    const body = JSON.stringify(shipment);
    const { receipt } = (await program.call("/v1/shipments", { key, body, headers: { "content-type": "application/json" } })).json();
    const { shipments } = await program.until(async () => {
      const found = (await program.call(`/v1/receipts/${receipt}`, { key })).json();
      return found.state === "processed" ? found : null;
    }, "the shipment");
    const seen = (await program.call(`/v1/shipments/${shipments[0]}`, { key })).json();
    const [number, phone] = await tokens([
      { category: "trackingNumber", value: "tokens-0001" },
      { category: "phone", value: "+49 151 00000299" },
    ]);
    assert.equal(number!.token, seen.trackingNumber);
    const subjects = await Promise.all([first!, number!, phone!].map(async ({ token }) => (await metadata(token)).subject));
    assert.equal(new Set(subjects).size, 1, "one person");
  });

  test("says what is known of a token and never the value", async () => {
    const [phone, name] = await tokens([
      { category: "phone", value: "+4915100000312", person: 1 },
      { category: "name", value: "Ida Lindenallee", person: 1 },
    ]);
    const found = await metadata(phone!.token.toLowerCase());
    assert.deepEqual(Object.keys(found).toSorted(), ["category", "createdAt", "masked", "short", "subject", "token", "version"]);
    assert.deepEqual([found.token, found.category, found.version, found.short, found.masked], [phone!.token, "phone", 1, null, null]);
    assert.ok(Math.abs(Date.now() - Date.parse(found.createdAt)) < 60_000);
    assert.equal((await metadata(name!.token)).subject, found.subject);
    const other = newTenant("Other").apiKey;
    for (const [token, apiKey] of [
      [phone!.token, other],
      [phone!.token.replace("_ph1_", "_em1_"), key],
      ["ptk_eu1_ph1_00000000000000000000000000000000000000", key],
      ["x".repeat(200), key],
    ] as const)
      assert.equal((await metadata(token, apiKey)).code, "not_found");
  });

  test("has a short form of every token that was asked for it, which leads back to the long one", async () => {
    const values = [
      { category: "orderReference", value: "A-1001" },
      { category: "city", value: "Musterstadt" },
    ];
    const items = await tokens(values, { short: true });
    for (const { token, short } of items) {
      assert.match(short!, /^[0-9A-Z]{30}$/);
      const found = await metadata(short!.toLowerCase());
      assert.deepEqual([found.token, found.short], [token, short]);
    }
    assert.equal((await tokens(values.slice(0, 1), { short: true }))[0]!.short, items[0]!.short);
    assert.equal((await metadata(items[0]!.short!, newTenant("Short").apiKey)).code, "not_found");
  });

  test("repeats its answer for the same Idempotency-Key and body", async () => {
    const values = [
      { category: "name", value: "Ida", person: 3 },
      { category: "phone", value: "+4915100000412", person: 3 },
      { category: "street", value: "Lindenallee 7" },
    ];
    const first = await tokens(values, {}, { "idempotency-key": "batch-1" });
    assert.deepEqual(await tokens(values, {}, { "idempotency-key": "batch-1" }), first);
    const others = await tokens(values, {}, { "idempotency-key": "batch-2" });
    assert.deepEqual(
      others.map(({ token }, at) => token === first[at]!.token),
      [false, true, false],
    );
  });

  test("keeps nothing in clear, and what it sealed is there after a kill", async () => {
    const items = await tokens([
      { category: "phone", value: "+4915100000512", person: 9 },
      { category: "name", value: "Zacharias Unverwechselbar", person: 9 },
    ]);
    await program.stop("SIGKILL");
    await program.start();
    assert.equal((await tokens([{ category: "phone", value: "+4915100000512" }]))[0]!.token, items[0]!.token);
    assert.equal((await metadata(items[1]!.token)).subject, (await metadata(items[0]!.token)).subject);
    const dump = JSON.stringify(await query("select sealed::text, id::text from parcelkeep.sealed_groups"));
    assert.doesNotMatch(dump + program.output, /Unverwechselbar|4915100000512/);
    assert.equal((await query("select 1 from parcelkeep.records where source = 'tokens'")).length, 0);
  });

  test("refuses what is no value, by place and without repeating it", async () => {
    const answer = await post([
      { category: "name", value: "Ida" },
      { category: "phone", value: "not known" },
      { category: "street", value: "  " },
    ]);
    assert.equal(answer.status, 400);
    assert.deepEqual(
      answer.json().errors.map((each: { pointer: string }) => each.pointer),
      ["#/values/1/value", "#/values/2/value"],
    );
    assert.doesNotMatch(answer.text, /not known/);
    for (const [values, more] of [
      [[], {}],
      [Array.from({ length: 1_001 }, () => ({ category: "name", value: "x" })), {}],
      [[{ category: "soul", value: "x" }], {}],
      [[{ category: "name", value: "x", extra: 1 }], {}],
      [[{ category: "name", value: "x" }], { long: true }],
    ] as const)
      assert.equal((await post(values, more)).json().code, "invalid_field");
    assert.equal((await post([{ category: "name", value: "x" }], {}, {}, "pk_no")).status, 401);
  });

  test("keeps masked views where the tenant's policy says so, sealed, and drops them when it no longer does", async () => {
    const masked = newTenant("Masked");
    const set = (...options: string[]): string => program.command("tenants", "policy", "--tenant", masked.tenant, ...options);
    set("--mask", "phone", "email");
    const items = await program.until(async () => {
      const made = await tokens(
        [
          { category: "phone", value: "+4915100000612" },
          { category: "email", value: "ida@beispiel.example" },
          { category: "name", value: "Ida Musterweg" },
        ],
        {},
        {},
        masked.apiKey,
      );
      return (await metadata(made[0]!.token, masked.apiKey)).masked === null ? null : made;
    }, "the policy to hold");
    const views = await Promise.all(items.map(async ({ token }) => (await metadata(token, masked.apiKey)).masked));
    assert.deepEqual(views, ["+49 ••• ••12", "i•••@b•••", null]);
    assert.doesNotMatch(JSON.stringify(await query("select sealed::text from parcelkeep.masked_views")), /2b3439/);
    assert.throws(() => set("--mask", "name"), /invalid_field/);
    set("--mask", "email");
    assert.equal((await metadata(items[0]!.token, masked.apiKey)).masked, null);
  });

  test("finds subjects by postcode through beacons, with others beside, for a budget a day", async () => {
    const merchant = newTenant("Beacons");
    const search = (value: string, category = "postalCode") =>
      program.call("/v1/tokens/search", {
        key: merchant.apiKey,
        body: JSON.stringify({ category, value }),
        headers: { "content-type": "application/json" },
      });
    assert.equal((await search("1012 AB")).json().code, "invalid_field", "off by default");
    program.command("tenants", "policy", "--tenant", merchant.tenant, "--beacons", "postalCode:8200:5000");
    const policy = (await program.call("/v1/vault-policy", { key: merchant.apiKey })).json();
    assert.deepEqual(policy, { masked: [], beacons: [{ category: "postalCode", bits: 3, partitions: 4 }] });
    const codes = Array.from({ length: 400 }, (_, at) => `${1000 + (at % 200)} AB`);
    const made = await program.until(async () => {
      const items = await tokens(
        codes.map((value) => ({ category: "postalCode", value })),
        {},
        {},
        merchant.apiKey,
      );
      return (await query("select count(*) from parcelkeep.beacons where tenant = $1", [merchant.tenant]))[0].count === "0" ? null : items;
    }, "the policy to hold");
    const { items } = (await search("1012ab")).json() as { items: Item[] };
    const found = new Set(items.map((each) => each.token));
    for (const [at, code] of codes.entries()) if (code === "1012 AB") assert.ok(found.has(made[at]!.token));
    assert.ok(found.size >= 20 && found.size < made.length, "others beside, and not all");
    assert.equal((await search("1013 AB")).status, 200);
    assert.equal((await search("1014 AB")).status, 200);
    const spent = await search("1015 AB");
    assert.deepEqual([spent.status, spent.json().code], [429, "budget_exhausted"]);
    program.command("tenants", "policy", "--tenant", merchant.tenant);
    assert.equal((await query("select count(*) from parcelkeep.beacons where tenant = $1", [merchant.tenant]))[0].count, "0");
  });

  test("an erased group takes its short form, view and beacons with it", async () => {
    const [item] = await tokens([{ category: "customerId", value: "C-77" }], { short: true });
    const { subject } = await metadata(item!.short!);
    await query("delete from parcelkeep.sealed_groups where subject = $1", [subject]);
    assert.equal((await metadata(item!.short!)).code, "not_found");
    assert.equal((await metadata(item!.token)).code, "not_found");
  });

  test("somebody who probes with a dictionary is told of and stopped, and learns nothing more; others go on", async () => {
    const prober = newTenant("Prober");
    const [target] = await tokens([{ category: "phone", value: "+4917000000000" }], {}, {}, prober.apiKey);
    const guesses = (from: number) =>
      Array.from({ length: 150 }, (_, at) => ({ category: "phone", value: `+49171${String(1e7 + from + at)}` }));
    for (const from of [0, 150]) assert.equal((await post(guesses(from), {}, {}, prober.apiKey)).status, 200);
    const refused = await post([{ category: "phone", value: "+4917000000000" }], {}, {}, prober.apiKey);
    assert.deepEqual([refused.status, refused.json().code], [429, "budget_exhausted"]);
    assert.ok(Number(refused.headers.get("retry-after")) > 0 && Number(refused.headers.get("retry-after")) <= 3_600);
    assert.doesNotMatch(refused.text, /ptk_/);
    assert.equal((await metadata(target!.token, prober.apiKey)).category, "phone");
    assert.equal((await post([{ category: "name", value: "Ida" }], {}, {}, prober.apiKey)).status, 200, "fresh tokens tell nothing");
    assert.equal((await post([{ category: "phone", value: "+4917000000000" }])).status, 200, "another caller");
    const metrics = (await program.call("/metrics")).text;
    assert.match(metrics, /parcelkeep_token_miss_alarms_total 1\n/);
    assert.match(metrics, /parcelkeep_token_budget_refusals_total\{budget="misses"\} 1\n/);
    assert.match(metrics, /parcelkeep_tokens_total\{result="miss"\} \d+\n/);
  });

  test("a search for persons is no way around that: it spends the same budget, and says nothing more when it is spent", async () => {
    const prober = newTenant("Searcher");
    const [known] = await tokens([{ category: "email", value: "known@beispiel.example" }], {}, {}, prober.apiKey);
    assert.ok(known);
    const search = (values: readonly string[]) =>
      program.call("/v1/subjects/search", {
        key: prober.apiKey,
        body: JSON.stringify({ identifiers: values.map((value) => ({ category: "email", value })) }),
        headers: { "content-type": "application/json" },
      });
    const found = async () => (await search(["known@beispiel.example"])).json().items;
    assert.equal((await found()).length, 1);
    for (let call = 0; call < 6; call++) {
      const guesses = Array.from({ length: 50 }, (_, at) => `guess${call * 50 + at}@beispiel.example`);
      assert.deepEqual((await search(guesses)).json().items, []);
    }
    const refused = await search(["known@beispiel.example"]);
    assert.deepEqual([refused.status, refused.json().code], [429, "budget_exhausted"]);
    assert.ok(Number(refused.headers.get("retry-after")) > 0 && Number(refused.headers.get("retry-after")) <= 3_600);
    const values = [{ category: "email", value: "known@beispiel.example" }];
    assert.equal((await post(values, {}, {}, prober.apiKey)).json().code, "budget_exhausted", "one budget for both");
    assert.match((await program.call("/metrics")).text, /parcelkeep_token_miss_alarms_total 2\n/);
  });

  test("a day's budget of tokens ends", async () => {
    const eager = newTenant("Eager");
    const names = Array.from({ length: 1_000 }, () => ({ category: "name", value: "Ida" }));
    for (let call = 0; call < 5; call++) assert.equal((await post(names, {}, {}, eager.apiKey)).status, 200);
    const refused = await post(names.slice(0, 1), {}, {}, eager.apiKey);
    assert.deepEqual([refused.status, refused.json().code], [429, "budget_exhausted"]);
    assert.ok(Number(refused.headers.get("retry-after")) <= 86_400);
  });

  test("stands in the API description", async () => {
    const { paths } = (await program.call("/openapi.json")).json();
    assert.ok(paths["/v1/tokens"].post && paths["/v1/tokens/{token}"].get && paths["/v1/tokens/search"].post);
    assert.equal(paths["/v1/tokens"].post.requestBody.content["application/json"].schema.properties.values.maxItems, 1_000);
  });
});
