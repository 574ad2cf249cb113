import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { glsClient, outboundAccount } from "../../../test/support/polling.ts";
import type { CarrierClient } from "../../carriers/client.ts";
import type { EgressAnswer, EgressCall } from "../../outbound/egress.ts";
import { EgressError } from "../../outbound/egress.ts";
import { Resilience, usualResilience } from "../../outbound/resilience.ts";
import { TokenCache } from "../../outbound/token-cache.ts";
import { sealCredential } from "../../vault/carrier-credentials.ts";
import { CarrierCalls, type CarrierCallParts, type PolledShipment } from "./carrier-calls.ts";

const found = { parcels: [{ requested: "50000000001", unitno: "50000000001", status: "INTRANSIT", events: [{ code: "INTRANSIT" }] }] };
const json = (status: number, value: unknown, headers: Record<string, string> = {}): EgressAnswer => ({
  status,
  headers,
  body: Buffer.from(JSON.stringify(value)),
});

interface Played {
  /** What the carrier's tracking answers, one after the other; the last for good. */
  readonly answers: readonly (EgressAnswer | EgressError)[];
  readonly takes?: "taken" | "refused" | "away";
  readonly client?: CarrierClient;
}

/** What a store gives for polls: numbers that open to anything. */
const sealedFor = (polls: readonly PolledShipment[]) =>
  polls.map(({ shipment }) => ({
    ...{ shipment, place: 0, session: 1, epoch: 1, groupId: Buffer.alloc(0), wrapped: Buffer.alloc(0) },
    ...{ salt: Buffer.alloc(0), commitment: Buffer.alloc(0), sealed: Buffer.alloc(0) },
  }));

/** A played carrier, keys in memory that wrap by copying, and a store that notes what it is told. */
async function played({ answers, takes = "taken" }: Played, store: Partial<CarrierCallParts["store"]> = {}) {
  const keys = {
    currentEpoch: 1,
    generateDataKey: async () => ({ plaintext: Buffer.alloc(32, 7), wrapped: Buffer.alloc(32, 7) }),
    unwrap: async () => Buffer.alloc(32, 7),
  };
  const bare = outboundAccount();
  const owner = { tenant: bare.tenant, account: bare.id, source: "gls" };
  const account = { ...bare, ...(await sealCredential(keys, owner, { clientId: "the-client", clientSecret: "the-secret" })) };
  const sent: EgressCall[] = [];
  const ended: string[] = [];
  let tracked = 0;
  let tokens = 0;
  const calls = new CarrierCalls({
    store: {
      beginCall: async ({ polls }) => sealedFor(polls),
      endCall: async (_release, outcome, _source, isFailure) => void ended.push(`${outcome}${isFailure ? " (failure)" : ""}`),
      quotaUses: async () => new Map(),
      ...store,
    },
    egress: {
      send: async (call) => {
        sent.push(call);
        if (call.url.endsWith("/token")) return json(200, { access_token: `token-${++tokens}`, expires_in: 3600 });
        const answer = answers[Math.min(tracked++, answers.length - 1)]!;
        if (answer instanceof EgressError) throw answer;
        return answer;
      },
    },
    ingress: { handIn: async () => takes },
    keys,
    numbers: { resolve: async (_tenant, sealed) => new Map(sealed.map(({ shipment }) => [shipment, "50000000001"])) },
    tokens: new TokenCache(() => 0),
    resilience: new Resilience({ ...usualResilience, pauseMs: 1, pauseMaxMs: 10 }, Date.now, () => 0),
    baseUrlOf: () => "https://api.gls-group.net",
    now: () => 0,
    called: () => {},
  });
  return { calls, account, sent, ended };
}

/** One call. */
async function called(how: Played) {
  const { calls, account, sent, ended } = await played(how);
  const { client = glsClient } = how;
  const shipment = randomUUID();
  const outcome = await calls.ask(account, client, [], "contract", [{ shipment, number: "ptk" }]);
  return { outcome, sent, ended, shipment };
}

