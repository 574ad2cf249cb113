import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { checkpointText } from "../../audit/checkpoint.ts";
import { formatKey, localSigner, signNote } from "../../audit/note.ts";
import { addCheckpointBody } from "../../audit/witness.ts";
import { Transport } from "../../outbound/transport.ts";
import { readConfig } from "../config.ts";
import type { WitnessAddress } from "../settings/log-witness-settings.ts";
import { programLog } from "../log.ts";
import { restingWitness, witnessAnswerBytesMax, type WitnessCalls, witnessCalls } from "./witness-calls.ts";

const key = localSigner("w.example/1", "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, () => 1).key;
const signer = localSigner("log.example/2026", "ed25519", generateKeyPairSync("ed25519").privateKey, () => 0);
const note = await signNote(checkpointText({ origin: "log.example/2026", size: 123_456_789, root: Buffer.alloc(32, 7) }), [signer, signer]);
const body = addCheckpointBody(
  112_233_445,
  Array.from({ length: 63 }, (_, fill) => Buffer.alloc(32, fill)),
  note,
);
const patience = (): AbortSignal => AbortSignal.timeout(30_000);

/** A witness that does as it is told, and what asks it. */
async function asked(t: TestContext, handle: RequestListener): Promise<{ readonly call: WitnessCalls; readonly address: WitnessAddress }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const transport = new Transport({ timeoutMs: 30_000, answerBytesMax: witnessAnswerBytesMax, connectionsPerHost: 2 });
  t.after(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const address = { key, url: `http://${host}/prefix/` };
  const parts = { testHosts: new Set([host]), transport, isProxied: false, log: programLog("silent", "test") };
  return { call: witnessCalls([address], parts), address };
}

test("a checkpoint, its proof and its signatures reach the witness below its prefix", async (t) => {
  const { call, address } = await asked(t, (request, response) => {
    let got = "";
    request.on("data", (chunk: Buffer) => (got += chunk.toString("utf8")));
    request.on("end", () => response.writeHead(409, { "content-type": "text/x.tlog.size" }).end(`${request.url} ${got === body}\n`));
  });
  assert.deepEqual(await call(address, body, patience()), {
    status: 409,
    contentType: "text/x.tlog.size",
    body: "/prefix/add-checkpoint true\n",
  });
});

test("nothing else leaves", async (t) => {
  let calls = 0;
  const { call, address } = await asked(t, (_, response) => void (calls++, response.end()));
  for (const more of ["Erika Mustermann\n", "— w.example/1 Heidestrasse+17\n", "erika@mustermann.example\n", "\n\n"]) {
    assert.equal(await call(address, body + more, patience()), null, more);
    assert.equal(await call(address, more + body, patience()), null, more);
  }
  assert.equal(await call({ ...address, url: "http://127.0.0.1:1/" }, body, patience()), null, "another host");
  assert.equal(calls, 0);
});

test("no answer, one that does not end, one that is too long or leads elsewhere is none", async (t) => {
  const answers: readonly RequestListener[] = [
    (request) => void request.socket.destroy(),
    (_, response) => void response.write("— "),
    (_, response) => void response.end(Buffer.alloc(witnessAnswerBytesMax + 1, 0x2d)),
    (_, response) => void response.writeHead(307, { location: "/elsewhere" }).end(),
  ];
  for (const [index, answer] of answers.entries()) {
    const { call, address } = await asked(t, answer);
    const ended = new AbortController();
    const reply = call(address, body, ended.signal);
    if (index === 1) setImmediate(() => ended.abort());
    assert.equal(await reply, null, String(index));
  }
});

test("a witness that does not answer is left alone, longer each time, until it answers", async () => {
  let now = 0;
  let calls = 0;
  let isUp = false;
  const witness = restingWitness(
    { key, url: "https://w.example" },
    async () => (calls++, isUp ? { status: 200, contentType: "", body: "" } : null),
    () => now,
  );
  const restsMs: number[] = [];
  for (let round = 0; round < 9; round++) {
    await witness.addCheckpoint(body, patience());
    const from = now;
    const before = calls;
    for (; calls === before; now += 250) await witness.addCheckpoint(body, patience());
    now -= 250;
    restsMs.push(now - from);
    assert.equal(calls, before + 1);
    now += 250;
  }
  assert.ok(restsMs.every((rest, index) => index === 0 || rest >= restsMs[index - 1]!));
  assert.ok(restsMs[0]! <= 2_000 && restsMs.at(-1)! <= 60_250, String(restsMs));
  isUp = true;
  now += 60_000;
  assert.notEqual(await witness.addCheckpoint(body, patience()), null);
  assert.notEqual(await witness.addCheckpoint(body, patience()), null, "no rest after an answer");
});

test("the settings name witnesses with addresses, and a rule", () => {
  const line = `witness w1 ${formatKey(key)} https://w.example/prefix`;
  const settings = readConfig({ PARCELKEEP_WITNESSES: `${line}\nquorum w1\n`, PARCELKEEP_WITNESS_SHORTFALL: "hold" }).witnesses!;
  assert.deepEqual(settings.witnesses, [{ key, url: "https://w.example/prefix" }]);
  assert.equal(settings.policy.isQuorum(new Set()), false);
  assert.equal(settings.shortfall, "hold");
  for (const text of [
    "",
    line,
    `${line}\nquorum w2\n`,
    "quorum none\n",
    `${line}?x=1\nquorum w1\n`,
    `witness w1 ${formatKey(key)} ftp://w.example\nquorum w1\n`,
  ])
    assert.throws(() => readConfig({ PARCELKEEP_WITNESSES: text }), { name: "ConfigError" }, text);
  assert.throws(() => readConfig({ PARCELKEEP_WITNESS_SHORTFALL: "ignore" }), { name: "ConfigError" });
});
