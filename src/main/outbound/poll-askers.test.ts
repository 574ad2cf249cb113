import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askerParts, aTenant, glsEntry, outboundAccount } from "../../../test/support/polling.ts";
import { nothingForbidden } from "../../domain/release-decision.ts";
import type { OutboundAccount } from "../../store/outbound-store.ts";
import { Askers } from "./poll-askers.ts";

/** A table of accounts, in the order in which the store gives them. */
function tableOf(...accounts: OutboundAccount[]) {
  return {
    accounts: async () => accounts,
    holdAccount: async (id: string, until: number | null, heldReason: string | null) => {
      const at = accounts.findIndex((account) => account.id === id);
      accounts[at] = { ...accounts[at]!, heldUntil: until === null ? null : new Date(until), heldReason };
    },
  };
}
const ids = (askers: readonly { readonly account: { readonly id: string } }[]) => askers.map(({ account }) => account.id);

describe("accounts that can be asked", () => {
  const [one, two, three] = [outboundAccount({ id: "one" }), outboundAccount({ id: "two" }), outboundAccount({ id: "three" })] as const;

  test("those of a carrier stand in the order of the table, also after it was read again", async () => {
    const askers = new Askers(askerParts({ store: tableOf(one, two, three) }));
    for (let reading = 0; reading < 3; reading++) {
      await askers.read();
      assert.deepEqual(ids(askers.healthyFor(aTenant, "gls")), ["one", "two", "three"]);
    }
  });

  test("an account that is added with a better rank goes before the others from then on", async () => {
    const accounts = [one, two];
    const askers = new Askers(askerParts({ store: { ...tableOf(), accounts: async () => accounts } }));
    await askers.read();
    accounts.unshift(three);
    await askers.read();
    assert.deepEqual(ids(askers.healthyFor(aTenant, "gls")), ["three", "one", "two"]);
  });

  test("one that rests for a reason of ours keeps its place; one that the carrier holds gives it up", async () => {
    const askers = new Askers(askerParts({ store: tableOf(one, two) }));
    await askers.read();
    askers.get("one")!.restsUntil = 1_000;
    assert.deepEqual(ids(askers.healthyFor(aTenant, "gls")), ["one", "two"]);
    await askers.hold(askers.get("one")!, 1_000, "rate-limited");
    assert.deepEqual(ids(askers.healthyFor(aTenant, "gls")), ["two"]);
  });

  test("after an account the next in the order is turned to, after the last the first, and none where all others are in trouble", async () => {
    const open = new Set<string>();
    const parts = {
      store: tableOf(one, two, three),
      resilience: { waitMs: (_: string, credential: string) => (open.has(credential) ? 1 : 0) },
    };
    const askers = new Askers(askerParts(parts));
    await askers.read();
    const after = (id: string) => askers.nextAfter(askers.get(id)!, "gls")?.account.id ?? null;
    assert.deepEqual([after("one"), after("two"), after("three")], ["two", "three", "one"]);
    open.add(two.credential);
    assert.equal(after("one"), "three");
    open.add(three.credential);
    assert.equal(after("one"), null);
  });

  test("accounts of other merchants and for other carriers are no fallback", async () => {
    const foreign = outboundAccount({ tenant: "somebody-else" });
    const askers = new Askers(askerParts({ store: tableOf(one, foreign) }));
    await askers.read();
    assert.equal(askers.nextAfter(askers.get("one")!, "gls"), null);
    assert.deepEqual(askers.healthyFor(aTenant, "ups"), []);
  });

  test("a hold that falls into a reading of the table is not lost, and one that somebody has lifted is", async () => {
    const table = tableOf(one);
    let whileReading = async (): Promise<void> => {};
    const accounts = async (): Promise<readonly OutboundAccount[]> => {
      const read = [...(await table.accounts())];
      await whileReading();
      return read;
    };
    const askers = new Askers(askerParts({ store: { ...table, accounts } }));
    await askers.read();
    whileReading = () => askers.hold(askers.get("one")!, 60_000, "rate-limited");
    await askers.read();
    assert.equal(askers.blockedMs(askers.get("one")!), 60_000);
    whileReading = async () => {};
    await askers.read();
    assert.equal(askers.blockedMs(askers.get("one")!), 60_000, "it stands in the table");
    await table.holdAccount("one", null, null);
    await askers.read();
    assert.equal(askers.blockedMs(askers.get("one")!), 0);
  });

  test("what was taken and not asked about yet survives a reading", async () => {
    const askers = new Askers(askerParts({ store: tableOf(one) }));
    await askers.read();
    const poll = { shipment: "s", number: "n", carrier: "gls", failures: 0, claimedAt: 0 };
    askers.get("one")!.ready.push(poll);
    await askers.read();
    assert.deepEqual(askers.get("one")!.ready, [poll]);
  });

  test("an account without a connector, without polling rules, or whose recipient the merchant forbids, is not asked", async () => {
    const read = async (given: Partial<Parameters<typeof askerParts>[0]>) => {
      const askers = new Askers(askerParts({ store: tableOf(one), ...given }));
      await askers.read();
      return askers.size;
    };
    const { polling: _, ...withoutRules } = glsEntry;
    assert.equal(await read({}), 1);
    assert.equal(await read({ clients: new Map() }), 0);
    assert.equal(await read({ entryOf: async () => withoutRules }), 0);
    assert.equal(await read({ entryOf: async () => null }), 0);
    assert.equal(await read({ policyOf: async () => ({ ...nothingForbidden, refusedRecipients: new Set(["gls"]) }) }), 0);
  });

  test("of the carriers of an account only those are asked about whose numbers its source may be told", async () => {
    const both = outboundAccount({ id: "both", carriers: ["gls", "ups"] });
    const askers = new Askers(askerParts({ store: tableOf(both) }));
    await askers.read();
    assert.deepEqual(askers.get("both")!.account.carriers, ["gls"]);
  });
});
