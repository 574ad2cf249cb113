/** In days since the receipt; may be a part of one. */
export interface Retention {
  readonly personalDays: number;
  readonly textDays: number;
}

/**
 * A number that came again would lead to the person who had it before. The shortest time that is told of a carrier is that of USPS, which shows a number for
 * 120 days and gives it out again afterwards (shipsaving.com, "What Are USPS Recycled Tracking Numbers?", and others, read 2026-11-25; USPS itself publishes
 * none). That the term is to be shorter than the carrier's cycle is parcelLab's rule too (docs.parcellab.com, "Data retention policy").
 */
export const numberReuseDays = 120;

export interface RetentionSteps {
  /** Each destroys what is due in one batch, and says how much that was; null where nothing is left to look at. */
  sweepTexts(before: Date): Promise<number | null>;
  sweepRecords(before: Date): Promise<number | null>;
  /** @param after place in the order of sessions; @returns how much went and where to go on. */
  sweepValues(before: Date, after: number): Promise<{ readonly gone: number; readonly place: number } | null>;
  /** Asked between batches. */
  isStopped(): boolean;
}

export interface Swept {
  readonly texts: number;
  readonly records: number;
  readonly values: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Destroys what has come to the end of its term. A raw record holds texts too, and goes with whichever term ends first. Each batch is a transaction; a run that is
 * cut short is made up for by the next.
 */
export async function sweepExpired({ personalDays, textDays }: Retention, now: Date, steps: RetentionSteps): Promise<Swept> {
  const before = (days: number): Date => new Date(now.getTime() - days * dayMs);
  const texts = await batches(steps, () => steps.sweepTexts(before(textDays)));
  const records = await batches(steps, () => steps.sweepRecords(before(Math.min(personalDays, textDays))));
  let place = 0;
  const values = await batches(steps, async () => {
    const batch = await steps.sweepValues(before(personalDays), place);
    place = batch?.place ?? place;
    return batch?.gone ?? null;
  });
  return { texts, records, values };
}

async function batches(steps: RetentionSteps, next: () => Promise<number | null>): Promise<number> {
  let sum = 0;
  while (!steps.isStopped()) {
    const gone = await next();
    if (gone === null) break;
    sum += gone;
  }
  return sum;
}
