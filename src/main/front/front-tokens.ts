import type { Category } from "../../domain/category.ts";
import { personalField } from "../../domain/personal.ts";
import { type FieldError, ProblemError } from "../../ingress/problems.ts";
import type {
  BeaconInput,
  FoundSubject,
  Page,
  TokenBatchInput,
  TokenServices,
  TokenView,
  VaultPolicyView,
} from "../../ingress/services.ts";
import type { PolicyRow, TokenReads } from "../../store/token-store.ts";
import { beaconBits } from "../../vault/beacon.ts";
import { formatShortToken, parseShortToken } from "../../vault/short-token.ts";
import { formatToken, parseToken } from "../../vault/token.ts";
import { busyWithoutKeys } from "../keys/busy-without-keys.ts";
import type { IntakeThreads } from "../intake/intake-threads.ts";
import type { ProgramLog } from "../log.ts";
import type { IngressMetrics } from "../metrics.ts";
import type { RateLimit } from "./rate-limit.ts";
import { tokensSource } from "../intake/sources.ts";
import type { TenantVault } from "../keys/tenant-vault.ts";
import type { TokenBatch } from "../intake/token-intake.ts";
import { isBeaconCategory, isMaskedCategory, type VaultPolicies } from "../keys/vault-policy.ts";

/** In how many partitions a category's beacons are, where nothing is said: each costs a search one look-up. */
const partitionsUsual = 4;

export interface FrontTokenParts {
  readonly intake: Pick<IntakeThreads, "tokenise">;
  readonly reads: TokenReads;
  readonly vault: TenantVault;
  readonly policies: VaultPolicies;
  readonly rateLimit: RateLimit;
  readonly searchesPerDay: number;
  readonly metrics: Pick<IngressMetrics, "tokens" | "tokenBudgets" | "tokenAlarms">;
  readonly log: Pick<ProgramLog, "warn">;
  readonly cell: string;
  readonly now: () => number;
}

/** The tokens API between HTTP and vault. It opens nothing but the masked views that a tenant keeps. */
export class FrontTokens implements TokenServices {
  readonly #parts: FrontTokenParts;

  constructor(parts: FrontTokenParts) {
    this.#parts = parts;
  }

