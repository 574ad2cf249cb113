/** What a webhook costs, as measured: bench/RESULTS.md, commit f76c255, "the whole product, 512 connections", on 2 cores of an AMD EPYC, bodies of 2,048 bytes. */
export const measured = {
  machine: "2 cores of an AMD EPYC, commit f76c255",
  bodyBytes: 2_048,
  /** Processor time a webhook, microseconds. */
  frontMicros: 288 + 141 + 66,
  workerMicros: 62,
  archivistMicros: 12,
  databaseMicros: 96 + 51 + 13 + 4 + 3 + 3 + 2 + 2 + 2 + 1,
  /** Sealed and compressed bytes of a segment for each byte received. */
  segmentBytesPerByte: 0.49,
} as const;

/** What nobody has measured; each is to be replaced by a figure of a deployment. */
export const assumed = {
  /** Of what a task or database has, so that a burst finds room. */
  utilisation: 0.55,
  tenantsPerWebhookASecond: { most: 2_000, least: 10, each: 2 },
  /** Rows, indexes and their dead versions in the database, for each byte received. */
  databaseBytesPerByte: 3,
  databaseDays: 90,
  segmentDays: 90,
  /** Write-ahead log for each byte received: the row, the raw record until it is archived, indexes. */
  logBytesPerByte: 2.5,
  /** Memory that Aurora has for a processor in the usual memory-optimised classes is 8 GiB; a capacity unit is 2 GiB. */
  capacityUnitsPerProcessor: 4,
  secondsPerMonth: 30 * 86_400,
} as const;

/** As deployed: infra/lib/service-roles.ts, infra/constructs/tracking-database.ts, docs/operations/settings.md. */
export const deployed = {
  frontProcessors: 2,
  frontMax: 40,
  workerProcessors: 1,
  workerMax: 40,
  threadsPerFront: 1,
  capacityUnitsMin: 1,
  capacityUnitsMax: 64,
  /** 128 TiB, the most that a cluster's volume grew to for years; newer versions may have more (to be checked in the region). */
  volumeBytesMax: 128 * 2 ** 40,
  segmentBytes: 8_388_608,
  segmentSeconds: 30,
  checkpointSeconds: 2,
  sessionSeconds: 60,
  sessionRecords: 10_000,
  jobsPerSend: 10,
} as const;

export interface Sizing {
  readonly perSecond: number;
  readonly tenants: number;
  readonly fronts: number;
  readonly workers: number;
  readonly archivistProcessors: number;
  readonly capacityUnits: number;
  readonly databaseBytes: number;
  readonly walBytesPerSecond: number;
  readonly segmentBytesPerDay: number;
  readonly segmentsPerDay: number;
  readonly segmentBytesKept: number;
  readonly checkpointsPerDay: number;
  readonly queueCallsPerSecond: number;
  readonly keyCallsPerSecond: number;
  readonly bytesInPerMonth: number;
}

/** @param perSecond webhooks, all day long: a mean would be less, and what has to be paid for is the peak. */
export function sizing(perSecond: number): Sizing {
  const bytesPerSecond = perSecond * measured.bodyBytes;
  const { most, least, each } = assumed.tenantsPerWebhookASecond;
  const tenants = Math.min(most, Math.max(least, perSecond * each));
  const fronts = tasks(perSecond, measured.frontMicros, deployed.frontProcessors);
  const segmentBytesPerDay = bytesPerSecond * measured.segmentBytesPerByte * 86_400;
  // A segment is written when it is full or has waited, if there is anything in it.
  const segmentsPerDay = Math.ceil(
    Math.max(segmentBytesPerDay / deployed.segmentBytes, Math.min(perSecond * 86_400, 86_400 / deployed.segmentSeconds)),
  );
  return {
    perSecond,
    tenants,
    fronts,
    workers: tasks(perSecond, measured.workerMicros, deployed.workerProcessors),
    archivistProcessors: processors(perSecond, measured.archivistMicros),
    capacityUnits: Math.max(
      deployed.capacityUnitsMin,
      Math.ceil((processors(perSecond, measured.databaseMicros) / assumed.utilisation) * assumed.capacityUnitsPerProcessor),
    ),
    databaseBytes: bytesPerSecond * assumed.databaseBytesPerByte * 86_400 * assumed.databaseDays,
    walBytesPerSecond: bytesPerSecond * assumed.logBytesPerByte,
    segmentBytesPerDay,
    segmentsPerDay,
    segmentBytesKept: segmentBytesPerDay * assumed.segmentDays,
    checkpointsPerDay: 86_400 / deployed.checkpointSeconds,
    // Send, receive and delete, each in tens at the best; alone at the worst.
    queueCallsPerSecond: (3 * perSecond) / deployed.jobsPerSend,
    // Three calls for a session, which ends after a minute or when it is full (docs/operations/keys-aws.md).
    keyCallsPerSecond:
      3 *
      Math.max(
        (Math.min(tenants, perSecond * deployed.sessionSeconds) * fronts * deployed.threadsPerFront) / deployed.sessionSeconds,
        perSecond / deployed.sessionRecords,
      ),
    bytesInPerMonth: bytesPerSecond * assumed.secondsPerMonth,
  };
}

