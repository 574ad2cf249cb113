/** Times as carriers write them. The simulator's carriers all live an hour east of Greenwich and never change their clocks. */
const offsetMs = 3_600_000;
export const offset = "+01:00";

const iso = (at: Date): string => new Date(at.getTime() + offsetMs).toISOString();

/** `2026-11-05T07:41:10` */
export function local(at: Date): string {
  return iso(at).slice(0, 19);
}

/** `2026-11-05T07:41:10+01:00` */
export function zoned(at: Date): string {
  return `${local(at)}${offset}`;
}

/** `2026-11-05` */
export function day(at: Date): string {
  return iso(at).slice(0, 10);
}

/** `07:41:10` */
export function clock(at: Date): string {
  return iso(at).slice(11, 19);
}

/** `20261105`, `074110` */
export function compact(at: Date): readonly [date: string, time: string] {
  return [day(at).replaceAll("-", ""), clock(at).replaceAll(":", "")];
}

export function compactUtc(at: Date): readonly [date: string, time: string] {
  const text = at.toISOString();
  return [text.slice(0, 10).replaceAll("-", ""), text.slice(11, 19).replaceAll(":", "")];
}

/** `05.11.2026 07:41` */
export function germanMinute(at: Date): string {
  const [year, month, date] = day(at).split("-");
  return `${date}.${month}.${year} ${clock(at).slice(0, 5)}`;
}

/** `05-11-2026 07:41:10` */
export function dutch(at: Date): string {
  const [year, month, date] = day(at).split("-");
  return `${date}-${month}-${year} ${clock(at)}`;
}
