import { createHash } from "node:crypto";
import { delayMs, faultOf, type Behaviour, type FaultName } from "./faults.ts";
import { QuotaMeter } from "./quota-meter.ts";
import { randomOf, type Random } from "./random.ts";
import type { Call, Credentials, Reply, SimulatedCarrier, Tracked } from "./simulated-carrier.ts";
import { Tokens } from "./tokens.ts";
import type { World } from "./world.ts";

/** What became of the calls to one carrier. */
export interface DeskCounts {
  /** Calls about numbers, whatever came of them. */
  calls: number;
  /** Numbers asked for in them. */
  numbers: number;
  tokens: number;
  answered: number;
  refused: number;
  overQuota: number;
  badRequests: number;
  faults: Partial<Record<FaultName, number>>;
}

/** How a call is to be answered. */
export type Handling =
  | { readonly kind: "hang" }
  | {
      readonly kind: "reply";
      readonly afterMs: number;
      readonly reply: Reply;
      readonly isCut: boolean;
      readonly tracked: readonly Tracked[];
    };

/** A proxy's page in place of the carrier's answer. */
const garbage: Reply = {
  status: 200,
  headers: { "content-type": "text/html" },
  body: "<!doctype html><title>Maintenance</title><p>We are back soon &mdash; \u0000\ufffd",
};
const unavailable: Reply = {
  status: 503,
  headers: { "content-type": "text/html", "retry-after": "1" },
  body: "<h1>503 Service Unavailable</h1>",
};

/** One carrier behind the server: its credential, tokens, quotas and faults around the pure interface. */
export class CarrierDesk {
  readonly carrier: SimulatedCarrier;
  readonly credentials: Credentials;
  readonly counts: DeskCounts = { calls: 0, numbers: 0, tokens: 0, answered: 0, refused: 0, overQuota: 0, badRequests: 0, faults: {} };
  behaviour: Behaviour;
  readonly #world: World;
  readonly #meter: QuotaMeter;
  readonly #tokens = new Tokens();
  readonly #random: Random;
  readonly #tokenLifeSeconds: number | null;

  constructor(
    carrier: SimulatedCarrier,
    world: World,
    options: {
      readonly seed: string;
      readonly behaviour: Behaviour;
      readonly hasQuotas: boolean;
      readonly tokenLifeSeconds: number | null;
    },
  ) {
    this.carrier = carrier;
    this.behaviour = options.behaviour;
    this.credentials = credentialsOf(carrier, options.seed);
    this.#world = world;
    this.#meter = new QuotaMeter(options.hasQuotas ? carrier.quotas : []);
    this.#random = randomOf(`${options.seed}/${carrier.source}/faults`);
    this.#tokenLifeSeconds = options.tokenLifeSeconds;
  }

  handle(call: Call, now: number): Handling {
    const { token } = this.carrier;
    const afterMs = delayMs(this.behaviour, this.#random);
    const fault = faultOf(this.behaviour, this.#random);
    if (fault !== null) this.counts.faults[fault] = (this.counts.faults[fault] ?? 0) + 1;
    const isToken = token !== undefined && call.path === token.path;
    const asked = isToken ? null : this.carrier.asked(call);
    if (!isToken) this.counts.calls++;
    this.counts.numbers += asked?.length ?? 0;
    if (fault === "hang") return { kind: "hang" };
    const reply = (reply: Reply, tracked: readonly Tracked[] = []): Handling => ({
      kind: "reply",
      afterMs,
      reply: fault === "half" ? { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) } : reply,
      isCut: fault === "cut",
      tracked: fault === "half" || fault === "cut" ? [] : tracked,
    });
    if (fault === "unavailable") return reply(unavailable);
    if (fault === "garbage") return reply(garbage);
    if (isToken) return reply(this.#handOut(call, now));
    if (fault === "expired") this.#tokens.expireAll();
    if (fault === "expired" || !this.carrier.authorised(call, this.credentials, (token) => this.#tokens.isLive(token, now))) {
      this.counts.refused++;
      return reply(this.carrier.refused());
    }
    const waitSeconds = fault === "rate-limit" ? 1 : this.#meter.take(asked?.length ?? 0, now);
    if (waitSeconds !== null) {
      this.counts.overQuota++;
      return reply(this.carrier.overQuota(waitSeconds));
    }
    const stretch = this.carrier.feed?.asked(call) ?? null;
    if (stretch !== null) {
      const changed = this.#changedIn(stretch);
      this.counts.answered++;
      return reply(this.carrier.feed!.answer(changed), changed);
    }
    if (asked === null || asked.length === 0 || asked.length > this.carrier.batchMax) {
      this.counts.badRequests++;
      return reply(this.carrier.badRequest());
    }
    this.counts.answered++;
    const hidden = fault === "bad-number" ? this.#random.pick(asked) : null;
    const tracked = asked.map((number) => (number === hidden ? null : this.#world.track(this.carrier.source, number)));
    const found = tracked.filter((each) => each !== null);
    const missing = asked.filter((_, at) => tracked[at] === null);
    return reply(this.carrier.answer(found, missing, call), found);
  }

  /** As if the carrier had taken back every access token that it has handed out until now; those that it hands out from now on are good. */
  withdrawTokens(): void {
    this.#tokens.expireAll();
  }

  #changedIn({ from, to }: { readonly from: Date; readonly to: Date }): readonly Tracked[] {
    return this.#world.parcels(this.carrier.source).flatMap(({ number }) => {
      const tracked = this.#world.track(this.carrier.source, number);
      const at = tracked?.happened.at(-1)?.at;
      return tracked !== null && at !== undefined && at >= from && at <= to ? [tracked] : [];
    });
  }

  #handOut(call: Call, now: number): Reply {
    const token = this.carrier.token!;
    if (!token.authorised(call, this.credentials)) {
      this.counts.refused++;
      return { status: 401, headers: { "content-type": "application/json" }, body: JSON.stringify({ error: "invalid_client" }) };
    }
    this.counts.tokens++;
    const lifeSeconds = this.#tokenLifeSeconds ?? token.lifeSeconds;
    return token.reply(this.#tokens.issue(lifeSeconds, now), lifeSeconds);
  }
}

/** The one credential that a simulated carrier takes; it opens nothing but the simulator, so it may be known. */
function credentialsOf({ source, credentialFields }: SimulatedCarrier, seed: string): Credentials {
  return Object.fromEntries(
    credentialFields.map((field) => [field, `sim-${createHash("sha256").update(`${seed}/${source}/${field}`).digest("hex").slice(0, 20)}`]),
  );
}
