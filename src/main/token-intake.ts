import { hash } from "node:crypto";
import { categories } from "../domain/category.ts";
import { type BatchOutcome, type TokenBudget, type TokenDescriptions, type TokenStore } from "../store/token-store.ts";
import type { IngestSession, IngestSessions } from "../vault/ingest-session.ts";
import { mask } from "../vault/mask.ts";
import { sealGroup } from "../vault/seal-group.ts";
import { formatShortToken } from "../vault/short-token.ts";
import { formatToken, parseToken, tokenOf } from "../vault/token.ts";
import type { KnownToken } from "../vault/tokenise.ts";
import { type LooseValue, tokeniseValues, type TokenisedValues, type ValueGroup } from "../vault/tokenise-values.ts";
import type { IntakeRequest } from "./intake.ts";
import { type TenantKeys } from "./tenant-keys.ts";
import type { TenantVault } from "./tenant-vault.ts";
import { uuid7 } from "./uuid7.ts";
import { isBeaconCategory, type VaultPolicies, type VaultPolicy } from "./vault-policy.ts";

/** The body of a batch, checked by the route. */
export interface TokenBatch {
  readonly values: readonly LooseValue[];
  /** Whether each token's short form is wanted, and the way back from it kept. */
  readonly short: boolean;
}

export interface TokenCounts {
  /** Identifiers that had a token, and those that had none. */
  readonly hits: number;
  readonly misses: number;
  /** Values that get a fresh token each. */
  readonly fresh: number;
}

export type TokenOutcome =
  /** Durable. `answer` is JSON. */
  | { readonly state: "tokenised"; readonly answer: string; readonly counts: TokenCounts; readonly alarm: boolean }
  | { readonly state: "spent"; readonly budget: "tokens" | "misses"; readonly retryAfterS: number }
  | { readonly state: "refused"; readonly code: "busy" };

export interface TokenIntakeParts {
  readonly store: TokenStore;
  readonly sessions: IngestSessions;
  readonly keys: TenantKeys;
  readonly vault: TenantVault;
  readonly policies: VaultPolicies;
  readonly cell: string;
  readonly budget: TokenBudget;
  readonly now: () => number;
  /** Tokens that are settled; shared with the records' intake of the same thread. */
  known(blind: string): KnownToken | undefined;
  settle(blind: string, token: string, subject: string): void;
}

/**
 * From a batch of values to their tokens: tokenise, seal, one durable transaction, answer. No record is kept of the request: its values are sealed each
 * under a key that goes with its person, and a sealed copy of all of them together would not.
 */
export class TokenIntake {
  readonly #parts: TokenIntakeParts;

  constructor(parts: TokenIntakeParts) {
    this.#parts = parts;
  }

  /** @param request its endpoint names the caller whose budget is spent. */
  async receive(request: IntakeRequest): Promise<TokenOutcome> {
    const { keys, cell, policies, sessions, store, budget, now } = this.#parts;
    const { tenant, endpoint: caller, idempotencyKey, body } = request;
    const { values, short } = JSON.parse(body.toString("utf8")) as TokenBatch;
    const [index, policy] = await Promise.all([keys.of(tenant), policies.of(tenant)]);
    const seed = idempotencyKey === null ? null : `${caller}|${hash("sha256", body, "hex")}|${idempotencyKey}`;
    const tokenised = tokeniseValues(values, cell, index, (blind) => this.#parts.known(blind), seed);
    const session = await sessions.take(tenant, tokenised.groups.length);
    const describe = await this.#describer(tenant, values, short, policy, tokenised);
    const outcome = await store.tokenise(
      {
        caller,
        tenant,
        record: uuid7(now()),
        session: session.id,
        values: values.length,
        identifiers: tokenised.deterministic,
        claims: tokenised.claims.map((claim) => ({
          blind: Buffer.from(claim.blind, "latin1"),
          token: tokenOf(tokenised.groups[claim.group]!.id, claim.position),
          group: claim.group,
          strength: claim.strength,
        })),
        groups: tokenised.groups.map((group) => sealedGroup(session, tenant, group)),
      },
      budget,
      describe === null
        ? null
        : (claims) => {
            this.#settle(tokenised, claims);
            return describe.rows(tokenised.tokens);
          },
    );
    if (outcome.state === "refused") return { state: "spent", budget: outcome.budget, retryAfterS: outcome.retryAfterS };
    this.#settle(tokenised, outcome.claims);
    for (const [at, { blind, values: places }] of tokenised.claims.entries()) {
      this.#parts.settle(blind, tokenised.tokens[places[0]!]!, outcome.claims[at]!.subject);
    }
    const items = tokenised.tokens.map((token, at) => (short ? { token, short: describe!.short(values[at]!, token) } : { token }));
    const fresh = values.filter(({ category }) => !categories[category].deterministic).length;
    return {
      state: "tokenised",
      answer: JSON.stringify({ items }),
      counts: { hits: tokenised.deterministic - outcome.misses, misses: outcome.misses, fresh },
      alarm: outcome.alarm,
    };
  }

  /** Where somebody else was first, the token that holds takes the place of ours. */
  #settle({ tokens, claims }: TokenisedValues, settled: Extract<BatchOutcome, { state: "stored" }>["claims"]): void {
    for (const [at, { category, values }] of claims.entries()) {
      const text = formatToken(this.#parts.cell, category, settled[at]!.token);
      for (const place of values) tokens[place] = text;
    }
  }

  /** What is kept beside the tokens; null where caller and policy want nothing. */
  async #describer(tenant: string, values: readonly LooseValue[], short: boolean, policy: VaultPolicy, { deterministic }: TokenisedValues) {
    if (!short && policy.beacons.size === 0 && (policy.masked.length === 0 || deterministic === 0)) return null;
    const { vault } = this.#parts;
    const [codeOf, views, beacons] = await Promise.all([
      short ? vault.shortCodes(tenant) : null,
      policy.masked.length > 0 ? vault.maskedViews(tenant) : null,
      Promise.all(
        Array.from(policy.beacons, async ([category, shape]) => [category, await vault.beacons(tenant, category, shape)] as const),
      ),
    ]);
    const beaconsOf = new Map(beacons);
    return {
      short: ({ category }: LooseValue, token: string): string => formatShortToken(category, codeOf!(parseToken(token)!.bytes)),
      rows: (tokens: readonly string[]): TokenDescriptions => {
        const found: { [Part in keyof TokenDescriptions]: TokenDescriptions[Part][number][] } = { shorts: [], masks: [], beacons: [] };
        for (const [at, { category, value }] of values.entries()) {
          const token = parseToken(tokens[at]!)!.bytes;
          if (codeOf !== null) found.shorts.push({ token, code: codeOf(token) });
          if ((policy.masked as readonly string[]).includes(category)) {
            found.masks.push({ token, category, sealed: views!.seal(token, mask(category, value)) });
          }
          if (!isBeaconCategory(category)) continue;
          const own = beaconsOf.get(category)?.of(value, token);
          if (own !== undefined) found.beacons.push({ token, category, ...own });
        }
        return found;
      },
    };
  }
}

function sealedGroup(session: IngestSession, tenant: string, group: ValueGroup) {
  return { id: group.id, subject: group.subject, isKept: group.isKept, ...sealGroup(session, tenant, group) };
}
