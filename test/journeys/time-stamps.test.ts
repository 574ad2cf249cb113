import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type AuthorityServer, authorityServer } from "../support/authority-server.ts";
import { RunningProgram } from "../support/running-program.ts";
import { reply, testAuthority } from "../support/time-stamp-authority.ts";

const cli = join(import.meta.dirname, "..", "..", "bin", "parcelkeep");
const folder = mkdtempSync(join(tmpdir(), "pk-stamped-"));
const authority = testAuthority();
const stranger = testAuthority();

suite("an audit log with time-stamps", () => {
  let server: AuthorityServer;
  let program: RunningProgram;
  let isUp = false;
  let exported: string;
  let key: string;
  before(async () => {
    server = await authorityServer((request) => (isUp ? reply(authority, request) : null));
    program = new RunningProgram({
      PARCELKEEP_AUDIT_PUBLISH_MS: "1",
      PARCELKEEP_TIME_STAMP_URL: server.url,
      PARCELKEEP_TIME_STAMP_EVERY_S: "0.2",
      PARCELKEEP_TIME_STAMP_CERTIFICATES: authority.certificate.toString(),
      PARCELKEEP_EGRESS_TEST_HOSTS: new URL(server.url).host,
    });
    await program.start();
  });
  after(async () => {
    await program.remove();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const sizes = async (): Promise<readonly number[]> =>
    ((await program.call("/v1/audit/time-stamps")).json() as { readonly sizes: readonly number[] }).sizes;
  const verify = (
    log: string,
    certificate: string,
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } => {
    const file = join(folder, "authority.pem");
    writeFileSync(file, certificate);
    return spawnSync(process.execPath, [cli, "audit", "verify", log, "--key", key, "--tsa", file], { encoding: "utf8" });
  };

  test("publishes while the authority is away, and is stamped once it is there", async () => {
    await program.until(async () => server.asked.length > 1, "requests");
    assert.equal((await program.call("/checkpoint")).status, 200);
    assert.deepEqual(await sizes(), []);
    isUp = true;
    await program.until(async () => (await sizes()).length > 1, "time-stamps");
    assert.match(program.output, /"code":"time-stamp-missing"/);
    await program.until(
      async () => /^parcelkeep_audit_time_stamps_total\{outcome="stamped"\} [1-9]/m.test((await program.call("/metrics")).text),
      "the count",
    );
  });

  test("is exported with them, and they are verified offline", async () => {
    exported = join(folder, "exported");
    program.command("audit", "export", exported);
    key = (await program.call("/v1/audit/keys")).text.trim();
    const { status, stdout, stderr } = verify(exported, authority.certificate.toString());
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^verified: \d+ entries/);
    assert.match(stdout, /^time-stamped: \d+ entries, \d{4}-\d\d-\d\dT/m);
  });

  test("says which do not hold: of another authority, of another checkpoint, of another log", () => {
    const stamps = readdirSync(join(exported, "timestamps"));
    const asked = verify(exported, stranger.certificate.toString());
    assert.equal(asked.status, 1);
    assert.equal(asked.stdout.match(/^NOT time-stamped: \d+ entries, untrusted$/gm)?.length, stamps.length);

    const swapped = join(folder, "swapped");
    cpSync(exported, swapped, { recursive: true });
    const [one, other] = stamps as [string, string];
    writeFileSync(join(swapped, "timestamps", one), readFileSync(join(exported, "timestamps", other)));
    const size = other.replace(".tsr", "");
    const checkpoint = join(swapped, "checkpoints", size);
    rmSync(checkpoint);
    const { status, stdout } = verify(swapped, authority.certificate.toString());
    assert.equal(status, 1);
    assert.match(stdout, new RegExp(`^NOT time-stamped: ${one.replace(".tsr", "")} entries, wrong-data$`, "m"));
    assert.match(stdout, new RegExp(`^NOT time-stamped: ${size} entries, no-checkpoint$`, "m"));
    writeFileSync(checkpoint, readFileSync(join(exported, "checkpoints", size), "utf8").replace(/^.*/, "other.example/log"));
    const forged = verify(swapped, authority.certificate.toString());
    assert.equal(forged.status, 1);
    assert.match(forged.stderr, new RegExp(`^error: checkpoints/${size}: a signature of a known key does not hold`));
  });
});
