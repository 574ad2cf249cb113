import type { CarrierFigure, SimulationFigures } from "./simulate-figures.ts";

/** Two runs that differ in one carrier only: it answers in the first and swallows every call in the second. */
export interface PairedFigures {
  readonly blackHole: string;
  readonly without: SimulationFigures;
  readonly with: SimulationFigures;
  readonly others: readonly PairedCarrier[];
}

/** One of the other carriers in both runs. */
export interface PairedCarrier {
  readonly source: string;
  readonly without: PairedSteps;
  readonly with: PairedSteps;
}

export interface PairedSteps {
  readonly told: number;
  readonly missing: number;
  readonly toldToSeenP50: number | null;
  readonly toldToSeenP99: number | null;
}

export function pairedFigures(blackHole: string, without: SimulationFigures, within: SimulationFigures): PairedFigures {
  const others = without.carriers.flatMap((carrier) => {
    const again = within.carriers.find(({ source }) => source === carrier.source);
    if (carrier.source === blackHole || again === undefined) return [];
    return [{ source: carrier.source, without: stepsOf(carrier), with: stepsOf(again) }];
  });
  return { blackHole, without, with: within, others };
}

function stepsOf({ steps: { told, missing, toldToSeen } }: CarrierFigure): PairedSteps {
  return { told, missing, toldToSeenP50: toldToSeen.p50, toldToSeenP99: toldToSeen.p99 };
}

/** For a terminal: how the other carriers did in both runs, side by side. */
export function pairedText({ blackHole, others }: PairedFigures): string {
  const head = ["carrier", "told", "not seen", "told→seen p50", "p99", "told", "not seen", "told→seen p50", "p99"];
  const cells = ({ told, missing, toldToSeenP50, toldToSeenP99 }: PairedSteps): readonly string[] => [
    String(told),
    String(missing),
    milliseconds(toldToSeenP50),
    milliseconds(toldToSeenP99),
  ];
  const rows = others.map((each) => [each.source, ...cells(each.without), ...cells(each.with)]);
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  ");
  const title = `The others while ${blackHole} answers (left) and while it is a black hole (right). Milliseconds.`;
  return `${[title, "", line(head), ...rows.map(line)].join("\n")}\n`;
}

function milliseconds(value: number | null): string {
  return value === null ? "-" : String(Math.round(value));
}
