import { randomUUID } from "node:crypto";
import type { ChangeFeed } from "../../carriers/client.ts";
import type { OutboundStore } from "../../store/outbound-store.ts";
import type { CarrierCalls } from "./carrier-calls.ts";
import type { Asker, Askers } from "./poll-askers.ts";
import { settlementOf } from "./poll-settlement.ts";

/** Each stretch begins a little before the end of the last: what a carrier enters late is not between two of them. What comes twice is known. */
const overlapMs = 2 * 60_000;
/** A feed that answered so lately, and brought something in so long, keeps its parcels up to date. */
const freshMs = 60 * 60_000;
const broughtMs = 24 * 60 * 60_000;

/** Feeds that are fetched at once, of one carrier as of several: its bulkhead leaves room for polls. */
const atOnce = 4;

/** Instants of a credential's feed, kept beside its quotas: when it is fetched next, up to where it was, when it last brought anything. */
const marks = { next: "feed/next", to: "feed/to", brought: "feed/brought" } as const;

export interface ChangeFeedParts {
  readonly store: Pick<OutboundStore, "quotaUses" | "beginCall" | "noteLetters">;
  readonly calls: Pick<CarrierCalls, "askFeed" | "quotaWaitMs">;
  readonly askers: Pick<Askers, "all" | "blockedMs" | "hold">;
  readonly now: () => number;
}

/**
 * Fetches the feeds of carriers that offer one: what changed of all parcels of a customer, in one call. Parcels of a feed that works are polled as rarely as those
 * that are pushed. The marks live in the table, so a restart goes on where the last process was, and of two processes one fetches.
 */
export class ChangeFeeds {
  readonly #parts: ChangeFeedParts;
  /** Accounts whose credential has no part for a feed; a changed credential is another account. */
  readonly #without = new Set<string>();
  #fed: ReadonlySet<string> = new Set();

  constructor(parts: ChangeFeedParts) {
    this.#parts = parts;
  }

  /** Whether a credential's feed works, so that its parcels need no polls but as a safety net. */
  isFed(credential: string): boolean {
    return this.#fed.has(credential);
  }

  async turn(): Promise<void> {
    const { store, askers, calls, now } = this.#parts;
    const feeds = new Map<string, { readonly asker: Asker; readonly feed: ChangeFeed }>();
    for (const asker of askers.all()) {
      const { feed } = asker.client;
      if (feed !== undefined && !this.#without.has(asker.account.id)) feeds.set(asker.account.credential, { asker, feed });
    }
    const uses = feeds.size === 0 ? new Map<string, number>() : await store.quotaUses([...feeds.keys()]);
    const markOf = (credential: string, mark: string): number | null => uses.get(`${credential} ${mark}`) ?? null;
    this.#fed = new Set(
      [...feeds.keys()].filter(
        (each) => now() - (markOf(each, marks.to) ?? 0) < freshMs && now() - (markOf(each, marks.brought) ?? 0) < broughtMs,
      ),
    );
    const due = [...feeds].filter(([credential, { asker }]) => {
      const next = markOf(credential, marks.next);
      return (next === null || next <= now()) && askers.blockedMs(asker) === 0 && calls.quotaWaitMs(credential, asker.quotas, 0) === 0;
    });
    for (let at = 0; at < due.length; at += atOnce) {
      const fetched = due.slice(at, at + atOnce).map(([credential, { asker, feed }]) => {
        const was = { next: markOf(credential, marks.next), to: markOf(credential, marks.to), brought: markOf(credential, marks.brought) };
        return this.#fetch(asker, feed, was);
      });
      await Promise.all(fetched);
    }
  }

  async #fetch(
    asker: Asker,
    feed: ChangeFeed,
    was: { readonly next: number | null; readonly to: number | null; readonly brought: number | null },
  ): Promise<void> {
    const { store, calls, askers, now } = this.#parts;
    const { account, client, quotas } = asker;
    const at = now();
    if (!(await this.#move(asker, [{ key: marks.next, was: was.next, freeAt: at + feed.everyMs }]))) return;
    const from = Math.max(at - feed.backMaxMs, was.to === null ? at - feed.windowMaxMs : was.to - overlapMs);
    const to = Math.min(at, from + feed.windowMaxMs);
    const outcome = await calls.askFeed(account, client, feed, quotas, { from, to });
    switch (outcome.kind) {
      case "no-feed":
        this.#without.add(account.id);
        return;
      case "fed": {
        const brought = outcome.payloads > 0 ? [{ key: marks.brought, was: was.brought, freeAt: at }] : [];
        await this.#move(asker, [{ key: marks.to, was: was.to, freeAt: to }, ...brought]);
        return;
      }
      default: {
        // The stretch is asked for again, and grows until it is answered.
        const facts = { account: account.id, now: now(), random: () => 0, breakerMs: 0, nextFor: () => null };
        const { hold, letter } = settlementOf([], outcome, facts);
        if (hold !== null) await askers.hold(asker, hold.forMs, hold.reason);
        if (letter !== null) await store.noteLetters(account.id, letter.shipments, letter.code);
      }
    }
  }

  /** @returns false where somebody else has moved them meanwhile. */
  async #move({ account, entry }: Asker, quotas: Parameters<OutboundStore["beginCall"]>[0]["quotas"]): Promise<boolean> {
    const moved = { release: randomUUID(), account: account.id, purpose: "tracking", basis: entry.lawfulBasis, polls: [], quotas };
    return (await this.#parts.store.beginCall(moved)) !== null;
  }
}
