import { hash } from "node:crypto";
import { categories } from "../../domain/category.ts";
import { closedSubjects } from "../../store/ingest-store.ts";
import type { SealedValues, TokenBudget, TokenStore } from "../../store/token-store.ts";
import { isStaleIndex } from "../../store/index-versions.ts";
import type { IngestSessions } from "../../vault/ingest-session.ts";
import { mask } from "../../vault/mask.ts";
import { sealGroup } from "../../vault/seal-group.ts";
import { formatShortToken } from "../../vault/short-token.ts";
import { parseToken, tokenOf } from "../../vault/token.ts";
import type { KnownToken } from "../../vault/tokenise.ts";
import { type LooseValue, type SettledValues, settleValues, tokeniseValues } from "../../vault/tokenise-values.ts";
import type { IntakeRequest } from "./intake.ts";
import type { TenantKeys } from "../keys/tenant-keys.ts";
import type { TenantVault } from "../keys/tenant-vault.ts";
import { uuid7 } from "./uuid7.ts";
import { isBeaconCategory, isMaskedCategory, type VaultPolicies, type VaultPolicy } from "../keys/vault-policy.ts";

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
  /** Nothing is stored under these subjects any more. */
  forget(subjects: ReadonlySet<string>): void;
}

/** A batch is made anew this often because of persons who are being erased; each time at least one of them is forgotten. */
const remadeMax = 8;

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
    for (let remakes = 0; ; remakes++) {
      try {
        return await this.#tokenise(request);
      } catch (error) {
        const closed = closedSubjects(error);
        if ((closed === null && !isStaleIndex(error)) || remakes === remadeMax) throw error;
        if (closed === null) await this.#parts.keys.renewed(request.tenant);
        else this.#parts.forget(new Set(closed));
      }
    }
  }

  async #tokenise(request: IntakeRequest): Promise<TokenOutcome> {
    const { keys, cell, policies, sessions, store, budget } = this.#parts;
    const { tenant, endpoint: caller, idempotencyKey, body } = request;
    const { values, short } = JSON.parse(body.toString("utf8")) as TokenBatch;
    const [index, policy] = await Promise.all([keys.of(tenant), policies.of(tenant)]);
    const seed = idempotencyKey === null ? null : `${caller}|${hash("sha256", body, "hex")}|${idempotencyKey}`;
    const tokenised = tokeniseValues(values, cell, index, (blind) => this.#parts.known(blind), seed);
    const session = await sessions.take(tenant, tokenised.groups.length);
    const beside = await this.#beside(tenant, short, policy);
    const claims = tokenised.claims.map(({ entry: { blind, former }, group, position, subject }) => {
      return {
        blind: bytesOf(blind),
        former: former === null ? null : bytesOf(former),
        token: tokenOf(tokenised.groups[group]!.id, position),
        subject,
      };
    });
    let settled: SettledValues | null = null;
    const outcome = await store.tokenise(
      { caller, tenant, values: values.length, identifiers: tokenised.identifiers, claims, indexVersion: index.version },
      budget,
      (held) => {
        settled = settleValues(tokenised, cell, held);
        return {
          record: uuid7(this.#parts.now()),
          session: session.id,
          groups: settled.groups.map((group) => ({ id: group.id, subject: group.subject, ...sealGroup(session, tenant, group) })),
          adopted: settled.adopted.map((at) => ({ blind: claims[at]!.blind, subject: settled!.subjects[at]! })),
          links: settled.links,
          ...beside.rows(values, settled.tokens),
        };
      },
    );
    if (outcome.state === "refused") return { state: "spent", budget: outcome.budget, retryAfterS: outcome.retryAfterS };
    const { tokens, subjects } = settled!;
    for (const [at, { entry, values: places }] of tokenised.claims.entries()) {
      this.#parts.settle(entry.blind, tokens[places[0]!]!, subjects[at]!);
    }
    return {
      state: "tokenised",
      answer: JSON.stringify({ items: tokens.map((token, at) => beside.item(values[at]!, token)) }),
      counts: {
        hits: tokenised.identifiers - outcome.misses,
        misses: outcome.misses,
        fresh: values.filter(({ category }) => !categories[category].deterministic).length,
      },
      alarm: outcome.alarm,
    };
  }

  /** What the caller or the tenant's policy wants beside the tokens. */
  async #beside(tenant: string, short: boolean, policy: VaultPolicy) {
    const { vault } = this.#parts;
    const [codeOf, views, beacons] = await Promise.all([
      short ? vault.shortCodes(tenant) : null,
      policy.masked.length > 0 ? vault.maskedViews(tenant) : null,
      Promise.all(
        Array.from(policy.beacons, async ([category, shape]) => [category, await vault.beacons(tenant, category, shape)] as const),
      ),
    ]);
    const beaconsOf = new Map(beacons);
    const isAny = codeOf !== null || views !== null || beaconsOf.size > 0;
    return {
      item: ({ category }: LooseValue, token: string): { readonly token: string; readonly short?: string } =>
        codeOf === null ? { token } : { token, short: formatShortToken(category, codeOf(parseToken(token)!.bytes)) },
      rows: (values: readonly LooseValue[], tokens: readonly string[]): BesideRows => {
        const rows: BesideRows = { shorts: [], masks: [], beacons: [] };
        for (const [at, { category, value }] of isAny ? values.entries() : []) {
          const token = parseToken(tokens[at]!)!.bytes;
          if (codeOf !== null) rows.shorts.push({ token, code: codeOf(token) });
          if (views !== null && isMaskedCategory(category) && policy.masked.includes(category)) {
            rows.masks.push({ token, category, sealed: views.seal(token, mask(category, value)) });
          }
          const own = isBeaconCategory(category) ? beaconsOf.get(category)?.of(value, token) : undefined;
          if (own !== undefined) rows.beacons.push({ token, category, ...own });
        }
        return rows;
      },
    };
  }
}

type BesideRows = { readonly [Part in "shorts" | "masks" | "beacons"]: SealedValues[Part][number][] };

function bytesOf(blind: string): Buffer {
  return Buffer.from(blind, "latin1");
}