/** Processors that are busy with this. */
export function processors(perSecond: number, micros: number): number {
  return (perSecond * micros) / 1e6;
}

/** At least two, so that one may end. */
function tasks(perSecond: number, micros: number, each: number): number {
  return Math.max(2, Math.ceil(processors(perSecond, micros) / (each * assumed.utilisation)));
}

export interface Limit {
  readonly name: string;
  /** Webhooks a second at which it is reached; null: nobody knows. */
  readonly perSecond: number | null;
  readonly source: string;
}

/** Webhooks a second at which the database is as large as Aurora's volume can be when the first rows are swept. */
export const volumeLimit = Math.floor(
  deployed.volumeBytesMax / (measured.bodyBytes * assumed.databaseBytesPerByte * 86_400 * assumed.databaseDays),
);

/** What ends first as the rate grows, the nearest first; of what is unknown nothing is claimed. */
export function limits(): readonly Limit[] {
  const aws = "AWS's documentation of the commercial partition (read 2026-11-26); to be checked in the region";
  const most = (task: number, micros: number, max: number): number => Math.floor((max * task * assumed.utilisation * 1e6) / micros);
  const found: readonly Limit[] = [
    { name: "API Gateway: 2,500 requests a second and account, where the region is one of the small ones", perSecond: 2_500, source: aws },
    { name: "API Gateway: 10,000 requests a second and account, where it is not", perSecond: 10_000, source: aws },
    {
      name: "SQS FIFO without high throughput: 300 calls a second for each action, ten messages each",
      perSecond: 300 * deployed.jobsPerSend,
      source: aws,
    },
    {
      name: `Aurora at ${deployed.capacityUnitsMax} capacity units, one writer`,
      perSecond: most(deployed.capacityUnitsMax / assumed.capacityUnitsPerProcessor, measured.databaseMicros, 1),
      source: "calculated from processor time; what one writer commits on a machine of its own is not measured",
    },
    {
      name: `Aurora: a volume of 128 TiB, full after ${assumed.databaseDays} days`,
      perSecond: volumeLimit,
      source: "calculated from an assumption; the volume's largest size is to be checked in the region",
    },
    {
      name: `${deployed.frontMax} fronts`,
      perSecond: most(deployed.frontProcessors, measured.frontMicros, deployed.frontMax),
      source: "infra/lib/service-roles.ts; a setting",
    },
    {
      name: "one archivist, which works alone",
      perSecond: most(1, measured.archivistMicros, 1),
      source: "calculated from processor time; its writes to S3 are not measured",
    },
    {
      name: "64 lanes of order, the inbox on one database",
      perSecond: null,
      source: "not measured beyond 2,665 a second (bench/RESULTS.md)",
    },
    { name: "Fargate processors of the account, addresses of a subnet", perSecond: null, source: "to be checked in the region" },
  ];
  return found.toSorted((a, b) => (a.perSecond ?? Infinity) - (b.perSecond ?? Infinity));
}
