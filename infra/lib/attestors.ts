import type { Config } from "../config/schema.ts";

/** Who attests the audit log from outside, its witnesses and its time-stamping authority: the sequencer alone calls them. */
type Attestors = Pick<Config, "witnesses" | "timeStamps">;

/** Hosts that the sequencer calls; none: it has no way out. */
export function attestorHosts({ witnesses, timeStamps }: Attestors): readonly string[] {
  const urls = [...(witnesses?.known ?? []), ...(timeStamps === null ? [] : [timeStamps])].map(({ url }) => new URL(url).hostname);
  return [...new Set(urls)].sort();
}

/** The sequencer's settings of them (docs/operations/settings.md). */
export function attestorSettings({ witnesses, timeStamps }: Attestors): Readonly<Record<string, string>> {
  return {
    ...(witnesses === null ? {} : { PARCELKEEP_WITNESSES: witnessPolicy(witnesses), PARCELKEEP_WITNESS_SHORTFALL: witnesses.shortfall }),
    ...(timeStamps === null ? {} : { PARCELKEEP_TIME_STAMP_URL: timeStamps.url }),
    ...(timeStamps === null || timeStamps.certificates === null ? {} : { PARCELKEEP_TIME_STAMP_CERTIFICATES: timeStamps.certificates }),
  };
}

/** C2SP tlog-policy, with the witnesses' addresses. */
function witnessPolicy({ known, enough }: NonNullable<Config["witnesses"]>): string {
  return [
    ...known.map(({ name, key, url }) => `witness ${name} ${key} ${url}`),
    `group enough ${enough} ${known.map(({ name }) => name).join(" ")}`,
    "quorum enough",
  ].join("\n");
}
