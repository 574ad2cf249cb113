import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CarrierClient, ClientAnswer, ClientFailure, ClientRequest, Credentials, TrackOutcome } from "../../carriers/client.ts";
import { detectCarriers } from "../../carriers/detection/detect.ts";
import type { Notice } from "../../domain/notice.ts";
import { CarrierDesk } from "../../simulator/carrier-desk.ts";
import { simulatedCarriers } from "../../simulator/carriers.ts";
import { type Behaviour, type FaultName, usualBehaviour } from "../../simulator/faults.ts";
import { lifeMaxMs, statusAfter } from "../../simulator/life.ts";
import { SimulatorServer } from "../../simulator/server.ts";
import { last, type SimulatedCarrier } from "../../simulator/simulated-carrier.ts";
import { trackingNumberOf, unknownNumberOf } from "../../simulator/tracking-number.ts";
import { World } from "../../simulator/world.ts";
import { readRegisterFiles } from "../outbound/register-files.ts";
import { codecs } from "../intake/sources.ts";

const beginning = Date.UTC(2026, 10, 10);
/** By now there are parcels of every age: each of them has begun its life and the first have ended theirs. */
const afterMs = lifeMaxMs + 8 * 3_600_000;
const quick: Behaviour = { ...usualBehaviour, latency: { medianMs: 0, p99Ms: 0 } };
/** Their answers are full of people; the others' name nobody. */
const talkative: readonly string[] = [
  "bring",
  "dhl-express",
  "dhl-parcel-de",
  "dhl-unified",
  "fedex",
  "hermes-de",
  "postnl",
  "royalmail",
  "ups",
];

