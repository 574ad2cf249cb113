/*
 * Compares what the log says was opened with what the provider of the root keys (a key service, an HSM) says that it unwrapped. The provider's record is made
 * by somebody else, so an opening beside the log shows in it; and an entry that it does not know tells of a record with gaps, or of keys that are elsewhere.
 *
 *   an unwrap is explained by    an opening of its tenant that was intended shortly before (the intent stands in the log before anything is unwrapped),
 *                                a release of a tracking number of its tenant about that time, if it is for tracking numbers, or
 *                                a rotation of the keys that ran then.
 *                                If it names its grant, only that grant's intent explains it, for its tenant and in its time as well.
 *   an intent is borne out by    an unwrap of its tenant in its time; one that failed, or opened nothing, needs none.
 *
 * An unwrap that names no grant hides behind a true opening of the same tenant in the same minute: this finds openings beside the log, not ones within it.
 */

/** One unwrap of the provider's record. What its record does not say is null. */
export interface ProviderUnwrap {
  readonly atMs: number;
  readonly tenant: string | null;
  /** What the key is for; see `vault/keys/provider.ts`. */
  readonly purpose: string | null;
  readonly grant: string | null;
}

/** What an entry of the log has to do with openings. */
export type LoggedAct =
  | { readonly kind: "intended"; readonly atMs: number; readonly tenant: string | null; readonly grant: string; readonly purpose: string }
  | { readonly kind: "ended"; readonly grant: string; readonly hasOpened: boolean }
  | { readonly kind: "released"; readonly atMs: number; readonly tenant: string | null }
  | { readonly kind: "rotation-began" | "rotation-ended"; readonly atMs: number; readonly rotation: string };

export interface ReconcileBounds {
  /** Of the provider's record: entries outside are not looked for. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Between the two clocks; CloudTrail's has whole seconds. */
  readonly toleranceMs: number;
}

export interface Reconciliation {
  readonly unwraps: number;
  readonly intents: number;
  /** Unwraps that no entry explains. */
  readonly unexplained: readonly ProviderUnwrap[];
  /** Intents that no unwrap bears out. */
  readonly missing: readonly Extract<LoggedAct, { kind: "intended" }>[];
  /** Unwraps for purposes that no entry is written for. */
  readonly unchecked: number;
}

/** An opener lives for a minute at most, and is given up by whoever started it after half a minute more. */
const openingMs = 90_000;
/** Data keys that were unwrapped are kept for so long at most by the process that asks carriers: an unwrap comes with one of the releases about then. */
const releaseMs = 10 * 60_000;
/** A carrier's credential is unwrapped to call it at all; what was called for stands in releases. The root of derived keys is unwrapped when a process starts. */
const uncheckedPurposes: ReadonlySet<string> = new Set(["carrier-credentials", "derivation-root"]);
const probe = "erasure-probe";

export function reconcile(unwraps: readonly ProviderUnwrap[], acts: readonly LoggedAct[], bounds: ReconcileBounds): Reconciliation {
  const { fromMs, toMs, toleranceMs } = bounds;
  const known = new KnownActs(acts, toleranceMs);
  const inBounds = unwraps.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const checked = inBounds.filter(({ purpose }) => purpose === null || !uncheckedPurposes.has(purpose));
  const found = new KnownUnwraps(unwraps, toleranceMs);
  // Near the end an unwrap may be in the provider's next file.
  const intents = known.intents.filter(({ atMs }) => atMs >= fromMs + toleranceMs && atMs <= toMs - openingMs - toleranceMs);
  return {
    unwraps: checked.length,
    intents: intents.length,
    unexplained: checked.filter((unwrap) => !known.explain(unwrap)),
    missing: intents.filter((intent) => known.needsUnwrap(intent) && !found.bearOut(intent)),
    unchecked: inBounds.length - checked.length,
  };
}

type Intent = Extract<LoggedAct, { kind: "intended" }>;

class KnownActs {
  readonly intents: readonly Intent[];
  readonly #byTenant: Times;
  readonly #released: Times;
  readonly #ofGrant: ReadonlyMap<string, Intent>;
  readonly #emptyGrants: ReadonlySet<string>;
  readonly #rotations: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly #toleranceMs: number;

  constructor(acts: readonly LoggedAct[], toleranceMs: number) {
    this.intents = acts.filter((act) => act.kind === "intended");
    this.#byTenant = new Times(this.intents);
    this.#released = new Times(acts.filter((act) => act.kind === "released"));
    this.#ofGrant = new Map(this.intents.map((intent) => [intent.grant, intent]));
    this.#emptyGrants = new Set(acts.flatMap((act) => (act.kind === "ended" && !act.hasOpened ? [act.grant] : [])));
    this.#rotations = rotationsOf(acts);
    this.#toleranceMs = toleranceMs;
  }