describe("a call to a carrier", () => {
  test("holds the number under its release and the credential, and its answer is handed in", async () => {
    const { outcome, sent, ended, shipment } = await called({ answers: [json(200, found)] });
    assert.deepEqual(outcome, { kind: "answered", answered: [shipment], unresolved: [] });
    const track = sent.at(-1)!;
    assert.ok(track.url.endsWith("/50000000001"));
    assert.deepEqual(
      track.covered.map(({ kind, value }) => [kind, value]),
      [
        ["release", "50000000001"],
        ["credential", "the-client"],
        ["credential", "the-secret"],
        ["credential", "token-1"],
      ],
    );
    assert.deepEqual(ended, ["answered"]);
  });

  test("whose answer the ingress will never take counts as one that cannot be read, and is not asked for at once again", async () => {
    const { outcome, ended } = await called({ answers: [json(200, found)], takes: "refused" });
    assert.deepEqual(outcome, { kind: "failed", code: "malformed", retryAfterMs: null });
    assert.deepEqual(ended, ["malformed (failure)"]);
  });

  test("whose answer the ingress does not take now is asked for again, and is no failure of the carrier's", async () => {
    const { outcome, ended } = await called({ answers: [json(200, found)], takes: "away" });
    assert.deepEqual([outcome.kind, ended], ["not-taken-in", ["not-taken-in"]]);
  });

  test("gets one new token where the first is refused, and gives up where that is refused too", async () => {
    const refused = json(401, {});
    const again = await called({ answers: [refused, json(200, found)] });
    assert.equal(again.outcome.kind, "answered");
    assert.deepEqual(again.ended, ["unauthorised", "answered"]);
    const never = await called({ answers: [refused] });
    assert.equal(never.outcome.kind, "unauthorised");
    assert.equal(never.sent.filter(({ url }) => url.endsWith("/token")).length, 2);
  });

  test("is repeated soon where the carrier is away for a moment, each attempt a release of its own", async () => {
    const { outcome, ended } = await called({ answers: [json(503, {}), json(503, {}), json(200, found)] });
    assert.equal(outcome.kind, "answered");
    assert.deepEqual(ended, ["unavailable (failure)", "unavailable (failure)", "answered"]);
  });

  test("is not repeated where the carrier wants a longer pause, nor where the guard refused it", async () => {
    const later = await called({ answers: [json(503, {}, { "retry-after": "600" })] });
    assert.deepEqual([later.outcome, later.ended.length], [{ kind: "failed", code: "unavailable", retryAfterMs: 600_000 }, 1]);
    const limited = await called({ answers: [json(429, {}, { "retry-after": "60" })] });
    assert.deepEqual(limited.outcome, { kind: "rate-limited", retryAfterMs: 60_000 });
    const leak = await called({ answers: [new EgressError("leak", "the call holds what may not leave")] });
    assert.deepEqual([leak.outcome, leak.ended], [{ kind: "refused", code: "leak" }, ["leak"]]);
  });

  test("with garbage for an answer is not repeated at once", async () => {
    const { outcome, ended } = await called({ answers: [{ status: 200, headers: {}, body: Buffer.from("<html>") }] });
    assert.deepEqual([outcome, ended], [{ kind: "failed", code: "malformed", retryAfterMs: null }, ["malformed (failure)"]]);
  });
});

describe("the quota of a credential", () => {
  const quotas = [{ unit: "calls", count: 500, windowMs: 24 * 60 * 60_000 }] as const;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  /** Spends only from what it has, as the database does; what is on its way there may take longer than what was sent later. */
  function sharedQuota() {
    let stands: number | null = null;
    let sent = 0;
    let refused = 0;
    let credentialOf = "";
    const store: Partial<CarrierCallParts["store"]> = {
      beginCall: async ({ polls, quotas: [quota] }) => {
        for (let wait = sent++ % 3; wait < 3; wait++) await turn();
        if (stands !== quota!.was) {
          refused++;
          return null;
        }
        stands = quota!.freeAt;
        return sealedFor(polls);
      },
      quotaUses: async () => new Map(stands === null ? [] : [[`${credentialOf} calls/500/${quotas[0].windowMs}`, stands]]),
    };
    return { store, of: (credential: string) => (credentialOf = credential), refused: () => refused };
  }

  const ask = async ({ calls, account }: Awaited<ReturnType<typeof played>>): Promise<string> =>
    (await calls.ask(account, glsClient, quotas, "contract", [{ shipment: randomUUID(), number: "ptk" }])).kind;

  test("is spent by calls that begin at the same moment without one of them in vain", async () => {
    const quota = sharedQuota();
    const process = await played({ answers: [json(200, found)] }, quota.store);
    quota.of(process.account.credential);
    const kinds = await Promise.all(Array.from({ length: 5 }, () => ask(process)));
    assert.deepEqual(new Set(kinds), new Set(["answered"]));
    assert.equal(quota.refused(), 0);
  });

  test("goes on being spent where another process was faster, from what that one left", async () => {
    const quota = sharedQuota();
    const one = await played({ answers: [json(200, found)] }, quota.store);
    quota.of(one.account.credential);
    const other = { ...(await played({ answers: [json(200, found)] }, quota.store)), account: one.account };
    for (const [index, each] of [one, other, one, one, other, other].entries()) assert.equal(await ask(each), "answered", `call ${index}`);
    assert.ok(quota.refused() > 0);
  });
});
