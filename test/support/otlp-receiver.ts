import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedSpan {
  readonly role: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly status: { readonly code: number; readonly message?: string };
  readonly events: readonly unknown[];
  readonly links: readonly unknown[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

export interface ReceivedMetric {
  readonly role: string;
  readonly name: string;
  readonly unit: string;
  readonly kind: "sum" | "gauge" | "histogram";
  readonly points: readonly (Readonly<Record<string, unknown>> & { readonly attributes: Readonly<Record<string, string | number>> })[];
}

/** How the endpoint behaves. */
export type Manner = "takes" | "unavailable" | "hangs" | "rejects";

/** Stands for a collector: takes OTLP by HTTP as JSON, and keeps every byte of it. */
export class OtlpReceiver {
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  manner: Manner = "takes";
  readonly #server: Server;
  readonly #hanging = new Set<ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.requests.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
        this.#answer(response);
      });
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get text(): string {
    return this.requests.map(({ path, headers, body }) => `${path}\n${JSON.stringify(headers)}\n${body}`).join("\n");
  }

  spans(): readonly ReceivedSpan[] {
    return this.#bodies("/v1/traces").flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ resource, scopeSpans }: any) =>
        scopeSpans.flatMap(({ spans }: any) =>
          spans.map((span: any) => ({ ...span, role: attributesOf(resource)["parcelkeep.role"], attributes: attributesOf(span) })),
        ),
      ),
    );
  }

  /** As each call told them, in their order. */
  metrics(): readonly ReceivedMetric[] {
    return this.#bodies("/v1/metrics").flatMap(({ resourceMetrics }) =>
      resourceMetrics.flatMap(({ resource, scopeMetrics }: any) =>
        scopeMetrics.flatMap(({ metrics }: any) =>
          metrics.map((metric: any): ReceivedMetric => {
            const kind = (["sum", "gauge", "histogram"] as const).find((each) => metric[each] !== undefined)!;
            const points = metric[kind].dataPoints.map((point: any) => ({ ...point, attributes: attributesOf(point) }));
            return { role: String(attributesOf(resource)["parcelkeep.role"]), name: metric.name, unit: metric.unit, kind, points };
          }),
        ),
      ),
    );
  }

  async stop(): Promise<void> {
    for (const response of this.#hanging) response.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(response: ServerResponse): void {
    if (this.manner === "hangs") return void this.#hanging.add(response);
    response.setHeader("content-type", "application/json");
    if (this.manner === "unavailable") response.writeHead(503).end();
    else response.end(this.manner === "rejects" ? '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"hidden"}}' : "{}");
  }

  #bodies(path: string): readonly any[] {
    return this.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body));
  }
}

/** OTLP's list of keys and values as an object. */
function attributesOf({ attributes }: { attributes: readonly { key: string; value: Record<string, string | number> }[] }) {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]!]));
}
