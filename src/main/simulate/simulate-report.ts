import type { SimulationFigures } from "./simulate-figures.ts";
import type { Percentiles } from "./simulate-percentiles.ts";

interface Table {
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** For a terminal. */
export function figuresText(figures: SimulationFigures): string {
  const parts = tables(figures).map(({ title, note, head, rows }) => {
    const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]!.length)));
    const line = (row: readonly string[]): string =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  ");
    return [title, note, "", line(head), ...rows.map(line)].join("\n");
  });
  return `${[summary(figures), ...parts].join("\n\n")}\n`;
}

/** One page with nothing outside itself: tables and charts (SVG). */
export function figuresHtml(figures: SimulationFigures): string {
  const sections = tables(figures).map(
    ({ title, note, head, rows }) =>
      `<section><h2>${escaped(title)}</h2><p>${escaped(note)}</p><table><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`)
        .join("")}</tbody></table></section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parcelkeep: simulated carriers, end to end</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#1a2233}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.25rem .6rem;border-bottom:1px solid #d5dae3;text-align:right}
th:first-child,td:first-child{text-align:left}h2{margin-top:2.5rem}svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1a2233}
</style></head><body><h1>Simulated carriers, end to end</h1><p>${escaped(summary(figures))}</p>
${latencyChart(figures)}${batchingChart(figures)}${cacheChart(figures)}
${sections.join("\n")}
</body></html>
`;
}

function summary({ carriers, durationMs, speed, seed, machine, startedAt, askedBy, agreement }: SimulationFigures): string {
  const asker =
    askedBy === "product" ? "the product asked the carriers" : "this command asked the carriers through the product's connectors";
  const differing = agreement.differing.length === 0 ? "" : ` (${agreement.differing.join("; ")})`;
  return `${carriers.length} carriers, ${durationMs / 1000} s at ${speed} times our time, seed ${seed}, begun ${startedAt}, on ${machine}; ${asker}. Shipments that show what they were told: ${agreement.agreed} of ${agreement.checked}${differing}.`;
}

function tables({ carriers, pushes, batching, cache }: SimulationFigures): readonly Table[] {
  return [
    {
      title: "Carriers that are asked",
      note: "told: the carrier's answer is out; seen: the API shows it; happened: the event at the carrier, so with the time until the carrier is asked. Milliseconds.",
      head: [
        "carrier",
        "behaviour",
        "parcels",
        "calls",
        "numbers/call",
        "steps told",
        "not seen",
        "told→seen p50",
        "p95",
        "p99",
        "happened→seen p50",
        "p99",
        "outcomes",
      ],
      rows: carriers.map(({ source, behaviour, parcels, calls, numbers, steps, outcomes }) => [
        source,
        behaviour,
        String(parcels),
        String(calls),
        calls === 0 ? "-" : (numbers / calls).toFixed(1),
        `${steps.told} of ${steps.happened}`,
        String(steps.missing),
        ms(steps.toldToSeen.p50),
        ms(steps.toldToSeen.p95),
        ms(steps.toldToSeen.p99),
        ms(steps.happenedToSeen.p50),
        ms(steps.happenedToSeen.p99),
        Object.entries(outcomes)
          .map(([kind, count]) => `${kind} ${count ?? 0}`)
          .join(", "),
      ]),
    },
    {
      title: "Senders that push",
      note: "202: from sending to the acknowledgement, which means durable; seen: until the API shows it. Milliseconds.",
      head: ["sender", "parcels", "messages", "at first", "later", "lost", "202 p50", "p95", "p99", "seen p50", "p99"],
      rows: pushes.map(({ source, parcels, messages, first, later, lost, acknowledged, steps }) => [
        source,
        ...[parcels, messages, first, later, lost].map(String),
        ms(acknowledged.p50),
        ms(acknowledged.p95),
        ms(acknowledged.p99),
        ms(steps.toldToSeen.p50),
        ms(steps.toldToSeen.p99),
      ]),
    },
    {
      title: "Batches",
      note: "The same numbers asked for as many at once as the carrier takes, and one by one; one call after the other.",
      head: ["carrier", "batch size", "numbers", "calls in batches", "ms", "calls one by one", "ms", "times faster"],
      rows: batching.map(({ source, batchMax, numbers, batched, single }) => [
        source,
        String(batchMax),
        String(numbers),
        String(batched.calls),
        ms(batched.tookMs),
        String(single.calls),
        ms(single.tookMs),
        (single.tookMs / batched.tookMs).toFixed(1),
      ]),
    },
    {
      title: "Cache of tracking reads",
      note: "GET /v1/track/{publicId}, one read after the other: the first one of each shipment, which the database answers, and those that follow within the cache's two seconds.",
      head: ["read", "count", "p50 ms", "p95", "p99"],
      rows: cache === null ? [] : [cacheRow("without the cache", cache.without), cacheRow("with it", cache.with)],
    },
  ];
}

function cacheRow(name: string, { count, p50, p95, p99 }: Percentiles): readonly string[] {
  const fine = (value: number | null): string => (value === null ? "-" : value.toFixed(2));
  return [name, String(count), fine(p50), fine(p95), fine(p99)];
}

function ms(value: number | null): string {
  return value === null ? "-" : String(Math.round(value));
}

interface Bar {
  readonly label: string;
  readonly value: number;
  /** End of the whisker. */
  readonly high: number;
  readonly text: string;
  readonly colour: string;
}

const blue = "#2f6fde";
const orange = "#d97a1c";
const left = 190;
const right = 150;
const width = 1040;
const barHeight = 22;

function latencyChart({ carriers, pushes }: SimulationFigures): string {
  const bars = [
    ...carriers.map(({ source, steps }) => bar(`${source}, asked`, steps.toldToSeen, blue)),
    ...pushes.filter(({ steps }) => steps.measured > 0).map(({ source, steps }) => bar(`${source}, pushed`, steps.toldToSeen, orange)),
  ];
  return chart("From the carrier's answer or push until the API shows it: median (bar) and 99th percentile (line), ms", bars);
}

function bar(label: string, { p50, p99 }: Percentiles, colour: string): Bar {
  return { label, value: p50 ?? 0, high: p99 ?? 0, text: p50 === null ? "nothing came" : `${ms(p50)} … ${ms(p99)}`, colour };
}

function batchingChart({ batching }: SimulationFigures): string {
  const bars = batching.flatMap(({ source, batchMax, batched, single, numbers }): Bar[] => [
    callsBar(`${source}, ${batchMax} a call`, batched.calls, numbers, blue),
    callsBar(`${source}, one by one`, single.calls, numbers, orange),
  ]);
  return bars.length === 0 ? "" : chart("Calls for the same parcels, in batches and one by one", bars);
}

function callsBar(label: string, calls: number, numbers: number, colour: string): Bar {
  return { label, value: calls, high: calls, text: `${calls} calls, ${(calls / numbers).toFixed(2)} a parcel`, colour };
}

function cacheChart({ cache }: SimulationFigures): string {
  if (cache === null) return "";
  const fine = (label: string, { p50, p99 }: Percentiles, colour: string): Bar => ({
    label,
    value: p50 ?? 0,
    high: p99 ?? 0,
    text: `${p50?.toFixed(2)} … ${p99?.toFixed(2)}`,
    colour,
  });
  return chart("Tracking reads without and with the cache: median and 99th percentile, ms", [
    fine("without the cache", cache.without, orange),
    fine("with it", cache.with, blue),
  ]);
}

function chart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ high }) => high), 1e-9);
  const x = (value: number): number => Math.round(left + (value / most) * (width - left - right));
  const height = bars.length * barHeight + 36;
  const drawn = bars.map(({ label, value, high, text, colour }, at) => {
    const y = 30 + at * barHeight;
    const middle = y + barHeight / 2 - 2;
    return [
      `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${left}" y="${y + 2}" width="${Math.max(1, x(value) - left)}" height="${barHeight - 8}" fill="${colour}"/>`,
      `<line x1="${x(value)}" y1="${middle}" x2="${x(high)}" y2="${middle}" stroke="${colour}" stroke-width="2"/>`,
      `<text x="${x(high) + 8}" y="${middle + 4}">${escaped(text)}</text>`,
    ].join("");
  });
  return `<figure><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}"><text x="0" y="16" font-weight="600">${escaped(title)}</text>${drawn.join("")}</svg></figure>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
