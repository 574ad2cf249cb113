import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentWith, readConfig } from "../config.ts";
import { runningProgram } from "../data-folder.ts";
import { operatorKeyPath } from "../keys/key-paths.ts";
import { keyPowers } from "../keys/key-powers.ts";
import { SimulateError } from "./simulate-options.ts";

const cli = join(import.meta.dirname, "..", "..", "cli", "main.ts");
const startMsMax = 180_000;

/** What the API shows of a shipment, as far as a simulation looks. */
export interface SeenShipment {
  readonly id: string;
  readonly publicId: string;
  readonly status: string;
  readonly events: readonly unknown[];
}

/** The product under test, by its own address: as a merchant, its operator and its carriers meet it. */
export class Product {
  readonly url: string;
  readonly #operatorKey: string;
  readonly #end: () => Promise<void>;

  private constructor(url: string, operatorKey: string, end: () => Promise<void>) {
    this.url = url;
    this.#operatorKey = operatorKey;
    this.#end = end;
  }

  /** Starts one on a new data folder, which goes with it. @param settings of its environment. */
  static async startNew(settings: Readonly<Record<string, string>>): Promise<Product> {
    const dataDir = await mkdtemp(join(tmpdir(), "parcelkeep-simulate-"));
    const env = { ...environmentWith(keyPowers), PARCELKEEP_DATA: dataDir, PARCELKEEP_HTTP: "127.0.0.1:0", ...settings };
    const child = spawn(process.execPath, [cli, "start", "--no-demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
    const end = async (): Promise<void> => {
      await stopped(child);
      await rm(dataDir, { recursive: true, force: true });
    };
    try {
      const url = await announcedUrl(child);
      return new Product(url, (await readFile(operatorKeyPath(dataDir), "utf8")).trim(), end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** The one that holds the data folder. @throws {SimulateError} where none does. */
  static async running(): Promise<Product> {
    const program = await runningProgram(readConfig().dataDir);
    if (program === null) throw new SimulateError("no program holds the data folder", "parcelkeep start");
    return new Product(program.url, program.operatorKey, async () => {});
  }

  /** Ends one that was started here. */
  stop(): Promise<void> {
    return this.#end();
  }

  async createTenant(): Promise<Tenant> {
    const { tenant, apiKey } = await this.asOperator<{ readonly tenant: string; readonly apiKey: string }>("/v1/tenants", {
      name: "Simulation",
    });
    return new Tenant(this, tenant, apiKey);
  }

  /** @throws {SimulateError} with the product's own code for what it refuses. */
  async asOperator<Answer>(path: string, body: object | Uint8Array, tenant?: string): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const answer = await fetch(`${this.url}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.#operatorKey}`,
        "content-type": isBytes ? "application/octet-stream" : "application/json",
        ...(tenant === undefined ? {} : { "parcelkeep-tenant": tenant }),
      },
      body: isBytes ? new Uint8Array(body) : JSON.stringify(body),
    });
    const result = (await answer.json()) as Answer & { readonly code?: string; readonly title?: string };
    if (!answer.ok) throw new SimulateError(`${path}: ${result.code}: ${result.title}`);
    return result;
  }
}

interface TenantCall {
  readonly method?: "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A merchant of the product's. */
export class Tenant {
  readonly id: string;
  readonly #product: Product;
  readonly #apiKey: string;

  constructor(product: Product, id: string, apiKey: string) {
    this.id = id;
    this.#product = product;
    this.#apiKey = apiKey;
  }

  /** @returns the whole address to send to, and the client id for a sender that fetches tokens. */
  async createEndpoint(source: string, secret: string): Promise<{ readonly url: string; readonly clientId: string | null }> {
    const answer = await this.#product.asOperator<{ readonly url: string; readonly clientId?: string }>(
      "/v1/endpoints",
      { source, secret },
      this.id,
    );
    return { url: new URL(new URL(answer.url).pathname, this.#product.url).href, clientId: answer.clientId ?? null };
  }

  /** Registers shipments as a merchant imports them. @returns how many were taken. */
  async importShipments(rows: readonly object[]): Promise<number> {
    const answer = await this.#fetch("/v1/shipments/import", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    });
    return (await answer.text()).split("\n").filter((line) => line.includes('"receipt"')).length;
  }

  /** Lets the product ask a carrier about this merchant's parcels. */
  async addCarrierAccount(source: string, credentials: Readonly<Record<string, string>>): Promise<void> {
    const answer = await this.#fetch("/v1/carrier-accounts", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ source, credentials }),
    });
    if (!answer.ok) throw new SimulateError(`an account with ${source} was not taken: ${answer.status}`);
  }

  /** Hands a carrier's answer over, as one that was captured. */
  async capture(source: string, payload: Uint8Array): Promise<void> {
    await this.#product.asOperator(`/v1/captured?tenant=${this.id}&source=${source}`, payload);
  }

  async findShipment(carrier: string, trackingNumber: string): Promise<SeenShipment | null> {
    const answer = await this.#fetch(`/v1/shipments?carrier=${carrier}&trackingNumber=${encodeURIComponent(trackingNumber)}`);
    if (!answer.ok) return null;
    const { items } = (await answer.json()) as { readonly items: readonly SeenShipment[] };
    return items[0] ?? null;
  }

  async shipments(limit: number): Promise<readonly SeenShipment[]> {
    const answer = await this.#fetch(`/v1/shipments?limit=${limit}`);
    return ((await answer.json()) as { readonly items: readonly SeenShipment[] }).items;
  }

  /** The shopper's view. @returns milliseconds that it took. */
  async trackMs(publicId: string): Promise<number> {
    const from = performance.now();
    const answer = await fetch(`${this.#product.url}/v1/track/${publicId}`);
    await answer.arrayBuffer();
    return performance.now() - from;
  }

  #fetch(path: string, init: TenantCall = {}): Promise<Response> {
    return fetch(`${this.#product.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${this.#apiKey}` } });
  }
}

/** @throws {SimulateError} with what it printed, where it ends instead. */
function announcedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const late = setTimeout(() => reject(new SimulateError(`the program did not start:\n${output}`)), startMsMax);
    const hear = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      const url = /Parcelkeep is running: (\S+)[^]*Stop with/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.once("exit", () => {
      clearTimeout(late);
      reject(new SimulateError(`the program did not start:\n${output}`));
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  await ended;
}
