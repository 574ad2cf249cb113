import { isOfThisMachine } from "../../identity/checked-issuer.ts";
import { type CoveredValue, EgressError } from "../../outbound/egress.ts";
import { commonRules, joinedRules } from "../../outbound/guard/rules.ts";
import { namedEgress, type NamedEgressParts } from "../outbound/named-egress.ts";
import type { TelemetrySettings } from "../settings/telemetry-settings.ts";
import type { OtlpWords } from "./otlp-words.ts";

const jsonType = "application/json";

/** What became of a call. `rejected`: so many spans or data points were not taken. */
export type OtlpAnswer = { readonly taken: true; readonly rejected: number } | { readonly taken: false; readonly reason: string };
export type OtlpCalls = (signal: "traces" | "metrics", body: Uint8Array) => Promise<OtlpAnswer>;

/**
 * Posts to the endpoint that the settings name, and to no other, through the egress guard: what is not made of our own words does not leave. Nothing is sent twice.
 */
export function otlpCalls(
  { endpoint, headers, path }: Pick<TelemetrySettings, "endpoint" | "headers" | "path">,
  words: Pick<OtlpWords, "isWhole">,
  { testHosts, transport, log }: Pick<NamedEgressParts, "testHosts" | "transport" | "log">,
): OtlpCalls {
  const own = new URL(endpoint);
  const rules = joinedRules(commonRules, {
    texts: new Set([...own.pathname.split("/"), "v1", "traces", "metrics", jsonType, ...Object.keys(headers)]),
    formats: [],
    bodies: [{ mediaType: jsonType, isWhole: (body) => words.isWhole(body) }],
  });
  const egress = namedEgress({
    label: "telemetry",
    urls: [endpoint],
    rules,
    testHosts: isOfThisMachine(own) ? new Set([...testHosts, own.host]) : testHosts,
    transport,
    isProxied: path === "public",
    log,
  });
  const covered = Object.values(headers).map((value): CoveredValue => ({ kind: "credential", value }));
  return async (signal, body) => {
    const url = `${endpoint.replace(/\/$/, "")}/v1/${signal}`;
    const call = {
      tenant: "",
      recipient: "telemetry",
      method: "POST",
      url,
      headers: { ...headers, "content-type": jsonType },
      body,
      covered,
    } as const;
    try {
      const answer = await egress.send(call);
      return answer.status === 200
        ? { taken: true, rejected: rejectedIn(answer.body) }
        : { taken: false, reason: `status-${answer.status}` };
    } catch (error) {
      if (error instanceof EgressError) return { taken: false, reason: error.code };
      throw error;
    }
  };
}

/** OTLP specification, "Partial success". Its message is the endpoint's words and is not repeated. */
function rejectedIn(body: Uint8Array): number {
  try {
    const { partialSuccess = {} } = JSON.parse(Buffer.from(body).toString("utf8")) as { partialSuccess?: Record<string, unknown> };
    const rejected = Number(partialSuccess["rejectedSpans"] ?? partialSuccess["rejectedDataPoints"] ?? 0);
    return Number.isInteger(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    return 0;
  }
}
