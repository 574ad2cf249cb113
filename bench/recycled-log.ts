import pg from "pg";

/** As much as the embedded database keeps of its log (`max_wal_size`), less a checkpoint's own. */
const logMegabytes = 900;
const rowsAtOnce = 50;

/**
 * A database that has run for a while writes into log files that it has written before; a fresh one fills each new one with zeros, for 30 to 40 ms, while
 * commits wait. This brings a fresh one there, and ends with a checkpoint.
 *
 * @param url of the owner.
 */
export async function recycleLog(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("create table bench_filling (bytes bytea)");
    await client.query("alter table bench_filling alter bytes set storage external");
    for (let done = 0; done < logMegabytes; done += rowsAtOnce)
      await client.query(
        "insert into bench_filling select convert_to(repeat(md5(random()::text), 32768), 'UTF8') from generate_series(1, $1)",
        [rowsAtOnce],
      );
    await client.query("drop table bench_filling");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}
