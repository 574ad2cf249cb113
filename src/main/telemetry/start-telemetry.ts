import type { Registry } from "prom-client";
import type { Config } from "../config.ts";
import type { ProgramLog } from "../log.ts";
import type { RoleName } from "../role.ts";
import { noSpans, type Spans } from "./spans.ts";

export interface Telemetry {
  readonly spans: Spans;
  /** Has what a process counts sent as well, every so often. @param counted brings it up to date. */
  readonly tellMetrics: (counted: () => Promise<Registry>) => void;
  /** Sends what is left, within a bounded time, whether anybody takes it or not. */
  readonly stop: () => Promise<void>;
}

const nothing: Telemetry = { spans: noSpans, tellMetrics: () => {}, stop: async () => {} };

/** @param registry where it counts what becomes of spans. Its code, and OpenTelemetry's, is loaded where the settings name an endpoint and nowhere else. */
export async function startTelemetry(config: Config, role: RoleName, log: ProgramLog, registry?: Registry): Promise<Telemetry> {
  const { telemetry } = config;
  if (telemetry === null) return nothing;
  const { openTelemetry } = await import("./open-telemetry.ts");
  return openTelemetry({ ...config, telemetry }, role, log, registry);
}
