import type pg from "pg";

/** What was added to a counter; labels as canonical JSON. */
export interface AddedCount {
  readonly name: string;
  readonly labels: string;
  readonly added: number;
}

export async function tellCounters(pool: pg.Pool, counts: readonly AddedCount[]): Promise<void> {
  await pool.query("select parcelkeep.tell_counters($1, $2, $3)", [
    counts.map(({ name }) => name),
    counts.map(({ labels }) => labels),
    counts.map(({ added }) => added),
  ]);
}

/** Counters of the processes that nobody can ask over the network, by name and labels. */
export async function toldCounters(
  pool: pg.Pool,
): Promise<readonly { readonly name: string; readonly labels: string; readonly value: number }[]> {
  return (await pool.query<{ name: string; labels: string; value: number }>("select name, labels, value from parcelkeep.told_counters()"))
    .rows;
}
