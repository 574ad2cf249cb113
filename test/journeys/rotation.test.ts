import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { startEmbeddedPostgres } from "../../src/store/embedded/server.ts";
import { embeddedPostgresStatus } from "../../src/store/embedded/status.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { openCredential } from "../../src/vault/carrier-credentials.ts";
import { localOpeningHalf, localOpeningKeys } from "../../src/vault/keys/local/opening.ts";
import { localSealingKeys } from "../../src/vault/keys/local/sealing.ts";
import { RunningProgram } from "../support/running-program.ts";
import { openVault } from "../support/vault-contents.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const secret = "rotation-secret";
/** Sessions beside those that the requests make, so that a rotation takes long enough to be killed. */
const plantedSessions = 400;

const carrierCredential = { clientId: "client-of-the-rotation", clientSecret: "secret-of-the-rotation" };

let bodies = 0;

/** The lines that a command prints, as it prints them. */
async function* commandLines(program: RunningProgram, ...args: string[]): AsyncGenerator<{ event: string; left: number | null }> {
  const child = spawn(process.execPath, [cli, ...args], { env: program.env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
}

function body(number: string): string {
  const result = {
    trackingNumberInfo: { trackingNumber: number },
    recipientInformation: { contact: { personName: `Ida ${number}`, phoneNumber: `+49${number}` } },
    latestStatusDetail: { code: "IT" },
    serial: bodies++,
  };
  return JSON.stringify({ output: { completeTrackResults: [{ trackingNumber: number, trackResults: [result] }] } });
}

describe("keys rotate", () => {
  const program = new RunningProgram({ PARCELKEEP_KEYS: "local", PARCELKEEP_SEGMENT_AGE_MS: "600000", PARCELKEEP_INTAKE_THREADS: "1" });
  const copy = mkdtempSync(join(tmpdir(), "pk-old-"));
  const keyFile = (name: string): string => join(program.dataDir, "keys", name);
  const acknowledged: string[] = [];
  let serial = 0;
  let tenant = "";
  let key = "";
  let hook = "";
  let url = "";

  const send = async (number = String(770000000000 + serial++)): Promise<void> => {
    const text = body(number);
    const headers = { "content-type": "application/json", "fdx-signature": createHmac("sha256", secret).update(text).digest("base64") };
    if ((await program.call(hook, { body: text, headers })).status === 202) acknowledged.push(number);
  };
  const query = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end();
    }
  };
  /** The merchant's credential, as the process that asks carriers opens it, by the keys of now. */
  const openCredentialOf = async (database: string): Promise<Readonly<Record<string, string>>> => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      const { rows } = await client.query("select id as account, tenant, source, epoch, wrapped, sealed from parcelkeep.carrier_accounts");
      return await openCredential(await localOpeningKeys(keyFile("resolving.json")), rows[0], rows[0]);
    } finally {
      await client.end();
    }
  };
  const status = () => JSON.parse(program.command("keys", "status", "--json"));
  const missing = (values: readonly string[]): string[] => {
    const held = new Set(values);
    return acknowledged.filter((number) => !held.has(number) || !held.has(`Ida ${number}`));
  };
  const start = async (): Promise<void> => {
    await program.start();
    url = program.databaseUrl;
  };

  before(async () => {
    await start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Rotation", "--json")));
    hook = `/v1/hooks/${JSON.parse(program.command("endpoints", "create", "--tenant", tenant, "--source", "fedex", "--secret", secret, "--json")).id}`;
    for (let count = 0; count < 5; count++) await send();
    const account = await program.call("/v1/carrier-accounts", {
      key,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ source: "gls", credentials: carrierCredential }),
    });
    assert.equal(account.status, 201);
    const sealing = await localSealingKeys(keyFile("sealing.json"));
    const wrap = (purpose: "raw-records" | "personal-values" | "tracking-numbers"): Promise<Buffer> =>
      sealing.wrap(randomBytes(32), { tenant, purpose, epoch: 1 });
    const many = (purpose: Parameters<typeof wrap>[0]) => Promise.all(Array.from({ length: plantedSessions }, () => wrap(purpose)));
    await query(
      "select parcelkeep.open_ingest_session($1, 1, raw, vals, numbers) from unnest($2::bytea[], $3::bytea[], $4::bytea[]) as w(raw, vals, numbers)",
      [tenant, await many("raw-records"), await many("personal-values"), await many("tracking-numbers")],
    );
    await program.stop();
    // The database and its passwords as they were before the rotation: what a backup holds. Keys are not in it.
    for (const part of ["postgres", "secrets"]) cpSync(join(program.dataDir, part), join(copy, part), { recursive: true });
    chmodSync(join(copy, "postgres"), 0o700);
    await start();
  });
  after(async () => {
    await program.remove();
    rmSync(copy, { recursive: true, force: true });
  });

  test("survives kill -9 while ingest goes on, and goes on where it was", async (t) => {
    let isOver = false;
    const load = (async () => {
      while (!isOver) await send();
    })();
    t.after(() => {
      isOver = true;
      return load;
    });
    const slow = spawn(process.execPath, [cli, "keys", "rotate", "epoch", "--rate", "300", "--json"], {
      env: program.env,
      stdio: "ignore",
    });
    const killed = new Promise((resolve) => slow.once("exit", resolve));
    const moved = async (): Promise<number> =>
      Number((await query<{ count: string }>("select count(*) from parcelkeep.reencryptions"))[0]!.count);
    await program.until(async () => (await moved()) > 0, "the first batch");
    slow.kill("SIGKILL");
    await killed;
    const before = await moved();
    assert.ok(before > 0 && before < plantedSessions, `${before} sessions were moved when it was killed`);
    assert.deepEqual(
      status().rotations.map((run: { finishedAt: string | null }) => run.finishedAt),
      [null],
    );
    const lines = program
      .command("keys", "rotate", "epoch", "--operator", "ada", "--rate", "100000", "--json")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    isOver = true;
    await load;
    assert.deepEqual([lines[0].event, lines[0].from, lines[0].to], ["resumed", 1, 2]);
    assert.deepEqual([lines.at(-1).event, lines.at(-1).left, lines.at(-1).refused], ["finished", 0, {}]);
    const { currentEpoch, epochs, rotations } = status();
    assert.equal(currentEpoch, 2);
    assert.deepEqual(
      epochs.map(({ epoch }: { epoch: number }) => epoch),
      [2],
    );
    assert.equal(rotations.length, 1);
    // Each session that was of the first epoch stands in the register once.
    const registered = await query<{ sessions: string; entries: string; keys: string }>(
      "select count(distinct session) as sessions, count(session) as entries, sum(entries) filter (where session is not null) as keys from parcelkeep.reencryptions where from_version = 1 and to_version = 2",
    );
    assert.equal(registered[0]!.sessions, registered[0]!.entries);
    assert.ok(Number(registered[0]!.sessions) > plantedSessions);
    assert.equal(Number(registered[0]!.keys), Number(registered[0]!.sessions) * 3);
  });

  test("has lost nothing that was acknowledged", async () => {
    const contents = await openVault(url, await localOpeningHalf(keyFile(".")));
    assert.deepEqual(contents.refused, {});
    assert.ok(acknowledged.length > 10);
    assert.deepEqual(missing(contents.values), []);
  });

  test("a carrier's credential opens under the new epoch, and the register has its move", async () => {
    assert.deepEqual(await openCredentialOf(url), carrierCredential);
    const moved = await query("select tenant, entries from parcelkeep.reencryptions where session is null and from_version = 1");
    assert.deepEqual(moved, [{ tenant, entries: 1 }]);
  });

  test("retires no epoch that there are wraps of, and not the current one", () => {
    assert.throws(() => program.command("keys", "retire", "--epoch", "2"), /epoch 2 is the current one/);
    assert.equal(status().minimumEpoch, 1);
  });

  test("after the retirement the database takes no wrap of the old epoch, and ingest goes on", async () => {
    assert.match(program.command("keys", "retire", "--epoch", "1"), /retired: wraps of epochs before 2/);
    assert.equal(status().minimumEpoch, 2);
    await assert.rejects(query("select parcelkeep.open_ingest_session($1, 1, '', '', '')", [tenant]), { code: "PKE01" });
    const before = acknowledged.length;
    await send();
    assert.equal(acknowledged.length, before + 1);
    assert.match(program.command("keys", "retire", "--epoch", "1"), /retired/, "may be repeated");
  });

  test("a backup from before cannot be opened with the keys that are left; the live database can", async () => {
    const opening = await localOpeningHalf(keyFile("."));
    const old = await startEmbeddedPostgres({ dataDir: copy, log: () => {}, settings: { fsync: "off" } });
    try {
      const restored = await embeddedPostgresStatus(copy);
      assert.ok(restored.state === "running");
      const contents = await openVault(restored.url(ownerRole), opening);
      assert.deepEqual(contents.values, []);
      assert.deepEqual(Object.keys(contents.refused), ["retired-epoch"]);
      assert.ok(contents.refused["retired-epoch"]! > plantedSessions);
      await assert.rejects(openCredentialOf(restored.url(ownerRole)), { code: "retired-epoch" });
      // Somebody who forges the minimum finds that the private key is gone.
      for (const name of ["opening.json", "resolving.json"]) {
        writeFileSync(join(copy, name), readFileSync(keyFile(name), "utf8").replace(/"minimumEpoch": 2/, '"minimumEpoch": 1'), {
          mode: 0o600,
        });
      }
      const forgedContents = await openVault(restored.url(ownerRole), await localOpeningHalf(copy));
      assert.deepEqual([forgedContents.values, Object.keys(forgedContents.refused)], [[], ["unknown-epoch"]]);
    } finally {
      await old.stop();
    }
    assert.deepEqual(await openCredentialOf(url), carrierCredential);
    const live = await openVault(url, opening);
    assert.deepEqual([live.refused, missing(live.values)], [{}, []]);
  });

  test("the blind index gets a new key while the same parcels come again: each value keeps its one token, and is found", async (t) => {
    const parcels = acknowledged.slice(0, 40);
    const find = async (number: string): Promise<string | undefined> =>
      (await program.call(`/v1/shipments?trackingNumber=${number}`, { key })).json().items[0]?.trackingNumber;
    const before = await Promise.all(parcels.map((number) => program.until(() => find(number), `parcel ${number}`)));
    const entries = async (): Promise<{ count: string; version: number }[]> =>
      query("select version, count(*) from parcelkeep.token_index group by 1 order by 1");
    let isOver = false;
    const load = (async () => {
      for (let at = 0; !isOver; at++) await (at % 3 === 0 ? send() : send(parcels[at % parcels.length]));
    })();
    t.after(() => {
      isOver = true;
      return load;
    });
    const lines: { event: string; left: number | null }[] = [];
    const rotating = (async () => {
      for await (const line of commandLines(program, "keys", "rotate", "blind-index", "--all", "--rate", "2000", "--json"))
        lines.push(line);
    })();
    for (let at = 0; lines.at(-1)?.event !== "finished"; at = (at + 1) % parcels.length) {
      assert.equal(await find(parcels[at]!), before[at], "found while the entries move");
      await Promise.race([rotating, new Promise((resolve) => setImmediate(resolve))]);
    }
    await rotating;
    isOver = true;
    await load;
    for (const [at, number] of parcels.entries()) assert.equal(await find(number), before[at]);
    assert.deepEqual([lines[0]!.event, lines.at(-1)!.event, lines.at(-1)!.left], ["begun", "finished", 0]);
    // A tracking number and a phone number for each parcel, all under the new key.
    assert.deepEqual(await entries(), [{ version: 2, count: String(new Set(acknowledged).size * 2) }]);
    assert.deepEqual(status().indexVersions, [{ version: 2, tenants: 1, moving: 0 }]);
  });

  test("a root is rotated the same way, and --retire ends it in one go", async () => {
    assert.match(program.command("keys", "rotate", "root", "--retire"), /root rotation begun: 2 to 3[^]*retired: wraps of epochs before 3/);
    await send();
    const contents = await openVault(url, await localOpeningHalf(keyFile(".")));
    assert.deepEqual([contents.refused, missing(contents.values)], [{}, []]);
    assert.deepEqual(await openCredentialOf(url), carrierCredential);
  });
});
