import type { SimulatedParcel } from "./life.ts";
import type { PushMessage, SenderAccess, SimulatedSender } from "./pushes.ts";
import type { Tracked } from "./simulated-carrier.ts";
import type { World } from "./world.ts";

/** Where a sender's webhooks go. */
export interface Receiver {
  readonly sender: SimulatedSender;
  readonly url: string;
  readonly secret: string;
  /** For a sender that fetches tokens. */
  readonly clientId: string | null;
}

export interface PushOutcome {
  readonly source: string;
  readonly parcel: SimulatedParcel;
  /** How many steps the receiver has been told of. */
  readonly steps: number;
  /** Last of {@link attempts} it took. */
  readonly status: number;
  readonly attempts: number;
  /** When the last attempt was sent and answered, epoch milliseconds. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Attempts of one message; carriers try for days, a simulation does not. */
const attemptsMax = 5;
const retryAfterMs = 500;
const patienceMs = 10_000;
/** Longest delay of a timer (setTimeout keeps 32 bits). */
const timerMsMax = 2 ** 31 - 1;

/** Sends each step of the parcels when it happens, as their carrier or shop would. */
export class Pusher {
  readonly #world: World;
  readonly #onPushed: (outcome: PushOutcome) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #ended = new AbortController();
  #underWay = 0;

  constructor(world: World, onPushed: (outcome: PushOutcome) => void) {
    this.#world = world;
    this.#onPushed = onPushed;
  }

  /** Messages that are being sent. */
  get underWay(): number {
    return this.#underWay;
  }

  push(parcel: SimulatedParcel, receiver: Receiver): void {
    const steps = receiver.sender.role === "shop" ? parcel.steps.slice(0, 1) : parcel.steps;
    for (const [at, step] of steps.entries()) {
      const delayMs = this.#world.clock.realAt(parcel.announcedAt + step.afterMs) - Date.now();
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer);
          this.#underWay++;
          void this.#deliver(parcel, at + 1, receiver).finally(() => this.#underWay--);
        },
        Math.min(Math.max(0, delayMs), timerMsMax),
      );
      this.#timers.add(timer);
    }
  }

  stop(): void {
    this.#ended.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #deliver(parcel: SimulatedParcel, steps: number, receiver: Receiver): Promise<void> {
    const { sender } = receiver;
    for (let attempts = 1; attempts <= attemptsMax && !this.#ended.signal.aborted; attempts++) {
      const sentAt = Date.now();
      const status = await this.#send(this.#about(parcel, steps, sender), receiver).catch(() => 0);
      const isDone = (status >= 200 && status < 300) || attempts === attemptsMax;
      if (isDone) this.#onPushed({ source: sender.source, parcel, steps, status, attempts, sentAt, answeredAt: Date.now() });
      if (isDone) return;
      if (status === 401) this.#tokens.delete(receiver.url);
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs * attempts));
    }
  }

  #about(parcel: SimulatedParcel, steps: number, { role }: SimulatedSender): Tracked | SimulatedParcel {
    if (role === "shop") return parcel;
    const happened = parcel.steps.slice(0, steps).map((step) => ({ ...step, at: new Date(parcel.announcedAt + step.afterMs) }));
    return { parcel, happened, expectedAt: new Date(parcel.announcedAt + parcel.steps.at(-1)!.afterMs) };
  }

  async #send(about: Tracked | SimulatedParcel, receiver: Receiver): Promise<number> {
    const { sender, secret, clientId, url } = receiver;
    const token = sender.fetchesToken ? await this.#token(receiver) : null;
    const access: SenderAccess = { secret, clientId, token };
    const { headers, body }: PushMessage = sender.message(about, access);
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(patienceMs)]);
    const answer = await fetch(url, { method: "POST", headers, body, signal });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** One token for all messages to a receiver, until it is refused. */
  #token(receiver: Receiver): Promise<string> {
    const known = this.#tokens.get(receiver.url);
    if (known !== undefined) return known;
    const fetched = fetchToken(receiver, this.#ended.signal);
    this.#tokens.set(receiver.url, fetched);
    fetched.catch(() => this.#tokens.delete(receiver.url));
    return fetched;
  }
}

/** At the receiver's token endpoint (RFC 6749, section 4.4), as UPS does. */
async function fetchToken({ url, clientId, secret }: Receiver, signal: AbortSignal): Promise<string> {
  const answer = await fetch(new URL("/v1/oauth/token", url), {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`,
    },
    body: "grant_type=client_credentials",
    signal,
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}
