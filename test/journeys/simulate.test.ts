import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { SimulationFigures } from "../../src/main/simulate/simulate-figures.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const simulate = (...args: string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [cli, "simulate", ...args], { maxBuffer: 16 * 1024 * 1024 });

const folder = mkdtempSync(join(tmpdir(), "pk-simulate-"));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const askedBy of ["product", "connectors"] as const) {
  describe(`a run with one carrier a black hole, asked by the ${askedBy}`, () => {
    const page = join(folder, `${askedBy}.html`);
    let figures: SimulationFigures;

    before(async () => {
      const { stdout } = await simulate(
        ...["--parcels", "40", "--duration", "12", "--carriers", "gls", "fedex", "postnl", "dhl-parcel-de", "ups"],
        ...["--asked-by", askedBy, "--fault", "gls=hang", "--latency", "all=5..20", "--report", page, "--json"],
      );
      figures = JSON.parse(stdout) as SimulationFigures;
    });

    test("nothing of it is told, and that is said", () => {
      const gls = figures.carriers.find(({ source }) => source === "gls")!;
      assert.equal(gls.steps.told, 0);
      assert.equal(gls.outcomes["answered"] ?? 0, 0);
      assert.ok((gls.outcomes[askedBy === "product" ? "hang" : "no answer"] ?? 0) > 0);
    });

    test("every other carrier's parcels come through: all that was told is shown", () => {
      const others = figures.carriers.filter(({ source, parcels }) => source !== "gls" && parcels > 0);
      assert.ok(others.length >= 2);
      for (const { source, steps } of others) {
        assert.ok(steps.told > 0, source);
        assert.equal(steps.missing, 0, source);
        assert.ok(steps.toldToSeen.p50 !== null, source);
      }
    });

    test("every push is taken and shown", () => {
      assert.deepEqual(figures.pushes.map(({ source }) => source).toSorted(), ["fedex", "shopify", "ups"]);
      for (const { source, messages, lost, steps } of figures.pushes) {
        assert.ok(messages > 0, source);
        assert.equal(lost, 0, source);
        assert.equal(steps.missing, 0, source);
      }
    });

    test("shipments have the status that their parcels have", () => {
      assert.ok(figures.agreement.checked > 0);
      assert.deepEqual(figures.agreement.differing, []);
    });

    test("batches need fewer calls for the same parcels", () => {
      assert.deepEqual(figures.batching.map(({ source }) => source).toSorted(), ["dhl-parcel-de", "fedex", "gls"]);
      for (const { batched, single, numbers } of figures.batching) {
        assert.equal(single.calls, numbers);
        assert.equal(batched.calls, 1);
      }
    });

    test("reads are measured with and without the cache, and the page holds it all", () => {
      assert.ok(figures.cache !== null && figures.cache.with.count > figures.cache.without.count);
      const html = readFileSync(page, "utf8");
      assert.ok(html.includes("gls, asked") && html.includes("nothing came"));
      assert.equal(html.match(/<svg /g)?.length, 3);
    });
  });
}

describe("the carriers alone", () => {
  let child: ChildProcess;
  let url: string;
  let output = "";

  before(async () => {
    child = spawn(process.execPath, [cli, "simulate", "--serve", "--parcels", "24", "--carriers", "gls", "postnl"], { stdio: "pipe" });
    url = await new Promise<string>((resolve, reject) => {
      child.stdout!.on("data", (chunk: Buffer) => {
        output += chunk.toString("utf8");
        const found = /The carriers run: (\S+)[^]*Stop with/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once("exit", () => reject(new Error(`it ended: ${output}`)));
    });
  });
  after(() => child.kill("SIGKILL"));

  const carrierOf = async (source: string) =>
    (await (await fetch(`${url}/_control/carriers/${source}`)).json()) as {
      readonly baseUrl: string;
      readonly credentials: Readonly<Record<string, string>>;
      readonly faults: Readonly<Record<string, number>>;
    };

  test("say how a product is pointed at them", () => {
    assert.ok(output.includes(`PARCELKEEP_CARRIERS_URL=${url} PARCELKEEP_EGRESS_TEST_HOSTS=${new URL(url).host}\n`));
  });

  test("answer who shows the credential and asks for a number of theirs, and nobody else", async () => {
    const { baseUrl, credentials } = await carrierOf("postnl");
    const { parcels } = (await (await fetch(`${url}/_control/parcels/postnl`)).json()) as {
      readonly parcels: readonly { readonly number: string }[];
    };
    const ask = async (apikey: string): Promise<Response> =>
      fetch(`${baseUrl}/shipment/v2/status/barcode/${parcels[0]!.number}`, { headers: { apikey } });
    assert.equal((await ask(credentials["apiKey"]!)).status, 200);
    assert.equal((await ask("wrong")).status, 401);
  });

  test("take a fault while they run, and refuse one that does not exist", async () => {
    const put = (faults: object): Promise<Response> =>
      fetch(`${url}/_control/carriers/gls`, { method: "PUT", body: JSON.stringify({ faults }) });
    assert.equal((await put({ unavailable: 1 })).status, 200);
    assert.deepEqual((await carrierOf("gls")).faults, { unavailable: 1 });
    const { baseUrl } = await carrierOf("gls");
    assert.equal((await fetch(`${baseUrl}/oauth2/v2/token`, { method: "POST" })).status, 503);
    assert.equal((await put({ boredom: 1 })).status, 400);
    assert.equal((await put({ hang: 2 })).status, 400);
  });

  test("end with a signal", async () => {
    child.kill("SIGTERM");
    assert.deepEqual(await once(child), [0]);
  });
});

test("a mistake is said with a hint, before anything starts", async () => {
  await assert.rejects(simulate("--fault", "gls=boredom"), (error: { readonly stderr: string }) => {
    assert.match(error.stderr, /^error: boredom is no fault\nhint: one of rate-limit, unavailable/m);
    return true;
  });
});

test("help shows both ways and the faults", async () => {
  const { stdout } = await simulate("--help");
  for (const text of ["--serve", "--parcels", "--report", "hang", "_control"]) assert.ok(stdout.includes(text));
});

async function once(child: ChildProcess): Promise<readonly [number | null]> {
  return new Promise((resolve) => child.once("exit", (code) => resolve([code])));
}
