import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, beforeEach, describe, test } from "node:test";
import { testDatabase } from "../../../test/support/database.ts";
import { askerParts, glsEntry } from "../../../test/support/polling.ts";
import { outboundStore } from "../../store/outbound-store.ts";
import type { FeedOutcome } from "./carrier-calls.ts";
import { ChangeFeeds } from "./change-feeds.ts";
import { clients } from "./clients.ts";
import { Askers } from "./poll-askers.ts";

const minute = 60_000;
const hour = 60 * minute;

/** Feeds over the real table, on a clock that the test moves; the carrier is played. */
describe("feeds of what changed", async () => {
  const database = await testDatabase({ after });
  const owner = database.pool("parcelkeep_owner");
  const store = outboundStore(database.pool("parcelkeep_outbound"));
  const tenant = randomUUID();
  await owner.query("insert into parcelkeep.tenants (id, name) values ($1, 'T')", [tenant]);
  let now = Date.now();

  beforeEach(async () => {
    await owner.query("truncate parcelkeep.carrier_accounts, parcelkeep.quota_use, parcelkeep.outbound_letters cascade");
    now = Date.now();
  });

  async function addAccount(credential: string = randomUUID()): Promise<string> {
    await database
      .pool("parcelkeep_api")
      .query("select parcelkeep.add_carrier_account($1, $2, 'postnl', '{postnl}', 0::smallint, $3, 1, '', '')", [
        randomUUID(),
        tenant,
        credential,
      ]);
    return credential;
  }

  /** A process that fetches feeds. @param answer of the carrier. */
  async function fetcher(answer: () => FeedOutcome = () => ({ kind: "fed", payloads: 1 })) {
    const asked: { from: number; to: number }[] = [];
    const postnl = clients.get("postnl")!;
    const askers = new Askers(
      askerParts({
        store,
        clients: new Map([["postnl", postnl]]),
        entryOf: async () => ({ ...glsEntry, source: "postnl" }),
        now: () => now,
      }),
    );
    await askers.read();
    const feeds = new ChangeFeeds({
      store,
      calls: {
        quotaWaitMs: () => 0,
        askFeed: async (_account, _client, _feed, _quotas, stretch) => {
          asked.push(stretch);
          return answer();
        },
      },
      askers,
      now: () => now,
    });
    return { feeds, asked, askers };
  }

  test("the first stretch is as long as the carrier allows, the next begins a little before the end of the last", async () => {
    await addAccount();
    const { feeds, asked } = await fetcher();
    await feeds.turn();
    assert.deepEqual(asked, [{ from: now - 2 * hour, to: now }]);
    const last = now;
    now += 10 * minute;
    await feeds.turn();
    assert.deepEqual(asked[1], { from: last - 2 * minute, to: now });
  });

  test("it is fetched no more often than the carrier wants, by one of two processes, over a restart too", async () => {
    await addAccount();
    const [one, two] = [await fetcher(), await fetcher()];
    await Promise.all([one.feeds.turn(), two.feeds.turn()]);
    await one.feeds.turn();
    const restarted = await fetcher();
    await restarted.feeds.turn();
    assert.equal(one.asked.length + two.asked.length + restarted.asked.length, 1);
  });

  test("what was not answered is asked for again, in stretches that the carrier takes, until it has caught up", async () => {
    await addAccount();
    let isAway = false;
    const { feeds, asked } = await fetcher(() =>
      isAway ? { kind: "failed", code: "unavailable", retryAfterMs: null } : { kind: "fed", payloads: 0 },
    );
    await feeds.turn();
    const last = now;
    isAway = true;
    for (let at = 0; at < 30; at++) {
      now += 10 * minute;
      await feeds.turn();
    }
    isAway = false;
    asked.length = 0;
    for (let at = 0; at < 4; at++) {
      now += 10 * minute;
      await feeds.turn();
    }
    assert.equal(asked[0]!.from, last - 2 * minute);
    assert.ok(asked.every(({ from, to }) => to - from <= 2 * hour && to <= now));
    for (let at = 1; at < asked.length; at++) assert.ok(asked[at]!.from <= asked[at - 1]!.to, "nothing lies between two of them");
    assert.equal(asked.at(-1)!.to, now, "caught up");
  });

  test("what is older than the carrier keeps is left to the polls", async () => {
    await addAccount();
    const { feeds, asked } = await fetcher();
    await feeds.turn();
    now += 72 * hour;
    await feeds.turn();
    assert.deepEqual(asked[1], { from: now - 47 * hour, to: now - 45 * hour });
  });

  test("parcels are fed while the feed answers and has brought something within a day; a feed that brings nothing is no feed", async () => {
    const credential = await addAccount();
    let payloads = 0;
    const { feeds } = await fetcher(() => ({ kind: "fed", payloads }));
    const after = async (ms: number): Promise<boolean> => {
      now += ms;
      await feeds.turn();
      return feeds.isFed(credential);
    };
    await feeds.turn();
    assert.equal(await after(10 * minute), false, "it has brought nothing yet");
    payloads = 1;
    await after(10 * minute);
    assert.equal(await after(minute), true);
    payloads = 0;
    assert.equal(await after(2 * hour), false, "it was not fetched for long");
    assert.equal(await after(10 * minute), true);
    for (let at = 0; at < 25 * 6; at++) await after(10 * minute);
    assert.equal(feeds.isFed(credential), false);
  });

  test("an account without the feed's part of the credential is not asked again", async () => {
    await addAccount();
    const { feeds, asked } = await fetcher(() => ({ kind: "no-feed" }));
    await feeds.turn();
    now += hour;
    await feeds.turn();
    assert.equal(asked.length, 1);
  });

  test("accounts that share a credential share its feed", async () => {
    const credential = await addAccount();
    await addAccount(credential);
    const { feeds, asked } = await fetcher();
    await feeds.turn();
    assert.equal(asked.length, 1);
  });

  test("a carrier that says when to come again, or refuses the credential, holds the account", async () => {
    await addAccount();
    let answer: FeedOutcome = { kind: "rate-limited", retryAfterMs: hour };
    const { feeds, asked } = await fetcher(() => answer);
    await feeds.turn();
    now += 30 * minute;
    await feeds.turn();
    assert.equal(asked.length, 1);
    now += 31 * minute;
    answer = { kind: "unauthorised" };
    await feeds.turn();
    assert.equal(asked.length, 2);
    const { rows } = await owner.query("select code, shipment from parcelkeep.outbound_letters");
    assert.deepEqual(rows, [{ code: "credential-refused", shipment: null }]);
  });
});
