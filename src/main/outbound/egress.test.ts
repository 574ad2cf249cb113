import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { Registry } from "prom-client";
import { testDatabase } from "../../../test/support/database.ts";
import type { Category } from "../../domain/category.ts";
import { subkey } from "../../domain/keyed-hash.ts";
import type { CoveredValue, EgressCall } from "../../outbound/egress.ts";
import { uuidBytes, uuidText } from "../../store/binary-array.ts";
import { egressStore } from "../../store/egress-store.ts";
import { indexVersionsOf } from "../../store/index-versions.ts";
import { clients } from "./clients.ts";
import { programEgress } from "./egress.ts";
import { egressCall } from "./egress-rules.ts";
import { programLog } from "../log.ts";
import { readRegisterFiles } from "./register-files.ts";
import { TenantKeys } from "../keys/tenant-keys.ts";

const root = randomBytes(32);
const [tenant, another] = [randomUUID(), randomUUID()];
const number = "42424242421";

describe("the guarded egress of a process", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const outbound = database.pool("parcelkeep_outbound");
  const tenantKeys = new TenantKeys({ derive: async (label) => subkey(root, label) }, indexVersionsOf(outbound));
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.end("[]");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registry = new Registry();
  const egress = programEgress({
    entryOf: async (source) => readRegisterFiles().find((entry) => entry.source === source) ?? null,
    webhookOf: async () => null,
    tenantKeys,
    store: egressStore(outbound),
    testHosts: new Set([host]),
    registry,
    log: programLog("silent", "outbound"),
  });

  /** As ingest would have entered it. */
  const enter = async (of: string, category: Category, value: string): Promise<void> => {
    const blind = Buffer.from((await tenantKeys.of(of)).blind(category, value), "latin1");
    await owner.query("insert into parcelkeep.token_index (blind, tenant, token, subject) values ($1, $2, $3, gen_random_uuid())", [
      uuidText(blind),
      of,
      Buffer.concat([uuidBytes(randomUUID()), randomBytes(4)]),
    ]);
  };
  const gls = clients.get("gls")!;
  const trackCall = (...more: readonly CoveredValue[]): EgressCall => {
    const credentials = Object.fromEntries(gls.credentialFields.map((field) => [field, `secret-${field}`]));
    const request = gls.trackRequest([number], credentials, "access-token-1", `http://${host}`);
    return egressCall(tenant, "gls", request, [{ kind: "credential", value: "access-token-1" }, ...more]);
  };
  const covered: CoveredValue = { kind: "release", release: "r1", value: number };
  const refusals = async (): Promise<
    readonly { readonly recipient: string; readonly code: string; readonly findings: readonly object[] }[]
  > => (await owner.query("delete from parcelkeep.egress_refusals where tenant = $1 returning recipient, code, findings", [tenant])).rows;

  test("sends a carrier's call whose number is covered", async () => {
    const answer = await egress.send(trackCall(covered));
    assert.equal(Buffer.from(answer.body).toString(), "[]");
    assert.match(seen.at(-1)!, new RegExp(number));
    assert.deepEqual(await refusals(), []);
  });

  test("refuses one that nobody covers, says where it stood and what it is, and keeps no part of it", async () => {
    await enter(tenant, "trackingNumber", number);
    const sent = seen.length;
    await assert.rejects(egress.send(trackCall()), { code: "leak" });
    assert.equal(seen.length, sent);
    const [refusal] = await refusals();
    assert.deepEqual([refusal!.recipient, refusal!.code], ["gls", "leak"]);
    assert.ok(refusal!.findings.some((finding) => JSON.stringify(finding).includes('"trackingNumber"')));
    assert.ok(!JSON.stringify(refusal).includes(number.slice(2, 8)));
    assert.match(await registry.metrics(), /parcelkeep_egress_findings_total\{recipient="gls",kind="known-value",place="url-path"\} [1-9]/);
  });

  test("knows a tenant's values in any spelling, in formats that would pass, and no other tenant's", async () => {
    const customer = randomUUID();
    // Carriers that are asked get no ids of ours; whoever has no connector may.
    const url = (text: string): EgressCall => ({ ...trackCall(covered), recipient: "shopify", headers: {}, url: `http://${host}/${text}` });
    assert.equal((await egress.send(url(customer))).status, 200);
    await enter(another, "customerId", customer);
    assert.equal((await egress.send(url(customer))).status, 200);
    await enter(tenant, "customerId", customer);
    await assert.rejects(egress.send(url(customer)), { code: "leak" });
    await assert.rejects(egress.send(url(customer.toUpperCase())), { code: "leak" });
    assert.equal((await refusals()).length, 2);
  });

  test("refuses a host that is not the recipient's, and an address of this machine that is no test's", async () => {
    const call = trackCall(covered);
    await assert.rejects(egress.send({ ...call, url: call.url.replace(host, "evil.example") }), { code: "host-not-registered" });
    await assert.rejects(egress.send({ ...call, url: call.url.replace(host, "127.0.0.1:1") }), { code: "host-not-registered" });
    await assert.rejects(egress.send({ ...call, recipient: "nobody" }), { code: "host-not-registered" });
    assert.deepEqual(
      (await refusals()).map(({ code }) => code),
      ["host-not-registered", "host-not-registered", "host-not-registered"],
    );
  });
});