  async tokenise(tenant: string, caller: string, batch: TokenBatchInput, idempotencyKey: string | null): Promise<string> {
    this.#refuseTooFast(tenant);
    const { metrics, log } = this.#parts;
    const outcome = await this.#parts.intake.tokenise({
      tenant,
      endpoint: `${tenant}/${caller}`,
      source: tokensSource,
      contentType: "application/json",
      contentEncoding: "",
      idempotencyKey,
      body: Buffer.from(JSON.stringify(checked(batch))),
    });
    if (outcome.state === "spent") {
      metrics.tokenBudgets.inc({ budget: outcome.budget });
      log.warn({ caller, budget: outcome.budget }, "a caller of the tokens API has spent its budget");
      throw new ProblemError("budget_exhausted", { retryAfterS: outcome.retryAfterS });
    }
    const { hits, misses, fresh } = outcome.counts;
    metrics.tokens.inc({ result: "hit" }, hits);
    metrics.tokens.inc({ result: "miss" }, misses);
    metrics.tokens.inc({ result: "fresh" }, fresh);
    if (outcome.alarm) {
      metrics.tokenAlarms.inc();
      log.warn(
        { caller },
        "a caller of the tokens API asks for identifiers that are mostly unknown: a first load, or probing with a dictionary",
      );
    }
    return outcome.answer;
  }

  async metadata(tenant: string, text: string): Promise<TokenView | null> {
    const { reads, vault, cell } = this.#parts;
    const parsed = parseToken(text) ?? parseShortToken(text);
    if (parsed === null || ("cell" in parsed && parsed.cell !== cell)) return null;
    const { category, version } = parsed;
    const bytes = "bytes" in parsed ? parsed.bytes : await reads.tokenOfShort(tenant, parsed.code);
    const row = bytes === null ? null : await reads.metadata(tenant, bytes);
    // What kind of group it is in is all that can be checked of the category without opening.
    if (bytes === null || row === null || (row.purpose === "n") !== (category === "trackingNumber")) return null;
    return {
      token: formatToken(cell, category, bytes),
      short: row.short_code === null ? null : formatShortToken(category, row.short_code),
      category,
      version,
      createdAt: row.created_at.toISOString(),
      subject: row.subject,
      masked: row.masked === null ? null : (await vault.maskedViews(tenant).catch(busyWithoutKeys)).open(bytes, row.masked),
    };
  }

  async search(
    tenant: string,
    caller: string,
    category: Category,
    value: string,
    cursor: string | null,
    limit: number,
  ): Promise<Page<FoundSubject>> {
    const { reads, vault, policies, cell, searchesPerDay, metrics } = this.#parts;
    this.#refuseTooFast(tenant);
    const after = readCursor(cursor);
    const shape = isBeaconCategory(category) ? (await policies.of(tenant)).beacons.get(category) : undefined;
    if (shape === undefined || !isBeaconCategory(category)) throw invalid("#/category", "has no beacons for this tenant");
    const retryAfterS = await reads.spendSearch(`${tenant}/${caller}`, searchesPerDay);
    if (retryAfterS !== null) {
      metrics.tokenBudgets.inc({ budget: "searches" });
      throw new ProblemError("budget_exhausted", { retryAfterS });
    }
    const beacons = (await vault.beacons(tenant, category, shape).catch(busyWithoutKeys)).search(value);
    const rows = await reads.byBeacon(tenant, category, beacons, after, limit);
    const last = rows.at(-1);
    return {
      items: rows.map((row) => ({ token: formatToken(cell, category, row.token), subject: row.subject })),
      next: rows.length < limit || last === undefined ? null : last.token.toString("base64url"),
    };
  }

  async policy(tenant: string): Promise<VaultPolicyView> {
    return policyView((await this.#parts.reads.policy(tenant)) ?? { masked: [], beacons: {} });
  }

  async setPolicy(tenant: string, masked: readonly Category[], beacons: readonly BeaconInput[]): Promise<VaultPolicyView | null> {
    if (!masked.every(isMaskedCategory)) throw invalid("#/masked", "views of phone and email can be kept");
    if (!beacons.every(({ category }) => isBeaconCategory(category))) {
      throw invalid("#/beacons", "postalCode, city, name, organisation and street can have beacons");
    }
    const row: PolicyRow = {
      masked: [...new Set(masked)],
      beacons: Object.fromEntries(
        beacons.map(({ category, distinctValues, subjects, partitions = partitionsUsual }) => [
          category,
          { bits: beaconBits(distinctValues, subjects, partitions), partitions },
        ]),
      ),
    };
    const isSet = await this.#parts.reads.setPolicy(tenant, row);
    this.#parts.policies.forget(tenant);
    return isSet ? policyView(row) : null;
  }

  #refuseTooFast(tenant: string): void {
    const retryAfterS = this.#parts.rateLimit.take(tenant, this.#parts.now());
    if (retryAfterS > 0) throw new ProblemError("rate_limited", { retryAfterS });
  }
}

/** @throws {ProblemError} `invalid_field` for a value that is blank or a placeholder. */
function checked({ values, short }: TokenBatchInput): TokenBatch {
  const errors: FieldError[] = [];
  const trimmed = values.map(({ category, value, person }, at) => {
    const field = personalField(category, "recipient", value);
    if (field === null) errors.push({ pointer: `#/values/${at}/value`, detail: "is blank, or nothing of its category" });
    return { category, value: field?.value ?? "", ...(person === undefined ? {} : { person }) };
  });
  if (errors.length > 0) throw new ProblemError("invalid_field", { errors });
  return { values: trimmed, short: short === true };
}

function policyView({ masked, beacons }: PolicyRow): VaultPolicyView {
  return { masked, beacons: Object.entries(beacons).map(([category, shape]) => ({ category, ...shape })) };
}

function readCursor(cursor: string | null): Buffer {
  if (cursor === null) return Buffer.alloc(0);
  const token = Buffer.from(cursor, "base64url");
  if (token.length !== 20) throw new ProblemError("invalid_cursor");
  return token;
}

function invalid(pointer: string, detail: string): ProblemError {
  return new ProblemError("invalid_field", { errors: [{ pointer, detail }] });
}
