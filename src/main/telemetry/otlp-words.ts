import type { Registry } from "prom-client";
import { spanList } from "./span-list.ts";

/** Names of the messages' fields in OTLP's JSON form (opentelemetry-proto 1.x, trace, metrics, common and resource) that are sent. */
const protocolWords = [
  "resourceSpans resource attributes key value stringValue intValue doubleValue droppedAttributesCount scopeSpans scope name version spans traceId spanId parentSpanId",
  "kind startTimeUnixNano endTimeUnixNano events droppedEventsCount status code links droppedLinksCount flags",
  "resourceMetrics scopeMetrics metrics description unit sum gauge histogram aggregationTemporality isMonotonic dataPoints timeUnixNano asDouble",
  "bucketCounts explicitBounds count",
].flatMap((line) => line.split(" "));

const resourceAttributes = ["service.name", "service.instance.id", "parcelkeep.role"] as const;
export const serviceName = "parcelkeep";

/** Numbers of the protocol's own, each in its place. */
const numbers: Readonly<Record<string, RegExp>> = {
  traceId: /^[0-9a-f]{32}$/,
  spanId: /^[0-9a-f]{16}$/,
  parentSpanId: /^[0-9a-f]{16}$/,
  startTimeUnixNano: /^(?:0|\d{19})$/,
  endTimeUnixNano: /^\d{19}$/,
  timeUnixNano: /^\d{19}$/,
};

/** A label's value: sources, outcomes and the like, of closed lists that the counters' owners keep. Small letters and few digits, without a blank. */
const labelCode = /^(?!.*\d{4})[a-z0-9]+(?:[-_.:/][a-z0-9]+){0,7}$/;
const labelMax = 60;

export function isLabelCode(text: string): boolean {
  return text.length <= labelMax && labelCode.test(text);
}

/** Every word that spans and metrics are made of. */
export class OtlpWords {
  readonly #words = new Set<string>([...protocolWords, ...resourceAttributes, serviceName, "error.type", "", "s", "By", "1"]);
  readonly #instance: string;

  /** @param instance id of this process's own. */
  constructor(role: string, instance: string) {
    this.#instance = instance;
    this.#words.add(role);
    for (const [name, { fixed, attributes }] of Object.entries(spanList)) {
      for (const word of [name, ...Object.entries(fixed).flat(), ...Object.keys(attributes)]) this.#words.add(word);
    }
  }

  /** What counters are called and say of themselves. */
  learn(registry: Registry): void {
    for (const metric of registry.getMetricsAsArray()) {
      const { name, help, labelNames = [] } = metric as unknown as { name: string; help: string; labelNames?: readonly string[] };
      for (const word of [name, help, ...labelNames]) this.#words.add(word);
    }
  }

  /**
   * Whether a body is made of these words, of codes and of numbers: looked at once more when it is about to leave, whatever made it.
   * @param body JSON.
   */
  isWhole(body: Uint8Array): boolean {
    try {
      return this.#isKnown("", JSON.parse(Buffer.from(body).toString("utf8")));
    } catch {
      return false;
    }
  }

  #isKnown(key: string, value: unknown): boolean {
    switch (typeof value) {
      case "boolean":
      case "number":
        return true;
      case "string":
        if (key in numbers) return numbers[key]!.test(value);
        return this.#words.has(value) || (key === "stringValue" && (value === this.#instance || isLabelCode(value)));
      default:
        if (Array.isArray(value)) return value.every((each) => this.#isKnown(key, each));
        return (
          value !== null && Object.entries(value as object).every(([name, each]) => this.#words.has(name) && this.#isKnown(name, each))
        );
    }
  }
}
