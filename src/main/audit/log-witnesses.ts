import type { Registry } from "prom-client";
import { type Cosigners, cosignBy, type WitnessOutcome } from "../../audit/cosign.ts";
import type { NoteKey } from "../../audit/note.ts";
import type { Cosign, LogFiles } from "../../audit/publisher.ts";
import { type Tile, tilePath } from "../../audit/tiles.ts";
import type { AuditStore } from "../../store/audit-store.ts";
import type { Config } from "../config.ts";
import type { WitnessSettings } from "../settings/log-witness-settings.ts";
import type { ProgramLog } from "../log.ts";
import { egressTransport } from "../outbound/egress-transport.ts";
import { outboundCounter } from "../outbound/outbound-counters.ts";
import { restingWitness, witnessAnswerBytesMax, witnessCalls, type WitnessCalls } from "./witness-calls.ts";

interface LogWitnessParts {
  readonly settings: WitnessSettings;
  readonly calls: WitnessCalls;
  /** Writes an entry into the log that a witness stopped cosigning. */
  readonly noteMissing: (facts: { readonly witness: string; readonly size: number; readonly outcome: WitnessOutcome }) => Promise<unknown>;
  readonly counted: (witness: string, outcome: WitnessOutcome) => void;
  readonly log: ProgramLog;
  readonly nowMs: () => number;
}

/** Stable codes of the process's log, for alarms (docs/operations/witness.md). */
const sayings: Readonly<Record<Exclude<WitnessOutcome, "cosigned">, readonly [code: string, message: string]>> = {
  fork: ["witness-saw-fork", "a witness has seen another log of this name: somebody restored a backup or signs a second history"],
  refused: ["witness-refused", "a witness does not take this log's checkpoints: it does not know the log or its key"],
  garbage: ["witness-garbage", "a witness answered with something that is no cosignature of this checkpoint"],
  unavailable: ["witness-unavailable", "a witness did not answer"],
};

/** What asks the witnesses that the settings name; nothing where they name none. */
export async function witnessesOf(
  config: Config,
  parts: { readonly append: AuditStore["append"]; readonly registry: Registry; readonly log: ProgramLog },
): Promise<((files: LogFiles) => Cosign) | undefined> {
  const { witnesses: settings, egressTestHosts: testHosts, egressProxy } = config;
  if (settings === null) return undefined;
  const transport = await egressTransport(config, {
    timeoutMs: settings.timeoutMs,
    answerBytesMax: witnessAnswerBytesMax,
    connectionsPerHost: 2,
  });
  const calls = witnessCalls(settings.witnesses, { testHosts, transport, isProxied: egressProxy !== null, log: parts.log });
  const answers = outboundCounter("witnessAnswers", parts.registry);
  return logWitnesses({
    settings,
    calls,
    noteMissing: (facts) => parts.append("witness.missing", facts),
    counted: (witness, outcome) => answers.inc({ witness, outcome }),
    log: parts.log,
    nowMs: () => performance.now(),
  });
}

/**
 * Has the witnesses of the settings cosign what is about to be published to files. What each answered last, and how long it rests, outlives the files'
 * publisher: a head that is held is published by a new one, again and again.
 */
export function logWitnesses({
  settings,
  calls,
  noteMissing,
  counted,
  log,
  nowMs,
}: LogWitnessParts): (files: Pick<LogFiles, "read">) => Cosign {
  const outcomes = new Map<NoteKey, WitnessOutcome>();
  const answered: Cosigners["answered"] = (witness, outcome, size) => {
    counted(witness.name, outcome);
    const before = outcomes.get(witness);
    outcomes.set(witness, outcome);
    if (outcome === "cosigned") {
      if (before !== undefined && before !== "cosigned") log.info({ witness: witness.name }, "a witness cosigns again");
      return;
    }
    const [code, message] = sayings[outcome];
    const isAlarm = outcome === "fork" || outcome === "garbage";
    log[isAlarm ? "error" : "warn"]({ code, witness: witness.name, size }, message);
    // Once, when it begins: an entry is a reason for a checkpoint, which would be the reason for the next entry.
    if (before !== outcome)
      noteMissing({ witness: witness.name, size, outcome }).catch(() => log.warn({ witness: witness.name }, "an entry was not written"));
  };
  const witnesses = settings.witnesses.map((each) => restingWitness(each, calls, nowMs));
  return (files) =>
    cosignBy({
      witnesses,
      policy: settings.policy,
      shortfall: settings.shortfall,
      deadline: () => AbortSignal.timeout(settings.timeoutMs),
      read: async (tile: Tile) => {
        const bytes = await files.read(tilePath(tile));
        if (bytes === null) throw new RangeError("a tile that was written is missing");
        return bytes;
      },
      answered,
    });
}