for (const carrier of simulatedCarriers) {
  const { source } = carrier;
  describe(`${source}: its connector and the simulator`, () => {
    let client: CarrierClient;
    let simulator: SimulatorServer;
    let desk: CarrierDesk;
    let numbers: readonly string[];

    const open = async (hasQuotas: boolean): Promise<void> => {
      let now = beginning;
      const world = new World("contract", { now: () => now, realAt: (simulated) => simulated });
      desk = new CarrierDesk(carrier, world, { seed: "contract", behaviour: quick, hasQuotas, tokenLifeSeconds: null });
      numbers = world.add(carrier, 40, lifeMaxMs).map((parcel) => parcel.number);
      now += afterMs;
      simulator = await SimulatorServer.start([desk], world, { host: "127.0.0.1", port: 0 });
    };
    before(async () => {
      ({ client } = (await import(`../../carriers/${source}/client.ts`)) as { readonly client: CarrierClient });
      await open(false);
    });
    after(() => simulator.stop());

    if (carrier.feed !== undefined) {
      test("the feed of what changed brings the parcels of its stretch, and is answered by nobody without the credential", async () => {
        const feed = client.feed!;
        const fetchFeed = async (from: number, to: number, credentials: Credentials) => {
          const request = feed.request(from, to, { ...credentials, [feed.credentialField]: "10000001" }, simulator.baseUrlOf(source));
          const answer = await fetch(request.url, { headers: request.headers });
          const body = Buffer.from(await answer.arrayBuffer());
          return feed.readAnswer({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
        };
        const now = beginning + afterMs;
        const brought = new Set<string>();
        for (let to = now; to > beginning; to -= feed.windowMaxMs) {
          const outcome = await fetchFeed(to - feed.windowMaxMs, to, desk.credentials);
          assert.equal(outcome.kind, "answered");
          for (const payload of outcome.kind === "answered" ? outcome.payloads : []) {
            const decoded = codecs.get(source)!.decode(payload);
            assert.ok(decoded.ok);
            for (const { trackingNumber } of decoded.notices) brought.add(trackingNumber!);
          }
        }
        assert.deepEqual(brought, new Set(numbers));
        const wrong = Object.fromEntries(Object.keys(desk.credentials).map((name) => [name, "wrong"]));
        assert.equal((await fetchFeed(now - 1, now, wrong)).kind, "unauthorised");
      });
    }

    const track = (asked: readonly string[], credentials: Credentials = desk.credentials): Promise<TrackOutcome> =>
      trackWith(client, simulator.baseUrlOf(source), asked, credentials);
    const withFault = async (fault: FaultName, work: () => Promise<void>): Promise<void> => {
      desk.behaviour = { ...quick, faults: { [fault]: 1 } };
      try {
        await work();
      } finally {
        desk.behaviour = quick;
      }
    };

    test("agree on batch size and credential, and so does the register", () => {
      assert.equal(client.batchMax, carrier.batchMax);
      assert.deepEqual(client.credentialFields, carrier.credentialFields);
      const entry = readRegisterFiles().find((each) => each.source === source);
      assert.ok(entry, "no entry in the register");
      assert.equal(entry.limits?.batchMax, client.batchMax);
      assert.ok(entry.hosts.includes(new URL(client.baseUrl).hostname));
    });

    test("give out numbers that are detected as the carrier's", () => {
      for (const serial of [0, 7, 123_456]) {
        const found = detectCarriers(trackingNumberOf(source, serial)).map((candidate) => candidate.carrier);
        assert.ok(found.some((each) => each === source || (source === "dhl-unified" && each.startsWith("dhl"))));
      }
    });

    test("understand each other: a full call is answered for all its numbers", async () => {
      const asked = numbers.slice(0, client.batchMax);
      const outcome = await track(asked);
      assert.ok(outcome.kind === "answered");
      assert.deepEqual(outcome.notFound, []);
      assert.equal(outcome.payloads.length, 1);
      assert.deepEqual(desk.counts.badRequests, 0);
    });

    test("the codec reads in the answer what the parcel has lived", async () => {
      const codec = codecs.get(source);
      assert.ok(codec, "no codec");
      let named = 0;
      for (let at = 0; at < numbers.length; at += client.batchMax) {
        const asked = numbers.slice(at, at + client.batchMax);
        const outcome = await track(asked);
        assert.ok(outcome.kind === "answered");
        const decoded = codec.decode(outcome.payloads[0]!);
        assert.ok(decoded.ok, "not decoded");
        for (const number of asked) {
          const notice: Notice | undefined = decoded.notices.find((each) => each.trackingNumber === number);
          const { parcel, happened } = simulator.world.track(source, number)!;
          assert.ok(notice, "a parcel without a notice");
          assert.equal(notice.events.length, happened.length);
          const stages = [...happened].map((step) => statusAfter[step.stage]);
          const read: readonly string[] = notice.events
            .toSorted((one, other) => one.time!.local.localeCompare(other.time!.local))
            .map((event) => event.status);
          assert.deepEqual(read.toSorted(), stages.toSorted());
          assert.equal(read.at(-1), statusAfter[last(happened).stage]);
          if (new RegExp(`${parcel.recipient.familyName}|${parcel.recipient.city}`, "i").test(JSON.stringify(notice.fields))) named++;
        }
      }
      // Some carriers name people once they have signed.
      assert.equal(named > 0, talkative.includes(source));
    });

    test("no part of a wrong credential is taken", async () => {
      for (const field of client.credentialFields) {
        if (field === "clientUrl") continue;
        assert.equal((await track(numbers.slice(0, 1), { ...desk.credentials, [field]: "wrong" })).kind, "unauthorised", field);
      }
    });

    test("an unknown number among others is told apart; the others are answered", async () => {
      const unknown = unknownNumberOf(source, 1);
      assert.deepEqual(await track([unknown]).then((outcome) => outcome.kind === "answered" && outcome.notFound), [unknown]);
      if (client.batchMax === 1) return;
      const outcome = await track([numbers[0]!, unknown, numbers[1]!]);
      assert.ok(outcome.kind === "answered");
      assert.deepEqual(outcome.notFound, [unknown]);
      const codec = codecs.get(source);
      assert.equal(codec?.decode(outcome.payloads[0]!).ok, true, "the codec refuses an answer with an unknown number in it");
    });

    test("one number that a fault hides is not found", () =>
      withFault("bad-number", async () => {
        const outcome = await track(numbers.slice(0, Math.min(3, client.batchMax)));
        assert.ok(outcome.kind === "answered");
        assert.equal(outcome.notFound.length, 1);
      }));

    const outcomes: readonly (readonly [FaultName, ClientFailure["kind"]])[] = [
      ["rate-limit", "rate-limited"],
      ["unavailable", "unavailable"],
      ["garbage", "malformed"],
      ["half", "malformed"],
      ["expired", "unauthorised"],
    ];
    for (const [fault, kind] of outcomes) {
      test(`the fault ${fault} is read as ${kind}`, async () => {
        const token = await tokenOf(client, simulator.baseUrlOf(source), desk.credentials);
        await withFault(fault, async () => {
          const outcome = await call(client, simulator.baseUrlOf(source), numbers.slice(0, 1), desk.credentials, token);
          assert.equal(outcome.kind, kind);
          if (outcome.kind === "rate-limited") assert.equal(outcome.retryAfterMs, 1000);
        });
      });
    }

    test("a connection that is cut gives no answer", () =>
      withFault("cut", async () => {
        await assert.rejects(track(numbers.slice(0, 1)));
      }));

    test("a black hole answers nothing until the caller gives up", () =>
      withFault("hang", async () => {
        await assert.rejects(fetch(simulator.baseUrlOf(source), { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
      }));

    test("more numbers than allowed are refused", async () => {
      const outcome = await call(
        client,
        simulator.baseUrlOf(source),
        Array.from({ length: client.batchMax + 1 }, (_, at) => trackingNumberOf(source, at)),
        desk.credentials,
        await tokenOf(client, simulator.baseUrlOf(source), desk.credentials),
      );
      if (client.batchMax > 1) assert.equal(outcome.kind, "malformed");
    });

    if (carrier.token !== undefined) {
      test("a token that has expired is refused and a new one is taken", async () => {
        const base = simulator.baseUrlOf(source);
        const token = await tokenOf(client, base, desk.credentials);
        assert.equal((await call(client, base, numbers.slice(0, 1), desk.credentials, token)).kind, "answered");
        await withFault("expired", async () => {
          assert.equal((await call(client, base, numbers.slice(0, 1), desk.credentials, token)).kind, "unauthorised");
        });
        assert.equal((await call(client, base, numbers.slice(0, 1), desk.credentials, token)).kind, "unauthorised");
        assert.equal((await track(numbers.slice(0, 1))).kind, "answered");
      });
    }

    if (carrier.quotas.length > 0) {
      test("over its quota it says how long to wait", async () => {
        await simulator.stop();
        await open(true);
        const outcomes: TrackOutcome[] = [];
        const callsMax = Math.min(...carrier.quotas.map((quota) => quota.count)) * 3;
        const token = await tokenOf(client, simulator.baseUrlOf(source), desk.credentials);
        while (outcomes.length < callsMax && outcomes.at(-1)?.kind !== "rate-limited")
          outcomes.push(await call(client, simulator.baseUrlOf(source), numbers.slice(0, 1), desk.credentials, token));
        const refusal = outcomes.at(-1);
        assert.ok(refusal?.kind === "rate-limited");
        assert.ok(refusal.retryAfterMs !== null && refusal.retryAfterMs >= 1000);
      });
    }
  });
}

test("every simulated carrier may be polled by the register", () => {
  const entries = new Map(readRegisterFiles().map((entry) => [entry.source, entry]));
  assert.deepEqual(
    simulatedCarriers.filter(({ source }) => entries.get(source)?.polling === undefined).map(({ source }) => source),
    [],
  );
});

test("the simulator allows no less than the register: a product that keeps to its rules is not refused", () => {
  const entries = new Map(readRegisterFiles().map((entry) => [entry.source, entry]));
  for (const { source, quotas } of simulatedCarriers) {
    for (const quota of quotas) {
      const kept = entries.get(source)?.polling?.quotas.some((each) => each.unit === quota.unit && perMs(each) <= perMs(quota));
      assert.ok(kept, `${source}: nothing in the register keeps within ${quota.count} ${quota.unit} in ${quota.windowMs} ms`);
    }
  }
});

function perMs({ count, windowMs }: SimulatedCarrier["quotas"][number]): number {
  return count / windowMs;
}

async function trackWith(
  client: CarrierClient,
  baseUrl: string,
  asked: readonly string[],
  credentials: Credentials,
): Promise<TrackOutcome> {
  const token = await tokenOf(client, baseUrl, credentials);
  return typeof token === "object" && token !== null ? token : call(client, baseUrl, asked, credentials, token);
}

async function tokenOf(client: CarrierClient, baseUrl: string, credentials: Credentials): Promise<string | null | ClientFailure> {
  if (client.tokenRequest === undefined) return null;
  const token = client.readToken!(await send(client.tokenRequest(credentials, baseUrl)));
  return "kind" in token ? token : token.token;
}

async function call(
  client: CarrierClient,
  baseUrl: string,
  asked: readonly string[],
  credentials: Credentials,
  token: string | null | ClientFailure,
): Promise<TrackOutcome> {
  assert.ok(typeof token === "string" || token === null);
  return client.readTrackAnswer(await send(client.trackRequest(asked, credentials, token, baseUrl)), asked);
}

async function send({ method, url, headers, body }: ClientRequest): Promise<ClientAnswer> {
  const answer = await fetch(url, { method, headers, body });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: new Uint8Array(await answer.arrayBuffer()) };
}
