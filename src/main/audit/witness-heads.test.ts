import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import fc from "fast-check";
import type { Checkpoint } from "../../audit/checkpoint.ts";
import { witnessHeads } from "./witness-heads.ts";

const top = mkdtempSync(join(tmpdir(), "parcelkeep-heads-"));
after(() => rmSync(top, { recursive: true, force: true }));

const head = (size: number, fill = size, origin = "log.example/2026"): Checkpoint => ({ origin, size, root: Buffer.alloc(32, fill) });

function folders(): { readonly folder: string; readonly anchor: string } {
  const home = mkdtempSync(join(top, "w-"));
  return { folder: join(home, "state"), anchor: join(home, "anchor") };
}

suite("the heads of a witness", () => {
  test("go on only from the last one, each log by itself, over restarts", async () => {
    const { folder, anchor } = folders();
    const heads = witnessHeads(folder, anchor);
    assert.equal(await heads.last("log.example/2026"), null);
    for (const [from, to] of [
      [0, 5],
      [5, 9],
      [9, 9],
      [9, 300],
    ] as const)
      assert.equal(await heads.advance(from, head(to)), true);
    assert.equal(await heads.advance(9, head(400)), false);
    assert.equal(await heads.advance(0, head(7, 7, "other.example/log")), true);
    const restarted = witnessHeads(folder, anchor);
    assert.deepEqual(await restarted.last("log.example/2026"), head(300));
    assert.deepEqual(await restarted.last("other.example/log"), head(7, 7, "other.example/log"));
  });

  test("of many that are cosigned at once, in several processes, one goes on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 4 }), async (atOnce, rounds) => {
        const { folder, anchor } = folders();
        const processes = Array.from({ length: atOnce }, () => witnessHeads(folder, anchor));
        let size = 0;
        for (let round = 1; round <= rounds; round++) {
          const wanted = processes.map((heads, index) => heads.advance(size, head(round * 10 + index)).catch(() => false));
          const taken = (await Promise.all(wanted)).filter(Boolean).length;
          assert.ok(taken <= 1, `${taken} went on from ${size}`);
          size = (await processes[0]!.last("log.example/2026"))?.size ?? 0;
          assert.ok(Math.floor(size / 10) === round);
        }
      }),
      { numRuns: 15 },
    );
  });

  test("that were put back to older ones, or taken away, are refused", async () => {
    const { folder, anchor } = folders();
    const heads = witnessHeads(folder, anchor);
    await heads.advance(0, head(5));
    cpSync(folder, `${folder}.old`, { recursive: true });
    await heads.advance(5, head(9));
    rmSync(folder, { recursive: true });
    await assert.rejects(heads.last("log.example/2026"), { code: "went-back" });
    cpSync(`${folder}.old`, folder, { recursive: true });
    await assert.rejects(witnessHeads(folder, anchor).last("log.example/2026"), { code: "went-back" });
    const [name] = readdirSync(join(folder, "heads")) as [string];
    const [file] = readdirSync(join(folder, "heads", name)) as [string];
    rmSync(join(folder, "heads", name, file));
    writeFileSync(join(folder, "heads", name, file), `log.example/2026\n9\n${Buffer.alloc(32, 1).toString("base64")}\n`);
    await assert.rejects(heads.last("log.example/2026"), { code: "went-back" }, "another head of the same size");
    rmSync(join(anchor, name));
    writeFileSync(join(anchor, name), "nonsense");
    await assert.rejects(heads.last("log.example/2026"), { code: "unreadable" });
  });

  test("a crash before the anchor was written is no harm", async () => {
    const { folder, anchor } = folders();
    const heads = witnessHeads(folder, anchor);
    await heads.advance(0, head(5));
    const [name] = readdirSync(anchor) as [string];
    const before = readFileSync(join(anchor, name));
    await heads.advance(5, head(9));
    rmSync(join(anchor, name));
    writeFileSync(join(anchor, name), before);
    assert.deepEqual(await heads.last("log.example/2026"), head(9));
    assert.equal(await heads.advance(9, head(12)), true);
  });
});
