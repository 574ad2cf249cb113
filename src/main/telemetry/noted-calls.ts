import type { ProgramLog } from "../log.ts";
import type { OtlpCalls } from "./otlp-calls.ts";

/** A line when the endpoint begins not to take spans, or metrics, and one when it does again: some take the one and not the other. */
export function notedCalls(calls: OtlpCalls, log: Pick<ProgramLog, "info" | "warn">): OtlpCalls {
  const refusing = new Set<string>();
  return async (signal, body) => {
    const answer = await calls(signal, body);
    if (answer.taken && refusing.delete(signal)) log.info({ signal }, "telemetry is taken again");
    if (!answer.taken && !refusing.has(signal)) {
      refusing.add(signal);
      log.warn({ signal, reason: answer.reason }, "telemetry is not taken; what is sent meanwhile is lost");
    }
    return answer;
  };
}
