import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { codecs } from "../../src/main/intake/sources.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { RunningProgram } from "../support/running-program.ts";
import { leaks, personalValues } from "./scanner.ts";

const samples = process.env["PARCELKEEP_SAMPLES"];

interface Expected {
  readonly kind: string;
  readonly doubtful: boolean;
  readonly tolerance_seconds?: number;
  readonly shipments: readonly {
    readonly tracking_number: string | null;
    readonly event_count: number;
    readonly latest_status: string | null;
    readonly latest_event_utc: string | null;
    readonly latest_event_local?: string;
  }[];
}

/**
 * Sends every published sample through the whole product and looks everywhere for what its labels call personal. Reads the folder that
 * PARCELKEEP_SAMPLES names; its files stay out of the repository.
 */
describe("published samples", { skip: samples === undefined ? "PARCELKEEP_SAMPLES is not set" : false }, () => {
  const program = new RunningProgram({
    PARCELKEEP_SEGMENT_AGE_MS: "200",
    PARCELKEEP_OTLP_SAMPLE_RATIO: "1",
    PARCELKEEP_OTLP_METRICS_MS: "1000",
  });
  let collector: OtlpReceiver;
  const labels = samples === undefined ? {} : (JSON.parse(readFileSync(join(samples, "labels.json"), "utf8")) as Record<string, never>);
  const expected =
    samples === undefined ? {} : (JSON.parse(readFileSync(join(samples, "expected.json"), "utf8")) as Record<string, Expected>);
  const files = Object.keys(labels).filter((name) => !name.startsWith("_"));
  const receipts = new Map<string, { receipt: string; key: string }>();
  const answers: string[] = [];
  /** The data folder before anything was sent: PostgreSQL's own catalogues hold words ("Peter" in a time zone's name). */
  let catalogues = new Map<string, string>();

  const get = async (path: string, key: string) => {
    const answer = await program.call(path, { key });
    answers.push(answer.text);
    return answer.json();
  };

  before(async () => {
    collector = await OtlpReceiver.start();
    program.env["PARCELKEEP_OTLP_ENDPOINT"] = collector.url;
    await program.start();
    catalogues = dataFiles(program.dataDir);
    for (const file of files) {
      // A tenant a file, so that numbers which several samples share do not meet.
      const { tenant, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Samples", "--json"));
      const { receipt } = JSON.parse(
        program.command("ingest", "--tenant", tenant, "--source", file.split("/")[0]!, "--json", join(samples!, file)),
      );
      receipts.set(file, { receipt, key: apiKey });
    }
    for (const { receipt, key } of receipts.values()) {
      await program.until(async () => (await get(`/v1/receipts/${receipt}`, key)).state !== "accepted", "a sample to be processed");
    }
  });
  after(async () => {
    await program.remove();
    await collector.stop();
  });

  for (const file of files) {
    const source = file.split("/")[0]!;
    if (!codecs.has(source)) {
      test(`${file} is kept sealed in quarantine`, async () => {
        const { receipt, key } = receipts.get(file)!;
        const found = await get(`/v1/receipts/${receipt}`, key);
        assert.deepEqual([found.state, found.reason], ["quarantined", "no-codec"]);
      });
      continue;
    }
    test(`${file} gives what is expected`, async () => {
      const { receipt, key } = receipts.get(file)!;
      const found = await get(`/v1/receipts/${receipt}`, key);
      assert.equal(found.state, "processed", `state, reason ${found.reason}`);
      const want = expected[file]!;
      if (want.doubtful) return;
      for (const one of want.shipments) {
        const { items } = await get(`/v1/shipments?trackingNumber=${encodeURIComponent(one.tracking_number!)}`, key);
        assert.equal(items.length, 1, "one shipment under the number");
        const shipment = await get(`/v1/shipments/${items[0].id}`, key);
        assert.equal(shipment.events.length, one.event_count);
        if (one.latest_status !== null) assert.equal(shipment.status, one.latest_status);
        const latest = shipment.events.at(-1);
        if (one.latest_event_utc !== null) assert.equal(Date.parse(latest.occurredAt), Date.parse(one.latest_event_utc));
        else if (one.latest_event_local !== undefined)
          assert.deepEqual([latest.occurredAt, latest.localTime], [null, one.latest_event_local]);
        await get(`/v1/track/${shipment.publicId}`, key);
      }
    });
  }

  test("leave no personal value in clear in the database, the data folder, the log, the metrics, the traces or any answer", async () => {
    const client = new pg.Client(program.databaseUrl);
    await client.connect();
    await program.until(
      async () => (await client.query("select count(*)::int as left from parcelkeep.raw_batches")).rows[0].left === 0,
      "the archive to catch up",
    );
    const places = new Map<string, string>();
    const { rows: tables } = await client.query<{ name: string }>(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('parcelkeep', 'public')",
    );
    for (const { name } of tables) {
      const { rows } = await client.query<{ line: string }>(`select t::text as line from ${name} t`);
      places.set(name, rows.map((row) => row.line).join("\n"));
    }
    await client.query("checkpoint");
    await client.end();
    places.set("metrics", (await program.call("/metrics")).text);
    await program.until(
      async () => ["intake.commit", "worker.turn", "archive.round"].every((name) => collector.spans().some((span) => span.name === name)),
      "spans of what became of the samples",
    );
    places.set("traces", collector.text);
    places.set("answers", answers.join("\n"));
    places.set("log", program.output);
    for (const [name, text] of dataFiles(program.dataDir)) places.set(name, text);
    const found: string[] = [];
    for (const file of files) {
      for (const value of personalValues(readFileSync(join(samples!, file)), file, labels[file]!)) {
        const before = leaks(value, catalogues).length > 0;
        found.push(
          ...leaks(value, places)
            .filter((place) => !(before && place.startsWith("postgres/")))
            .map((place) => `${file}: ${value.path} in ${place}`),
        );
      }
    }
    assert.deepEqual(found, []);
  });
});

function dataFiles(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) found.set(name, readFileSync(path, "latin1"));
  }
  return found;
}
