import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { parseCheckpoint } from "../../src/audit/checkpoint.ts";
import { formatKey, localSigner, parseKey, parseNote, signatureLine, verifiedKeys } from "../../src/audit/note.ts";
import { RunningProgram } from "../support/running-program.ts";
import { WitnessProcess } from "../support/witness-process.ts";

const folder = mkdtempSync(join(tmpdir(), "pk-witnessed-"));
const program = new RunningProgram({ PARCELKEEP_AUDIT_PUBLISH_MS: "1", PARCELKEEP_AUDIT_ORIGIN: "log.example.eu/parcelkeep" });
const witness = new WitnessProcess("witness.example.eu/w1");

/** A second witness, with a key of its own and bad manners. */
const rogue = localSigner("rogue.example/w2", "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, () => Date.now() / 1000);
let manners: (response: ServerResponse, checkpoint: string) => void = (response) => void response.destroy();
const rogueServer = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
  request.on("end", () => manners(response, parseNote(body.slice(body.indexOf("\n\n") + 2)).text));
});

let logKey: string;
let policy: string;

suite("an audit log with witnesses", () => {
  before(async () => {
    await program.start();
    logKey = await program.until(async () => (await program.call("/v1/audit/keys")).text.trim(), "the log's key");
    await program.stop();
    await witness.start(`yearly ${logKey}\n`);
    await new Promise<void>((resolve) => rogueServer.listen(0, "127.0.0.1", resolve));
    const rogueUrl = `http://127.0.0.1:${(rogueServer.address() as AddressInfo).port}/second`;
    const witnesses = `witness w1 ${witness.vkey} ${witness.url}\nwitness w2 ${formatKey(rogue.key)} ${rogueUrl}\nquorum w1\n`;
    policy = join(folder, "policy");
    writeFileSync(policy, `log ${logKey}\n${witnesses}`);
    Object.assign(program.env, {
      PARCELKEEP_WITNESSES_FILE: policy,
      PARCELKEEP_WITNESS_TIMEOUT_MS: "2000",
      PARCELKEEP_EGRESS_TEST_HOSTS: [witness.url, rogueUrl].map((url) => new URL(url).host).join(","),
    });
    await program.start();
  });
  after(async () => {
    await program.remove();
    await witness.remove();
    rogueServer.closeAllConnections();
    rogueServer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const act = async (): Promise<void> => {
    const { status } = await program.call("/v1/tenants", {
      key: program.operatorKey,
      body: JSON.stringify({ name: "Shop" }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(status, 201);
  };

  interface Head {
    readonly size: number;
    readonly cosigners: readonly string[];
  }

  async function head(): Promise<Head> {
    const note = parseNote((await program.call("/checkpoint")).text);
    const by = verifiedKeys(note, [parseKey(logKey), parseKey(witness.vkey), rogue.key]);
    return { size: parseCheckpoint(note.text).size, cosigners: by.slice(1).map(({ name }) => name) };
  }

  /** Does something, and waits for a head with it that is as wanted. */
  async function nextHead(isWanted: (found: Head) => boolean, what: string): Promise<Head> {
    const { size } = await head();
    await act();
    return program.until(async () => {
      const found = await head();
      return found.size > size && isWanted(found) ? found : null;
    }, what);
  }

  const verify = (): number | null => {
    const exported = mkdtempSync(join(folder, "exported-"));
    program.command("audit", "export", exported);
    const cli = join(import.meta.dirname, "..", "..", "bin", "parcelkeep");
    return spawnSync(process.execPath, [cli, "audit", "verify", exported, "--policy", policy], { encoding: "utf8" }).status;
  };

  const answers = async (name: string, outcome: string): Promise<number> => {
    const { text } = await program.call("/metrics");
    return Number(
      new RegExp(`^parcelkeep_audit_witness_answers_total\\{outcome="${outcome}",witness="${name}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0,
    );
  };

  test("is cosigned, and its export is verified by a policy that wants that", async () => {
    await nextHead(({ cosigners }) => cosigners.includes("witness.example.eu/w1"), "a cosigned head");
    assert.equal(verify(), 0);
    await program.until(async () => (await answers("witness.example.eu/w1", "cosigned")) > 0, "the count of cosignatures");
  });

  const badManners: Readonly<Record<string, typeof manners>> = {
    unavailable: () => {},
    garbage: (response) => void response.end("<html>come back later</html>"),
    "garbage: another size": (response, checkpoint) => {
      const [origin, size, root] = checkpoint.split("\n") as [string, string, string];
      void signatureLine(rogue, `${origin}\n${Number(size) - 1}\n${root}\n`).then((line) => response.end(line));
    },
    "garbage: another log": (response, checkpoint) =>
      void signatureLine(rogue, checkpoint.replace(/^.*/, "log.example.eu/other")).then((line) => response.end(line)),
    refused: (response) => void response.writeHead(404).end(),
  };
  for (const [name, behave] of Object.entries(badManners)) {
    test(`is published with the one cosignature where the other witness answers ${name}`, async () => {
      const outcome = name.split(":")[0]!;
      const before = await answers("rogue.example/w2", outcome);
      manners = behave;
      await program.until(
        async () => {
          const { cosigners } = await nextHead(() => true, "a head");
          assert.deepEqual(cosigners, ["witness.example.eu/w1"]);
          return (await answers("rogue.example/w2", outcome)) > before;
        },
        `an answer that was ${outcome}`,
        120_000,
      );
      assert.match(program.output, new RegExp(`"code":"witness-${outcome}"`));
    });
  }

  test("goes on being cosigned by a witness that has lost what it knew", async () => {
    await witness.stop();
    witness.forget();
    await witness.start(`yearly ${logKey}\n`);
    await program.until(async () => (await nextHead(() => true, "a head")).cosigners.length === 1, "a cosigned head", 120_000);
    assert.equal(verify(), 0);
  });

  test("is published without a witness that is down, which a policy notices, and with it once it is back", async () => {
    await witness.stop();
    await nextHead(({ cosigners }) => cosigners.length === 0, "a head that nobody cosigned");
    assert.notEqual(verify(), 0);
    await witness.start(`yearly ${logKey}\n`);
    await program.until(async () => (await nextHead(() => true, "a head")).cosigners.length === 1, "a cosigned head", 120_000);
    assert.equal(verify(), 0);
  });

  const isInBucket = process.env["PARCELKEEP_TEST_OBJECT_STORE"] === "s3";
  const putBack = {
    skip:
      isInBucket &&
      "what lies in a bucket under a lock cannot be put back; a database that alone was is for src/main/audit/sequencer.test.ts",
  };
  test("that was put back whole and went on otherwise is not published any more, and says so", putBack, async () => {
    await program.stop();
    const backup = join(folder, "backup");
    copyWhole(program.dataDir, backup);
    await program.start();
    for (let count = 0; count < 3; count++)
      await program.until(async () => (await nextHead(() => true, "a head")).cosigners.length === 1, "a cosigned head", 120_000);
    await program.stop();
    rmSync(program.dataDir, { recursive: true });
    copyWhole(backup, program.dataDir);
    program.output = "";
    await program.start();
    const { size } = await head();
    for (let count = 0; count < 20; count++) await act();
    await program.until(async () => (await answers("witness.example.eu/w1", "fork")) > 1, "the alarm");
    assert.match(program.output, /"code":"witness-saw-fork"/);
    assert.match(program.output, /"code":"held"/);
    assert.deepEqual((await head()).size, size);
    assert.ok(readdirSync(join(witness.folder, "w", "evidence")).length > 0, "the witness keeps both histories");
  });
});

/** With the modes of files and folders, as a backup has them. */
function copyWhole(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}
