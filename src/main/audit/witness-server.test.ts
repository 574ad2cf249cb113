import assert from "node:assert/strict";
import { generateKeyPairSync, hash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { checkpointText } from "../../audit/checkpoint.ts";
import { GrowingTree, leafHash } from "../../audit/merkle.ts";
import { formatKey, localSigner, parseKey, parseNote, signNote, verifiedKeys } from "../../audit/note.ts";
import { addCheckpointBody } from "../../audit/witness.ts";
import { programLog } from "../log.ts";
import { type RunningWitness, serveWitness } from "./witness-server.ts";
import { initWitness, knownLogs, witnessSigner } from "./witness-setup.ts";

const top = mkdtempSync(join(tmpdir(), "parcelkeep-witness-"));
after(() => rmSync(top, { recursive: true, force: true }));

const keys = generateKeyPairSync("ed25519");
const signerOf = (name: string) => localSigner(name, "ed25519", keys.privateKey, () => 0);
const log = signerOf("log.example/audit/2026");

/** A head of a log that has the one entry, so many times. */
async function noteOf(entry: string, signer = log, count = 1): Promise<string> {
  const tree = new GrowingTree();
  for (let index = 0; index < count; index++) tree.append(leafHash(Buffer.from(entry)));
  return signNote(checkpointText({ origin: signer.key.name, size: tree.size, root: tree.root() }), [signer]);
}

suite("a witness", () => {
  const folder = join(top, "w");
  let vkey: string;
  let witness: RunningWitness;
  before(async () => {
    vkey = await initWitness(folder, "witness.example/w1");
    writeFileSync(join(top, "logs"), `# ours\nyearly ${formatKey(log.key)}\n`);
    const options = { folder, anchor: join(top, "anchor"), logs: join(top, "logs"), host: "127.0.0.1", port: 0, tls: null };
    witness = await serveWitness(options, programLog("silent", "witness"));
  });
  after(() => witness.stop());

  const post = (body: string | Uint8Array, path = "/add-checkpoint", method = "POST"): Promise<Response> =>
    fetch(`${witness.url}${path}`, { method, ...(method === "POST" ? { body: body as never } : {}) });
  const status = async (body: string | Uint8Array): Promise<number> => (await post(body)).status;

  test("has a key that nobody else can read, and makes no second one", async () => {
    assert.equal(statSync(join(folder, "witness.json")).mode & 0o777, 0o600);
    await assert.rejects(initWitness(folder, "witness.example/w2"), { name: "WitnessSetupError" });
    chmodSync(join(folder, "witness.json"), 0o640);
    await assert.rejects(witnessSigner(folder, Date.now), { name: "WitnessSetupError" });
    chmodSync(join(folder, "witness.json"), 0o600);
    assert.equal(formatKey((await witnessSigner(folder, Date.now)).key), vkey);
    assert.equal(witness.vkey, vkey);
    await assert.rejects(witnessSigner(top, Date.now), { name: "WitnessSetupError" });
  });

  test("cosigns what it may, with the time, and answers everything else as the specification says", async () => {
    const first = await noteOf("one");
    assert.equal(await status("nonsense"), 400);
    assert.equal(await status(Buffer.from([0xff, 0xfe, 10, 10])), 400);
    assert.equal(await status(addCheckpointBody(2, [], first)), 400, "an old size above the size");
    assert.equal(await status(addCheckpointBody(0, [], await noteOf("one", signerOf("other.example/log")))), 404);
    const stranger = localSigner(log.key.name, "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0);
    assert.equal(await status(addCheckpointBody(0, [], await noteOf("one", stranger))), 403);
    assert.equal(await status(addCheckpointBody(0, [], `${first.slice(0, -10)}AAAAAAAA=\n`)), 403, "a bad signature of a known key");
    assert.equal(await status(addCheckpointBody(0, [Buffer.alloc(32)], first)), 422, "a proof from nothing");

    const beforeS = Math.floor(Date.now() / 1000);
    const answer = await post(addCheckpointBody(0, [], first));
    assert.equal(answer.status, 200);
    const cosigned = parseNote(first + (await answer.text()));
    assert.equal(verifiedKeys(cosigned, [parseKey(vkey)]).length, 1);
    assert.ok(Number(cosigned.signatures.at(-1)!.signature.readBigUInt64BE()) >= beforeS);

    const stale = await post(addCheckpointBody(0, [], first));
    assert.deepEqual([stale.status, stale.headers.get("content-type"), await stale.text()], [409, "text/x.tlog.size", "1\n"]);
    assert.equal(await status(addCheckpointBody(1, [], first)), 200, "the same head again");
    assert.equal(await status("x".repeat(70_000)), 413);
    assert.equal((await post("", "/add-checkpoint", "GET")).status, 405);
    assert.equal((await post("", "/other")).status, 404);
  });

  const evidence = (): Readonly<Record<string, string>> => {
    const names = existsSync(join(folder, "evidence")) ? readdirSync(join(folder, "evidence")) : [];
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, "evidence", name), "utf8")]));
  };

  test("takes a needless proof for a mistake, and not for evidence", async () => {
    assert.equal(await status(addCheckpointBody(1, [Buffer.alloc(32)], await noteOf("one"))), 422);
    assert.deepEqual(evidence(), {});
  });

  test("keeps each signed head that contradicts what it has cosigned once, as evidence, in a file that the head names", async () => {
    const heads = [await noteOf("another"), await noteOf("a third"), await noteOf("one", log, 2)];
    const bodies = heads.map((head) => addCheckpointBody(1, [], head));
    assert.deepEqual(await Promise.all(bodies.map(status)), [409, 409, 422]);
    const kept = Object.fromEntries(
      heads.map((head, place) => [`${hash("sha256", head.slice(0, head.indexOf("\n\n") + 1), "hex")}.txt`, bodies[place]]),
    );
    assert.deepEqual(evidence(), kept);
    for (const head of heads) await status(addCheckpointBody(1, [Buffer.alloc(32)], head));
    assert.deepEqual(evidence(), kept, "as they came first");
  });

  test("keeps a second head of the size that it has cosigned, whatever size the request says to be old", async () => {
    const before = Object.keys(evidence()).length;
    assert.equal(await status(addCheckpointBody(0, [], await noteOf("a fourth"))), 409);
    assert.equal(Object.keys(evidence()).length, before + 1);
  });

  test("cosigns nothing of a log whose head was taken back", async () => {
    rmSync(join(folder, "heads"), { recursive: true });
    assert.equal(await status(addCheckpointBody(0, [], await noteOf("one"))), 500);
    const next = signerOf("log.example/audit/2027");
    assert.equal(await status(addCheckpointBody(0, [], await noteOf("one", next))), 200, "another year's is another log");
  });
});

test("the known logs are named one by one, or for all years", () => {
  const logs = knownLogs(`log ${formatKey(signerOf("one.example/log").key)}\n\nyearly ${formatKey(log.key)}\n`);
  const names = ["one.example/log", "log.example/audit/2026", "log.example/audit/2027"];
  for (const name of names) assert.deepEqual(logs(name), [signerOf(name).key]);
  for (const name of ["one.example/log/2027", "log.example/audit", "log.example/audit/20270", "log.example/2027"])
    assert.deepEqual(logs(name), []);
  const vkey = formatKey(signerOf("one.example/log").key);
  for (const line of [`yearly ${vkey}`, `log ${vkey} more`, `other ${vkey}`, "log", "log x", `log ${vkey.slice(0, -4)}AAA=`])
    assert.throws(() => knownLogs(line), { name: "WitnessSetupError" }, line);
});
