import { assumed, deployed, limits, measured, processors, sizing, type Sizing, volumeLimit } from "./model.ts";

const rates = [1, 100, 10_000];
/** Interface endpoints in infra/policies/context.ts without S3, which is a gateway. */
const interfaceEndpoints = 10;
const zones = 2;
/** docs/operations/keys-aws.md and infra/policies/context.ts: keys of the vault (one of them for each epoch) and of storage. */
const keys = 9;

type Line = readonly [what: string, value: (size: Sizing) => string];

const runs: readonly Line[] = [
  ["tenants (assumed)", ({ tenants }) => count(tenants)],
  ["`front`, tasks of 2 vCPU and 4 GiB", ({ fronts }) => count(fronts)],
  ["`worker`, tasks of 1 vCPU and 2 GiB", ({ workers }) => count(workers)],
  ["`archivist`, 1 vCPU: busy with this", ({ archivistProcessors }) => `1 (${(100 * archivistProcessors).toFixed(1)} %)`],
  ["`keeper`; `sequencer`; `granter`; `outbound`", () => "1; 2; 2; 2"],
  ["Aurora, capacity units of the writer; a reader in another zone has the same", ({ capacityUnits }) => count(capacityUnits)],
  ["of its processors busy", ({ perSecond }) => processors(perSecond, measured.databaseMicros).toFixed(3)],
];

const data: readonly Line[] = [
  ["received a month", ({ bytesInPerMonth }) => bytes(bytesInPerMonth)],
  ["write-ahead log a second (assumed)", ({ walBytesPerSecond }) => bytes(walBytesPerSecond)],
  [`database after ${assumed.databaseDays} days (assumed)`, ({ databaseBytes }) => bytes(databaseBytes)],
  ["segments a day: bytes", ({ segmentBytesPerDay }) => bytes(segmentBytesPerDay)],
  ["segments a day: objects", ({ segmentsPerDay }) => count(segmentsPerDay)],
  [`segments after ${assumed.segmentDays} days`, ({ segmentBytesKept }) => bytes(segmentBytesKept)],
];

const month = assumed.secondsPerMonth;
const costs: readonly Line[] = [
  ["API Gateway: requests", ({ perSecond }) => count(perSecond * month)],
  [
    "Fargate: vCPU hours",
    ({ fronts, workers }) => count((fronts * deployed.frontProcessors + workers * deployed.workerProcessors + 1 + 0.5 + 1 + 1 + 2) * 720),
  ],
  ["Aurora: capacity unit hours, writer and reader", ({ capacityUnits }) => count(2 * capacityUnits * 720)],
  ["Aurora: storage at the end of the retention", ({ databaseBytes }) => bytes(databaseBytes)],
  ["S3: PUTs of segments, and retention read back", ({ segmentsPerDay }) => count(2 * segmentsPerDay * 30)],
  ["S3: PUTs of checkpoints at most, and tiles beside them", ({ checkpointsPerDay }) => count(checkpointsPerDay * 30)],
  ["SQS: calls in tens; ten times as many at the worst", ({ queueCallsPerSecond }) => count(queueCallsPerSecond * month)],
  ["KMS: calls of ingress at most", ({ keyCallsPerSecond }) => count(keyCallsPerSecond * month)],
  ["KMS: keys", () => count(keys)],
  [`endpoint hours (${interfaceEndpoints} in ${zones} zones)`, () => count(interfaceEndpoints * zones * 720)],
  [
    "through endpoints: calls of SQS and KMS at 2 KiB (assumed)",
    ({ queueCallsPerSecond, keyCallsPerSecond }) => bytes((queueCallsPerSecond + keyCallsPerSecond) * 2_048 * month),
  ],
  ["through NAT and firewall: nothing of a webhook; calls to carriers, some KiB each", () => "–"],
  ["between zones, at most: to the other zone's front and database", ({ bytesInPerMonth }) => bytes(2 * bytesInPerMonth)],
];

