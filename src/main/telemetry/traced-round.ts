import type { ArchiveRun } from "../../archive/archiver.ts";
import type { Spans } from "./spans.ts";

/** One round of the archive as a span, unless it found nothing to do. @throws what `archive` does. */
export async function tracedRound(spans: Spans, archive: () => Promise<ArchiveRun>): Promise<ArchiveRun> {
  const span = spans.begin("archive.round");
  try {
    const run = await archive();
    const { archived, alarms } = run;
    if (archived.length + alarms.length > 0)
      span?.end({
        "parcelkeep.segments": archived.length,
        "parcelkeep.records": archived.reduce((sum, { records }) => sum + records, 0),
        "parcelkeep.bytes": archived.reduce((sum, { bytes }) => sum + bytes, 0),
        "parcelkeep.outcome": alarms.length > 0 ? "alarm" : "archived",
      });
    return run;
  } catch (error) {
    span?.end({ "parcelkeep.outcome": "failed" });
    throw error;
  }
}