  explain(unwrap: ProviderUnwrap): boolean {
    const { atMs, tenant, purpose, grant } = unwrap;
    const late = this.#toleranceMs;
    if (this.#rotations.some(({ fromMs, toMs }) => atMs >= fromMs - late && atMs <= toMs + late)) return true;
    if (grant !== null) {
      const intent = this.#ofGrant.get(grant);
      return intent !== undefined && isUnwrapOf(intent, unwrap, late);
    }
    const mayBeReleased = purpose === null || purpose === "tracking-numbers";
    if (mayBeReleased && this.#released.some(tenant, atMs - releaseMs - late, atMs + releaseMs + late)) return true;
    return this.#byTenant.some(tenant, atMs - openingMs - late, atMs + late);
  }

  needsUnwrap({ grant, purpose }: Intent): boolean {
    return purpose !== probe && !this.#emptyGrants.has(grant);
  }
}

class KnownUnwraps {
  readonly #times: Times;
  readonly #ofGrant: ReadonlyMap<string | null, readonly ProviderUnwrap[]>;
  readonly #toleranceMs: number;

  constructor(unwraps: readonly ProviderUnwrap[], toleranceMs: number) {
    this.#ofGrant = Map.groupBy(unwraps, ({ grant }) => grant);
    this.#times = new Times(this.#ofGrant.get(null) ?? []);
    this.#toleranceMs = toleranceMs;
  }

  bearOut(intent: Intent): boolean {
    const { atMs, tenant, grant } = intent;
    const named = this.#ofGrant.get(grant) ?? [];
    if (named.some((unwrap) => isUnwrapOf(intent, unwrap, this.#toleranceMs))) return true;
    return this.#times.some(tenant, atMs - this.#toleranceMs, atMs + openingMs + this.#toleranceMs);
  }
}

/** Whether an unwrap that names an intent's grant is of its tenant and in its time: a grant that was used once explains nothing later, and nothing of others. */
function isUnwrapOf(intent: Intent, { atMs, tenant }: ProviderUnwrap, toleranceMs: number): boolean {
  const isOfTenant = tenant === null || intent.tenant === null || tenant === intent.tenant;
  return isOfTenant && atMs >= intent.atMs - toleranceMs && atMs <= intent.atMs + openingMs + toleranceMs;
}

/** Moments by tenant, in order. A moment, or a question, without a tenant is of any. */
class Times {
  readonly #all: readonly number[];
  readonly #ofNobody: readonly number[];
  readonly #ofTenant: ReadonlyMap<string, readonly number[]>;

  constructor(moments: readonly { readonly atMs: number; readonly tenant: string | null }[]) {
    const times = (of: readonly { readonly atMs: number }[]): readonly number[] =>
      of.map(({ atMs }) => atMs).toSorted((one, other) => one - other);
    this.#all = times(moments);
    this.#ofNobody = times(moments.filter(({ tenant }) => tenant === null));
    this.#ofTenant = new Map(
      Array.from(
        Map.groupBy(moments, ({ tenant }) => tenant ?? ""),
        ([tenant, of]) => [tenant, times(of)],
      ),
    );
  }

  some(tenant: string | null, fromMs: number, toMs: number): boolean {
    if (tenant === null) return isWithin(this.#all, fromMs, toMs);
    return isWithin(this.#ofTenant.get(tenant) ?? [], fromMs, toMs) || isWithin(this.#ofNobody, fromMs, toMs);
  }
}

function isWithin(times: readonly number[], fromMs: number, toMs: number): boolean {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (times[middle]! < fromMs) low = middle + 1;
    else high = middle;
  }
  return low < times.length && times[low]! <= toMs;
}

/** One that has no end yet runs on. */
function rotationsOf(acts: readonly LoggedAct[]): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const ends = new Map(acts.flatMap((act) => (act.kind === "rotation-ended" ? [[act.rotation, act.atMs] as const] : [])));
  return acts.flatMap((act) => (act.kind === "rotation-began" ? [{ fromMs: act.atMs, toMs: ends.get(act.rotation) ?? Infinity }] : []));
}

/** @returns null for an entry that has nothing to do with openings. */
export function loggedAct(entry: Readonly<Record<string, unknown>>): LoggedAct | null {
  const text = (name: string): string => (typeof entry[name] === "string" ? entry[name] : "");
  const atMs = Date.parse(text("at"));
  const tenant = text("tenant") === "" ? null : text("tenant");
  switch (entry["type"]) {
    case "opening.intended":
      return { kind: "intended", atMs, tenant, grant: text("grant"), purpose: text("purpose") };
    case "opening.done":
      return { kind: "ended", grant: text("grant"), hasOpened: Number(entry["opened"] ?? 1) > 0 };
    case "opening.failed":
      return { kind: "ended", grant: text("grant"), hasOpened: false };
    case "release.automatic":
      return { kind: "released", atMs, tenant };
    case "keys.rotation-started":
      // Only these unwrap anything. A retirement, whose entry was of this type once, has no end: it would explain everything that comes after it.
      if (text("kind") !== "epoch" && text("kind") !== "root") return null;
      return { kind: "rotation-began", atMs, rotation: text("rotation") };
    case "keys.rotation-finished":
      return { kind: "rotation-ended", atMs, rotation: text("rotation") };
    default:
      return null;
  }
}