/** docs/operations/sizing.md as a whole. */
export function sizingDocument(): string {
  return `<!-- Written by scripts/sizing.ts from scripts/sizing/model.ts; a test holds the two together. -->

# How large, and what it costs

For one, a hundred and ten thousand webhooks a second, day and night, of ${count(measured.bodyBytes)} bytes. **Calculated, not tried**: nothing was deployed. What a webhook costs in processor time was measured on ${measured.machine}
([bench/RESULTS.md](../../bench/RESULTS.md)), where everything shared those two cores and at most 2,665 a second were taken; the last column is an extrapolation over four times that. Another processor, a network between the
processes and Aurora's storage will differ. Measure one cell before you order ten.

Assumed, and to be replaced by your figures: processors ${percent(assumed.utilisation)} busy; ${assumed.databaseBytesPerByte} bytes in the database and ${assumed.logBytesPerByte} in its log for each that is received; a capacity unit of Aurora
(2 GiB) is a quarter of a processor; tenants as in the first line, all active each minute. Calls that ask carriers come on top; carriers' quotas are their limit.

## What runs

${table(runs)}

## What is kept

${table(data)}

The program writes no log line for a request; logs are starts, ends and trouble. CloudTrail's data events on buckets and KMS's events are written for each call of the next table.

## What is paid for, a month

Quantities, not euros: no price list of the sovereign region was at hand. Multiply by the region's prices; the commercial partition's would be another partition's.

${table(costs)}

What does not grow with webhooks: the network firewall and NAT by the hour in each zone, the load balancer, the transit gateway's attachments, Config's and GuardDuty's records, the cache. For one webhook a second they are nearly the whole bill;
in staging, remove the stacks that are not being tried.

## What ends first

| at webhooks a second | what | where from |
|---|---|---|
${limits()
  .map((limit) => `| ${limit.perSecond === null ? "not known" : count(limit.perSecond)} | ${limit.name} | ${limit.source} |`)
  .join("\n")}

KMS is not among them: ${count(sizing(10_000).keyCallsPerSecond)} calls a second at ten thousand webhooks, against 10,000 of the commercial partition's default (to be checked). An external key store is another matter: 1,800 calls a second
were the limit of a custom key store in AWS's older guide, and the key manager outside has its own.

## What to shard, and when

Tenants, into **cells**. A cell is a whole deployment: database, queue, buckets, keys, processes, in accounts of its own. Its name stands in every token (\`PARCELKEEP_CELL\`: \`ptk_eu1_…\`), so that a token says where it belongs and two cells' never match. A
tenant lives in one cell; nothing is joined across cells, and an incident, a quota or a rotation stays in one.

- Begin a second cell at half of the first limit above that you cannot have raised. What is left is for a night's backlog that carriers send at once.
- **Measure first what a webhook leaves in the database**: it decides. By the assumption above the cluster's volume is full after ${assumed.databaseDays} days at ${count(volumeLimit)} webhooks a second, long before any processor is;
  a third of the bytes, or a third of the days, is three times the rate. Ten thousand a second are then ${count(Math.ceil(10_000 / (volumeLimit / 2)))} cells, each half full.
- Also when the writer is above ${percent(assumed.utilisation)} in the busiest hour, when \`parcelkeep_inbox_lanes_in_flight\` stays near 64 ([scaling.md](scaling.md)), or when a restore of the database takes longer than you may be away.
- New tenants go to the new cell. Moving one that is there is an export and import by subject, with tokens of the new cell; there is no command for it yet.
- Not by table or by shard of one database: powers, erasure and restore are proven for one database, and a cell is one.
`;
}

function table(lines: readonly Line[]): string {
  const sizes = rates.map(sizing);
  return [
    `| webhooks a second | ${rates.map(count).join(" | ")} |`,
    `|---|${rates.map(() => "---:|").join("")}`,
    ...lines.map(([what, value]) => `| ${what} | ${sizes.map(value).join(" | ")} |`),
  ].join("\n");
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Three digits that mean something, and no more. */
function count(value: number): string {
  return value.toLocaleString("en-GB", { maximumSignificantDigits: value < 1_000 ? 3 : 4 });
}

function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${count(Number((value / 1_000 ** power).toPrecision(3)))} ${units[power]}`;
}
