import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { RunningProgram } from "../support/running-program.ts";

const secret = "supervision-secret";

test("a program whose database lost one of its processes takes its lock again and goes on", async (t) => {
  const program = new RunningProgram({ PARCELKEEP_LOG_LEVEL: "silent" });
  t.after(() => program.remove());
  await program.start();
  const { tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Supervision", "--json"));
  const { id } = JSON.parse(
    program.command("endpoints", "create", "--tenant", tenant, "--source", "unknown", "--secret", secret, "--json"),
  );
  const url = program.databaseUrl;
  const before = await holderOf(url);
  // The server ends all its other processes then, recovers and goes on under the same process id.
  process.kill(before!, "SIGKILL");
  await program.until(async () => {
    const now = await holderOf(url).catch(() => null);
    return now !== null && now !== before;
  }, "the lock to be taken again");
  const accepted = await program.until(async () => {
    const answer = await program.call(`/v1/hooks/${id}`, {
      body: "{}",
      headers: { "content-type": "application/json", "x-api-key": secret },
    });
    return answer.status === 202 ? answer.json() : null;
  }, "a request to be accepted");
  assert.equal((await program.call(`/v1/receipts/${accepted.receipt}`, { key })).json().state, "quarantined");
  assert.throws(() => program.command("start", "--no-demo"), /another program holds the data folder/);
  assert.equal(await program.stop(), 0);
});

async function holderOf(url: string): Promise<number | null> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      "select l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory' and l.granted and a.application_name = 'parcelkeep-program'",
    );
    return rows[0]?.pid ?? null;
  } finally {
    await client.end();
  }
}
