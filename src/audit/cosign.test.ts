import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Checkpoint, checkpointText } from "./checkpoint.ts";
import { type Cosigners, cosignBy, type Witness, type WitnessOutcome, type WitnessReply } from "./cosign.ts";
import { foldNodes, GrowingTree, type Hash, leafHash, nodesOf } from "./merkle.ts";
import { formatKey, localSigner, type NoteSigner, parseNote, signatureLine, signNote, verifiedKeys } from "./note.ts";
import { openCheckpoint, parsePolicy, type Policy } from "./policy.ts";
import { completeSubtree, type ReadTile, tileWidth } from "./tiles.ts";
import { addCheckpoint, sizeMediaType, type WitnessState } from "./witness.ts";

const origin = "log.example/2026";
const clock = (): number => 1_800_000_000;
const log = localSigner(origin, "ed25519", generateKeyPairSync("ed25519").privateKey, clock);
const signers = ["one.example/w", "two.example/w", "three.example/w"].map((name) =>
  localSigner(name, "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, clock),
);

/** A log as its tiles would have it, whose entries from `forkedFrom` on are others. */
class TestLog {
  readonly #leaves: readonly Hash[];

  constructor(sizeMax: number, forkedFrom = Infinity) {
    this.#leaves = Array.from({ length: sizeMax }, (_, index) => leafHash(Buffer.from(`${index}${index >= forkedFrom ? " forked" : ""}`)));
  }

  checkpoint(size: number): Checkpoint {
    const tree = new GrowingTree();
    for (const leaf of this.#leaves.slice(0, size)) tree.append(leaf);
    return { origin, size, root: tree.root() };
  }

  async note(size: number): Promise<string> {
    return signNote(checkpointText(this.checkpoint(size)), [log]);
  }

  readonly read: ReadTile = async ({ level, place, width }) => {
    assert.equal(typeof level, "number");
    const below = tileWidth ** (level as number);
    const hashes = Array.from({ length: width }, (_, offset) => {
      const start = (place * tileWidth + offset) * below;
      const nodes = nodesOf({ start, end: start + below });
      return foldNodes(
        nodes.map((node) => completeSubtree(this.#leaves.slice(node.index * 2 ** node.level, (node.index + 1) * 2 ** node.level))),
      );
    });
    return Buffer.concat(hashes);
  };
}

class TestWitness implements Witness {
  readonly key;
  readonly #signer: NoteSigner;
  #head: Checkpoint | null = null;

  constructor(signer: NoteSigner) {
    this.#signer = signer;
    this.key = signer.key;
  }

  forget(): void {
    this.#head = null;
  }

  async addCheckpoint(body: string): Promise<WitnessReply> {
    const state: WitnessState = {
      last: async () => this.#head,
      advance: async (_, checkpoint) => {
        this.#head = checkpoint;
        return true;
      },
    };
    const answer = await addCheckpoint(body, (name) => (name === origin ? [log.key] : []), [this.#signer], state);
    if (answer.status === 200) return { status: 200, contentType: "text/plain", body: answer.body };
    return { status: answer.status, contentType: sizeMediaType, body: answer.status === 409 ? `${answer.size}\n` : "" };
  }
}

function policyOf(quorum: string): Policy {
  const lines = signers.map(({ key }, index) => `witness w${index} ${formatKey(key)}`);
  return parsePolicy(["log " + formatKey(log.key), ...lines, "group two 2 w0 w1 w2", `quorum ${quorum}`, ""].join("\n"));
}

/** @param outcomes gets what was told of each answer, in the order of the witnesses. */
function cosigners(
  witnesses: readonly Witness[],
  testLog: TestLog,
  { quorum = "none", shortfall = "publish", outcomes = [] }: { quorum?: string; shortfall?: "publish" | "hold"; outcomes?: string[] } = {},
): Cosigners {
  return {
    witnesses,
    policy: policyOf(quorum),
    shortfall,
    deadline: () => new AbortController().signal,
    read: testLog.read,
    answered: (key, outcome) => void outcomes.push(`${key.name.split(".")[0]} ${outcome}`),
  };
}

const saying = (reply: WitnessReply | null, signer = signers[0]!): Witness => ({ key: signer.key, addCheckpoint: async () => reply });
const cosignersOf = (note: string): readonly string[] =>
  verifiedKeys(
    parseNote(note),
    signers.map(({ key }) => key),
  ).map(({ name }) => name);

suite("asking witnesses", () => {
  test("gets every head cosigned, in whatever steps the log grows and however often a witness forgets", async () => {
    const step = fc.record({ more: fc.nat(400), forgets: fc.boolean(), restarts: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const testLog = new TestLog(2_500);
        const witnesses = signers.map((signer) => new TestWitness(signer));
        let cosign = cosignBy(cosigners(witnesses, testLog, { quorum: "two", shortfall: "hold" }));
        let size = 0;
        for (const { more, forgets, restarts } of steps) {
          if (forgets) witnesses[0]!.forget();
          if (restarts) cosign = cosignBy(cosigners(witnesses, testLog, { quorum: "two", shortfall: "hold" }));
          const old = size;
          size += more;
          const note = await cosign(await testLog.note(size), testLog.checkpoint(size), old);
          assert.equal(openCheckpoint(note, policyOf("two")).size, size);
          assert.equal(cosignersOf(note).length, signers.length);
        }
      }),
      { numRuns: 15 },
    );
  });

  test("a log that went on otherwise is cosigned by nobody who has seen the other, from whatever size on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(600), fc.nat(599), async (seen, size, fork) => {
        const forkedFrom = fork % seen;
        const witness = new TestWitness(signers[0]!);
        await cosignBy(cosigners([witness], new TestLog(seen)))(await new TestLog(seen).note(seen), new TestLog(seen).checkpoint(seen), 0);
        const forked = new TestLog(size, forkedFrom);
        // A head of nothing, or of what both have, is a fork too: the witness has cosigned more.
        const outcomes: string[] = [];
        const cosign = cosignBy(cosigners([witness], forked, { outcomes }));
        const note = await cosign(await forked.note(size), forked.checkpoint(size), 0);
        assert.deepEqual(outcomes, ["one fork"]);
        assert.deepEqual(cosignersOf(note), []);
      }),
      { numRuns: 60 },
    );
  });

  test("whatever a witness answers, a note gets lines of it that hold, or none", async () => {
    const testLog = new TestLog(40);
    const note = await testLog.note(40);
    const text = parseNote(note).text;
    const other = checkpointText({ origin: "other.example/log", size: 40, root: testLog.checkpoint(40).root });
    const lines = await Promise.all([
      signatureLine(signers[0]!, text),
      signatureLine(signers[0]!, checkpointText(testLog.checkpoint(39))),
      signatureLine(signers[0]!, other),
      signatureLine(signers[1]!, text),
      signatureLine(localSigner("one.example/w", "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, clock), text),
      signatureLine(log, text),
    ]);
    const line = fc.oneof(fc.constantFrom(...lines, "\n", "—", `${text}\n`), fc.string());
    const body = fc.oneof(
      fc.array(line, { maxLength: 4 }).map((all) => all.join("")),
      fc.nat(80).map((size) => `${size}\n`),
    );
    const reply = fc.record({
      status: fc.constantFrom(200, 200, 200, 201, 302, 400, 403, 404, 409, 409, 422, 429, 500),
      contentType: fc.constantFrom("text/plain", sizeMediaType, ""),
      body,
    });
    await fc.assert(
      fc.asyncProperty(fc.option(reply), async (answer) => {
        const cosigned = await cosignBy(cosigners([saying(answer)], testLog))(note, testLog.checkpoint(40), 12);
        assert.ok(cosigned.startsWith(note));
        const added = cosigned.slice(note.length);
        assert.ok(added === "" || added === lines[0], added);
        if (added !== "") assert.equal(answer!.status, 200);
      }),
      { numRuns: 600 },
    );
  });

  test("says of each answer what it was", async () => {
    const testLog = new TestLog(40);
    const note = await testLog.note(40);
    const text = parseNote(note).text;
    const timeless = localSigner("one.example/w", "ed25519-cosignature", generateKeyPairSync("ed25519").privateKey, () => 0);
    const size = (known: number): WitnessReply => ({ status: 409, contentType: sizeMediaType, body: `${known}\n` });
    const answers: readonly (readonly [WitnessReply | null, WitnessOutcome, NoteSigner?])[] = [
      [{ status: 200, contentType: "", body: await signatureLine(signers[0]!, text) }, "cosigned"],
      [{ status: 200, contentType: "", body: await signatureLine(signers[0]!, checkpointText(testLog.checkpoint(39))) }, "garbage"],
      [{ status: 200, contentType: "", body: await signatureLine(signers[1]!, text) }, "garbage"],
      [{ status: 200, contentType: "", body: await signatureLine(timeless, text) }, "garbage", timeless],
      [{ status: 200, contentType: "", body: "" }, "garbage"],
      [{ status: 200, contentType: "", body: "<html>" }, "garbage"],
      [size(41), "fork"],
      [size(12), "garbage"],
      [{ ...size(3), contentType: "text/html" }, "garbage"],
      [{ ...size(3), body: "03\n" }, "garbage"],
      // Another size each time.
      [size(3), "garbage"],
      [{ status: 422, contentType: "", body: "" }, "fork"],
      [{ status: 403, contentType: "", body: "" }, "refused"],
      [{ status: 404, contentType: "", body: "" }, "refused"],
      [{ status: 503, contentType: "", body: "" }, "unavailable"],
      [null, "unavailable"],
    ];
    for (const [answer, outcome, signer] of answers) {
      const outcomes: string[] = [];
      await cosignBy(cosigners([saying(answer, signer)], testLog, { outcomes }))(note, testLog.checkpoint(40), 12);
      assert.deepEqual(outcomes, [`one ${outcome}`], JSON.stringify(answer));
    }
  });

  test("a witness that has another head of the very size is a fork", async () => {
    const [one, other] = [new TestLog(9), new TestLog(9, 8)];
    const witness = new TestWitness(signers[0]!);
    await cosignBy(cosigners([witness], one))(await one.note(9), one.checkpoint(9), 0);
    const outcomes: string[] = [];
    await cosignBy(cosigners([witness], other, { outcomes }))(await other.note(9), other.checkpoint(9), 9);
    assert.deepEqual(outcomes, ["one fork"]);
  });

  test("one that gives another size for ever is not asked for ever", async () => {
    const testLog = new TestLog(40);
    let asked = 0;
    const witness: Witness = {
      key: signers[0]!.key,
      addCheckpoint: async () => ({ status: 409, contentType: sizeMediaType, body: `${++asked}\n` }),
    };
    const outcomes: string[] = [];
    await cosignBy(cosigners([witness], testLog, { outcomes }))(await testLog.note(40), testLog.checkpoint(40), 12);
    assert.deepEqual(outcomes, ["one unavailable"]);
    assert.equal(asked, 3);
  });
});

suite("too few cosignatures", () => {
  const testLog = new TestLog(7);
  const away = (signer: NoteSigner): Witness => saying(null, signer);
  const forked = (signer: NoteSigner): Witness => saying({ status: 422, contentType: "", body: "" }, signer);
  const [one, two, three] = signers as [NoteSigner, NoteSigner, NoteSigner];
  const publish = async (witnesses: readonly Witness[], shortfall: "publish" | "hold"): Promise<number> => {
    const note = await testLog.note(7);
    return cosignersOf(await cosignBy(cosigners(witnesses, testLog, { quorum: "two", shortfall }))(note, testLog.checkpoint(7), 0)).length;
  };

  test("hold a head back, or let it out with those that there are, as the settings say", async () => {
    const witnesses = [new TestWitness(one), away(two), away(three)];
    await assert.rejects(publish(witnesses, "hold"), { code: "held" });
    assert.equal(await publish(witnesses, "publish"), 1);
  });

  test("hold it back in any case where a witness calls it a fork, unless the others are enough", async () => {
    await assert.rejects(publish([new TestWitness(one), forked(two), away(three)], "publish"), { code: "held" });
    await assert.rejects(publish([new TestWitness(one), forked(two), away(three)], "hold"), { code: "held" });
    assert.equal(await publish([new TestWitness(one), forked(two), new TestWitness(three)], "publish"), 2);
  });
});
