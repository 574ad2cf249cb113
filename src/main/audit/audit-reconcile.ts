import { readFile } from "node:fs/promises";
import { parseKey } from "../../audit/note.ts";
import { policyOfKey } from "../../audit/policy.ts";
import { type LoggedAct, loggedAct, type ProviderUnwrap, reconcile } from "../../audit/reconcile.ts";
import { verifyLog } from "../../audit/verify.ts";
import { type ProviderRecord, readRecord } from "./provider-record.ts";

export interface ReconcileOptions {
  readonly provider: readonly string[];
  /** The log's verifier key. */
  readonly key: string;
  /** Between the two clocks. */
  readonly toleranceS: number;
  /** RFC 3339; the first and last event of the files where they are left out. */
  readonly from?: string;
  readonly to?: string;
}

/** Ids, codes, counts and times. */
export interface ReconcileReport {
  readonly from: string;
  readonly to: string;
  readonly formats: readonly string[];
  readonly unwraps: number;
  readonly intents: number;
  readonly unchecked: number;
  readonly denied: number;
  readonly unexplained: readonly {
    readonly at: string;
    readonly tenant: string | null;
    readonly purpose: string | null;
    readonly grant: string | null;
  }[];
  readonly missing: readonly { readonly at: string; readonly tenant: string | null; readonly purpose: string; readonly grant: string }[];
  readonly unexplainedByPurpose: Readonly<Record<string, number>>;
  readonly missingByPurpose: Readonly<Record<string, number>>;
}

/** An exported log, which is verified first, against files of the provider's. @throws {LogError} @throws {NoteError} @throws {RecordError} */
export async function reconcileLog(folder: string, options: ReconcileOptions): Promise<ReconcileReport> {
  const records: ProviderRecord[] = [];
  for (const file of options.provider) records.push(readRecord(await readFile(file)));
  const acts: LoggedAct[] = [];
  await verifyLog(folder, policyOfKey(parseKey(options.key)), (entry) => {
    const act = loggedAct(JSON.parse(entry.toString("utf8")) as Record<string, unknown>);
    if (act !== null) acts.push(act);
  });
  const unwraps = records.flatMap((record) => record.unwraps);
  const bounds = { ...boundsOf(records, options), toleranceMs: options.toleranceS * 1000 };
  const { unexplained, missing, ...counts } = reconcile(unwraps, acts, bounds);
  return {
    from: new Date(bounds.fromMs).toISOString(),
    to: new Date(bounds.toMs).toISOString(),
    formats: [...new Set(records.map(({ format }) => format))],
    ...counts,
    denied: records.reduce((sum, { denied }) => sum + denied, 0),
    unexplained: unexplained.map(({ atMs, ...rest }) => ({ at: new Date(atMs).toISOString(), ...rest })),
    missing: missing.map(({ atMs, tenant, purpose, grant }) => ({ at: new Date(atMs).toISOString(), tenant, purpose, grant })),
    unexplainedByPurpose: countsOf(unexplained),
    missingByPurpose: countsOf(missing),
  };
}

function boundsOf(records: readonly ProviderRecord[], { from, to }: ReconcileOptions): { readonly fromMs: number; readonly toMs: number } {
  const spans = records.flatMap(({ span }) => (span === null ? [] : [span]));
  const fromMs = from === undefined ? Math.min(...spans.map((span) => span.fromMs)) : Date.parse(from);
  const toMs = to === undefined ? Math.max(...spans.map((span) => span.toMs)) : Date.parse(to);
  if (Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs <= toMs) return { fromMs, toMs };
  throw new RangeError("the files hold no events: say the time that they are of, --from and --to");
}

function countsOf(differences: readonly Pick<ProviderUnwrap, "purpose">[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Array.from(
      Map.groupBy(differences, ({ purpose }) => purpose ?? "none"),
      ([purpose, of]) => [purpose, of.length],
    ),
  );
}
