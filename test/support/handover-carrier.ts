import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { localCertificate } from "./test-certificate.ts";

export interface HandedOver {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

type CarrierAnswer = { readonly status: number; readonly body: string } | "hang";

/** A carrier that takes addresses over real TLS on this machine. */
export class HandoverCarrier {
  readonly taken: HandedOver[] = [];
  /** What it does with a call; by default it answers with what it knows of the recipient, as carriers do. */
  answer: (handed: HandedOver) => CarrierAnswer | Promise<CarrierAnswer> = (handed) => {
    const { recipient, parcel } = JSON.parse(handed.text) as { recipient: Record<string, string>; parcel: Record<string, string> };
    return { status: 200, body: JSON.stringify({ accepted: true, deliveredTo: recipient["name"], street: recipient["street"], parcel }) };
  };
  readonly #server: Server;

  constructor() {
    this.#server = createServer({ key: localCertificate.key, cert: localCertificate.cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const handed = { path: request.url!, headers: request.headers, text: Buffer.concat(chunks).toString("utf8") };
        this.taken.push(handed);
        void Promise.resolve(this.answer(handed)).then((answer) => {
          if (answer === "hang") return;
          response.writeHead(answer.status, { "content-type": "application/json" });
          response.end(answer.body);
        });
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
