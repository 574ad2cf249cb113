import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, test } from "node:test";
import { EgressError } from "../../outbound/egress.ts";
import { KeyError } from "../../vault/keys/provider.ts";
import { failOnce } from "../../../test/support/fail-once.ts";
import { carryOut, type TransferParts } from "./transfer-opening.ts";
import { sessionKey, values, transferWorld } from "../../../test/support/transfer-world.ts";

describe("carrying a transfer out", async () => {
  const { answered, granter, use, groups, granted, parts, stateOf, entriesOf } = await transferWorld({ after });

  test("hands over exactly what was granted, and the answer goes to ingress", async () => {
    const { id, grant } = await granted();
    const { given, sent, taken } = parts();
    assert.deepEqual(await carryOut(grant, given), { state: "delivered", outcome: "delivered" });
    assert.deepEqual(JSON.parse(Buffer.from(sent[0]!.body!).toString()).recipient, values);
    assert.deepEqual(
      sent[0]!.covered.map(({ value }) => value),
      Object.values(values),
    );
    assert.deepEqual(taken.map(String), ['{"deliveredTo":"Ottilie Zwirnbaum"}']);
    assert.equal((await stateOf(id)).state, "delivered");
    assert.deepEqual(await entriesOf(grant), ["opening.intended", "opening.done", "transfer.executed"]);
  });

  const steps = [
    ["use", "read"],
    ["use", "policies"],
    ["use", "livePasskeys"],
    ["use", "use"],
    ["parts", "isLogged"],
    ["use", "groups"],
    ["keys", "unwrap"],
    ["egress", "send"],
    ["ingress", "take"],
    ["use", "end"],
  ] as const;
  /** What comes before the use, and is harmless twice. */
  const readsOnly: ReadonlySet<string> = new Set(["read", "policies", "livePasskeys"]);
  for (const [port, method] of steps)
    for (const when of ["before", "after"] as const)
      test(`tells the truth and sends at most once where the process dies ${when} ${method}`, async () => {
        const { id, grant } = await granted();
        const { given, sent, egress } = parts();
        const failing: Record<(typeof steps)[number][0], () => Partial<TransferParts>> = {
          use: () => ({ use: failOnce(given.use, method as never, when) }),
          parts: () => failOnce({ isLogged: given.isLogged }, "isLogged", when),
          keys: () => ({ keys: failOnce(given.keys, "unwrap", when) }),
          egress: () => ({ egressFor: () => failOnce(egress, "send", when) }),
          ingress: () => ({ ingress: failOnce(given.ingress, "take", when) }),
        };
        await carryOut(grant, { ...given, ...failing[port](), now: given.now }).catch(() => null);
        // Whoever started it finds the grant again, and starts another one; what says nothing is called unknown.
        const again = await carryOut(grant, given).catch(() => null);
        await granter.sweep(0);
        const { state } = await stateOf(id);
        assert.ok(sent.length <= 1, "it was sent once at most");
        if (sent.length === 1) assert.ok(state === "delivered" || state === "unknown", `it may have arrived, and the log says ${state}`);
        else assert.ok(state === "failed" || state === "unknown", `nothing was sent, and the log says ${state}`);
        const log = await entriesOf(grant);
        assert.equal(log[0], "opening.intended");
        assert.ok(log.length >= 2, "an intent never stands without an outcome");
        if (readsOnly.has(method)) assert.equal(again?.state, "delivered", "what was not used may be used");
        else if (method !== "use" || when === "after") assert.equal(again?.state, "not-used");
      });

  test("opens nothing while the log cannot be reached", async () => {
    const { id, grant } = await granted();
    let unwraps = 0;
    const keys = { unwrap: async () => Buffer.from(sessionKey.subarray(0, (unwraps++, 32))) } as never;
    const { given, sent } = parts({ isLogged: async () => false, keys });
    assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: "log-unreachable" });
    assert.deepEqual([unwraps, sent.length, (await stateOf(id)).outcome], [0, 0, "log-unreachable"]);
  });

  test("does not know whether it arrived where the carrier hangs or the connection breaks", async () => {
    for (const code of ["timeout", "unreachable", "answer-too-large", "redirect-refused"] as const) {
      const { grant } = await granted();
      const { given } = parts({}, () => Promise.reject(new EgressError(code, "as planned")));
      assert.deepEqual(await carryOut(grant, given), { state: "unknown", outcome: code });
    }
  });

  test("says that nothing left where the guard or TLS stopped it, and that the carrier refused where it did", async () => {
    for (const code of ["leak", "tls", "host-not-registered", "address-refused"] as const) {
      const { grant } = await granted();
      const { given } = parts({}, () => Promise.reject(new EgressError(code, "as planned")));
      assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: code });
    }
    const { grant } = await granted();
    const { given } = parts({}, async () => ({ ...answered, status: 422, body: Buffer.from("{}") }));
    assert.deepEqual(await carryOut(grant, given), { state: "failed", outcome: "carrier-refused" });
  });

  test("sends nothing where keys are away or one of the values is gone", async () => {
    const away = await granted();
    const { given, sent } = parts({ keys: { unwrap: () => Promise.reject(new KeyError("unavailable", "as planned")) } as never });
    assert.deepEqual(await carryOut(away.grant, given), { state: "failed", outcome: "keys-unavailable" });
    const erased = await granted();
    const halves = parts({ use: { ...use, groups: async () => groups.slice(0, 1) } });
    assert.deepEqual(await carryOut(erased.grant, halves.given), { state: "failed", outcome: "values-gone" });
    assert.deepEqual([sent.length, halves.sent.length], [0, 0]);
  });

  test("does nothing for a grant that is used, none, or another tenant's", async () => {
    const { grant } = await granted();
    const { given, sent } = parts();
    const all = await Promise.all(Array.from({ length: 20 }, () => carryOut(grant, given)));
    assert.equal(all.filter(({ state }) => state === "delivered").length, 1);
    assert.equal(sent.length, 1);
    assert.deepEqual(await carryOut(randomUUID(), given), { state: "not-used", outcome: "no-such-grant" });
    const ours = await granted();
    assert.deepEqual(await carryOut(ours.grant, { ...given, tenant: randomUUID() }), { state: "not-used", outcome: "no-such-grant" });
    assert.equal((await stateOf(ours.id)).state, "granted");
  });
});
