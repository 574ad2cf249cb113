import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { readConfig } from "../../src/main/config.ts";
import { runOpener, startOpener } from "../../src/main/releases/opener.ts";
import { frontPermissions, openerPermissions } from "../../src/main/role-permissions.ts";
import { createLocalKeys } from "../../src/vault/keys/local/key-folder.ts";
import { OpenerError, type SubjectGrant } from "../../src/vault/opening.ts";
import { RunningProgram } from "../support/running-program.ts";

const order = {
  trackingNumber: "OPN-778899",
  carrier: "gls",
  recipient: { name: "Ida Musterweg", email: "ida@beispiel.test", street: "Lindenallee 4" },
};

describe("opening what was sealed", async () => {
  const program = new RunningProgram({ PARCELKEEP_KEYS: "local", PARCELKEEP_AUDIT_PUBLISH_MS: "1" });
  let tenant = "";
  let subject = "";
  let operatorKey = "";
  let database = "";
  const asOwner = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  const exported = (of: string) =>
    program.call(`/v1/subjects/${of}/export`, { method: "POST", key: operatorKey, headers: { "parcelkeep-tenant": tenant } });
  const grant = (more: Partial<SubjectGrant> = {}): SubjectGrant => ({
    id: crypto.randomUUID(),
    tenant,
    subject,
    purpose: "erasure-probe",
    expiresAt: Date.now() + 60_000,
    ...more,
  });
  // What its supervisor has in its environment: where objects and keys are, and who it is there.
  const surroundings = () =>
    Object.fromEntries(
      Object.entries(program.env).flatMap(([name, value]) =>
        /^(PARCELKEEP|AWS)_/.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    );
  const open = (given: SubjectGrant) => {
    return runOpener(readConfig(program.env), { grant: given, connection: { connectionString: database } }, {}, surroundings());
  };

  before(async () => {
    await program.start();
    program.command("approvals", "stand-alone");
    const made = JSON.parse(program.command("tenants", "create", "--name", "Opening", "--json"));
    tenant = made.tenant;
    operatorKey = (await readFile(join(program.dataDir, "secrets", "operator.key"), "utf8")).trim();
    database = program.databaseUrl;
    const accepted = await program.call("/v1/shipments", {
      method: "POST",
      key: made.apiKey,
      body: JSON.stringify(order),
      headers: { "content-type": "application/json" },
    });
    assert.equal(accepted.status, 202);
    subject = (await asOwner<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups"))[0]!.subject;
  });
  after(() => program.remove());

  test("gives a subject's values to the one who has said that they operate it alone, and the log says so", async () => {
    const answer = await exported(subject);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const values = answer.json().values as { category: string; value: string }[];
    assert.deepEqual(Object.fromEntries(values.map(({ category, value }) => [category, value])), {
      email: "ida@beispiel.test",
      name: "Ida Musterweg",
      street: "Lindenallee 4",
      trackingNumber: "OPN-778899",
    });
    assert.equal(values.length, 4);
    assert.deepEqual(answer.json().refused, {});
    const purposes = await asOwner<{ purpose: string }>("select purpose from parcelkeep.used_grants");
    assert.deepEqual(purposes, [{ purpose: "stand-alone-export" }]);
  });

  test("gives nothing to a tenant's key, and nothing of a subject that is another tenant's", async () => {
    const { tenant: other, apiKey } = JSON.parse(program.command("tenants", "create", "--name", "Other", "--json"));
    assert.equal((await program.call(`/v1/subjects/${subject}/export`, { method: "POST", key: apiKey })).status, 403);
    const foreign = await program.call(`/v1/subjects/${subject}/export`, {
      method: "POST",
      key: operatorKey,
      headers: { "parcelkeep-tenant": other },
    });
    assert.deepEqual(foreign.json().values, []);
  });

  test("uses a grant once, and not after its time", async () => {
    const once = grant({ purpose: "erasure-probe" });
    const first = await open(once);
    assert.deepEqual(first, { purpose: "erasure-probe", opened: 4, refused: {} });
    await assert.rejects(open(once), (error: OpenerError) => error.code === "used");
    await assert.rejects(open(grant({ expiresAt: Date.now() - 1 })), (error: OpenerError) => error.code === "expired");
  });

  test("counts what does not open: swapped between subjects, tampered with, or without its salt's commitment", async () => {
    const [row] = await asOwner<{ id: Buffer; sealed: Buffer }>("select id, sealed from parcelkeep.sealed_groups where purpose = 'p'");
    const changed = Buffer.from(row!.sealed);
    changed[changed.length - 1]! ^= 1;
    await asOwner("update parcelkeep.sealed_groups set sealed = $2 where id = $1", [row!.id, changed]);
    assert.deepEqual(await open(grant({ purpose: "erasure-probe" })), { purpose: "erasure-probe", opened: 1, refused: { refused: 1 } });
    await asOwner("update parcelkeep.sealed_groups set sealed = $2 where id = $1", [row!.id, row!.sealed]);
  });

  test("is refused where nobody has said so", async () => {
    const strict = new RunningProgram();
    try {
      await strict.start();
      const made = JSON.parse(strict.command("tenants", "create", "--name", "Strict", "--json"));
      const key = (await readFile(join(strict.dataDir, "secrets", "operator.key"), "utf8")).trim();
      const answer = await strict.call(`/v1/subjects/${subject}/export`, {
        method: "POST",
        key,
        headers: { "parcelkeep-tenant": made.tenant },
      });
      assert.equal(answer.status, 403);
      assert.equal(answer.json().code, "grant_required");
    } finally {
      await strict.remove();
    }
  });

  test("the ingress process, fully controlled, does not open what it stored", async () => {
    // What the front has: its files, its connections and the sealing half of the keys; and every row, as if it had leaked.
    const leaked = await asOwner(
      `select encode(s.wrapped_values, 'hex') as wrapped, s.epoch from parcelkeep.sealed_groups g join parcelkeep.ingest_sessions s on s.id = g.session
       where g.purpose = 'p'`,
    );
    const passwords = JSON.parse(await readFile(join(program.dataDir, "secrets", "postgres.json"), "utf8")) as Record<string, string>;
    const urlOf = (role: string): string => {
      const url = new URL(database);
      url.username = role;
      url.password = encodeURIComponent(passwords[role]!);
      return url.toString();
    };
    const connections = { ingress: urlOf("parcelkeep_ingress"), api: urlOf("parcelkeep_api") };
    const answer = await asFront(program, { tenant, leaked, connections, dataDir: program.dataDir });
    assert.deepEqual(answer, {
      "reads the opening keys' file": "ERR_ACCESS_DENIED",
      "reads the resolving keys' file": "ERR_ACCESS_DENIED",
      "reads the database's passwords": "ERR_ACCESS_DENIED",
      "starts a process": "ERR_ACCESS_DENIED",
      "takes the sealing half for the opening half": "bad-key-file",
      "reads sealed groups as parcelkeep_ingress": "42501",
      "reads sealed groups as parcelkeep_api": "42501",
      "reads wraps as parcelkeep_ingress": "42501",
      "uses a grant as parcelkeep_api": "42501",
      "grants a request as parcelkeep_api": "42501",
      "uses an approved grant as parcelkeep_api": "42501",
      "writes an approval policy as parcelkeep_api": "42501",
      "becomes the opener's role": "42501",
    });
  });
});

test("the opener's process reads its keys and its program, and nothing else; it writes, starts and tells nothing, and leaves no core dump", async (t) => {
  const program = new RunningProgram({ PARCELKEEP_OPERATOR_SECRET: "in the environment of whoever starts it", NODE_OPTIONS: "" });
  t.after(() => program.remove());
  await createLocalKeys(join(program.dataDir, "keys"));
  await mkdir(join(program.dataDir, "secrets"));
  for (const name of ["postgres.json", "operator.key"]) await writeFile(join(program.dataDir, "secrets", name), "secret");
  const config = readConfig(program.env);
  const script = join(import.meta.dirname, "..", "support", "controlled-opener.ts");
  const child = startOpener(config, script, [...openerPermissions(config), `--allow-fs-read=${script}`]);
  t.after(() => child.kill("SIGKILL"));
  child.stdin!.end(JSON.stringify({ dataDir: program.dataDir }));
  assert.deepEqual([child.stdout, child.stderr], [null, null]);
  const [chunk] = await once(child.stdio[3]!, "data");
  const { pid, ...outcomes } = JSON.parse(String(chunk));
  const denied = "ERR_ACCESS_DENIED";
  assert.deepEqual(outcomes, {
    "reads the opening half": "succeeded",
    "reads the signing half": denied,
    "reads the sealing half": denied,
    "reads the database's passwords": denied,
    "reads the operator's key": denied,
    "reads the machine's users": denied,
    "writes a file": denied,
    "writes beside its program": denied,
    "starts a process": denied,
    "starts a thread": denied,
    "loads native code": "ERR_DLOPEN_DISABLED",
    environment: ["PARCELKEEP_CELL", "PARCELKEEP_DATA"],
    "arguments hold": [],
  });
  if (process.platform === "linux") {
    // The shell that set it has become the opener: it is one process, with the limit for good.
    assert.equal(pid, child.pid);
    assert.match(await readFile(`/proc/${pid}/limits`, "utf8"), /^Max core file size +0 +0 /m);
  }
});

/** Runs an attacker's code with the permissions of the front's process. */
async function asFront(program: RunningProgram, given: object): Promise<Record<string, string>> {
  const script = join(import.meta.dirname, "..", "support", "controlled-front.ts");
  const args = [...frontPermissions(readConfig(program.env)), `--allow-fs-read=${script}`, script];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(given));
  let output = "";
  for await (const chunk of child.stdout) output += String(chunk);
  return JSON.parse(output);
}
