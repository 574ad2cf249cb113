import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { suite, test } from "node:test";
import { MemoryObjectStore } from "../../../test/support/memory-object-store.ts";
import { reply, testAuthority } from "../../../test/support/time-stamp-authority.ts";
import { timeStampKey } from "./audit-files.ts";
import { LockTerm } from "./lock-term.ts";
import { programLog } from "../log.ts";
import { TimeStamper, type TimeStamperParts } from "./time-stamper.ts";
import { verifyTimeStamp } from "./time-stamp-token.ts";

const everyMs = 24 * 60 * 60_000;
const authority = testAuthority({ validFrom: new Date("2026-01-01"), validTo: new Date("2028-01-01") });

class Setting {
  readonly objects = new MemoryObjectStore();
  readonly #heads = new Map<string, string>();
  readonly counts: string[] = [];
  readonly noted: { readonly size: number; readonly tokenSha256: string }[] = [];
  now = new Date("2026-11-26T08:00:00Z");
  asked = 0;
  termDays = 30;
  /** What a write does before, or after, its effect. */
  fail: (write: "put" | "note", when: "before" | "after") => void = () => {};
  ask: TimeStamperParts["ask"] = async (request) => reply(authority, request, { time: this.now });

  /** Publishes a head of a log. */
  async publish(shard: string, size: number): Promise<Buffer> {
    const note = Buffer.from(`log.example/${shard}\n${size}\n${Buffer.alloc(32, size).toString("base64")}\n\n— x AAAAAAAA\n`);
    await this.objects.put(`audit/${shard}/checkpoints/${size}`, note);
    this.#heads.set(`${shard}/checkpoint`, note.toString());
    return note;
  }

  stamper(): TimeStamper {
    const around = async (write: "put" | "note", effect: () => unknown): Promise<void> => {
      this.fail(write, "before");
      await effect();
      this.fail(write, "after");
    };
    return new TimeStamper({
      objects: {
        put: (...args) => around("put", () => this.objects.put(...args)),
        get: (key) => this.objects.get(key),
        list: (prefix) => this.objects.list(prefix),
      },
      pointers: { read: async (name) => this.#heads.get(name) ?? null },
      ask: (request) => (this.asked++, this.ask(request)),
      certificates: [authority.certificate],
      everyMs,
      term: new LockTerm(
        10,
        async () => this.termDays,
        () => this.now.getTime(),
      ),
      noteStamped: (facts) =>
        around("note", () => {
          // As the database: once each.
          if (!this.noted.some(({ tokenSha256 }) => tokenSha256 === facts.tokenSha256)) this.noted.push(facts);
        }),
      counted: (outcome) => void this.counts.push(outcome),
      log: programLog("silent", "test"),
      now: () => this.now,
    });
  }

  later(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }
}

suite("time-stamps of checkpoints", () => {
  test("stand beside the checkpoint, once each so often, over restarts", async () => {
    const setting = new Setting();
    const note = await setting.publish("2026", 12);
    const stamper = setting.stamper();
    await stamper.turn();
    const token = (await setting.objects.get(timeStampKey("2026", 12)))!;
    assert.deepEqual(verifyTimeStamp(token, note, { certificates: [authority.certificate] }).time, setting.now);
    assert.deepEqual(
      setting.noted.map(({ size, tokenSha256 }) => [size, tokenSha256]),
      [[12, createHash("sha256").update(token).digest("hex")]],
    );
    setting.later(everyMs - 1_000);
    await setting.publish("2026", 13);
    await stamper.turn();
    await setting.stamper().turn();
    assert.equal(setting.asked, 1, "not yet");
    setting.later(1_000);
    await setting.stamper().turn();
    assert.equal(setting.asked, 2);
    assert.notEqual(await setting.objects.get(timeStampKey("2026", 13)), null);
    setting.later(everyMs);
    await stamper.turn();
    assert.equal(setting.asked, 2, "nothing is new");
  });

  test("are given to the end of a log that is closed, and to the new one", async () => {
    const setting = new Setting();
    await setting.publish("2026", 12);
    const stamper = setting.stamper();
    await stamper.turn();
    setting.now = new Date("2027-01-01T00:00:01Z");
    await setting.publish("2026", 20);
    await stamper.turn();
    setting.later(1_000);
    await setting.publish("2026", 21);
    await setting.publish("2027", 1);
    await stamper.turn();
    assert.deepEqual(
      setting.noted.map(({ size }) => size),
      [12, 20, 21],
    );
    setting.later(everyMs);
    await stamper.turn();
    assert.notEqual(await setting.objects.get(timeStampKey("2027", 1)), null);
  });

  test("that do not come, or do not hold, are asked for again, less often each time", async () => {
    const setting = new Setting();
    await setting.publish("2026", 12);
    const stamper = setting.stamper();
    const answers: TimeStamperParts["ask"][] = [
      async () => null,
      async (request) => reply(authority, request, { status: 2 }),
      async () => Buffer.from("<html>"),
      async (request) => reply(testAuthority(), request),
      async (request) => reply(authority, request, { time: setting.now, nonce: Buffer.alloc(16, 0x41) }),
    ];
    const waits: number[] = [];
    for (const answer of answers) {
      setting.ask = answer;
      waits.push(await stamper.turn());
      assert.equal(await setting.objects.get(timeStampKey("2026", 12)), null);
    }
    assert.deepEqual(setting.counts, ["unavailable", "refused", "malformed", "untrusted", "wrong-nonce"]);
    assert.ok(waits.every((wait, index) => index === 0 || wait > waits[index - 1]!));
    setting.ask = async (request) => reply(authority, request, { time: setting.now });
    await stamper.turn();
    assert.equal(setting.counts.at(-1), "stamped");
  });

  test("are locked for the term that is in force, as the log's other files", async () => {
    const setting = new Setting();
    const stamper = setting.stamper();
    const lockedUntil = async (size: number): Promise<string | undefined> => {
      await setting.publish("2026", size);
      await stamper.turn();
      return (await setting.objects.head(timeStampKey("2026", size)))?.retainUntil?.toISOString();
    };
    assert.equal(await lockedUntil(12), "2026-12-26T08:00:00.000Z");
    setting.termDays = 3;
    setting.later(everyMs);
    assert.equal(await lockedUntil(13), "2026-11-30T08:00:00.000Z");
  });

  for (const write of ["put", "note"] as const)
    for (const when of ["before", "after"] as const)
      for (const who of ["the same process", "another"] as const)
        test(`are noted once each, and asked for once, by ${who} after the ${write} failed ${when} its effect`, async () => {
          const setting = new Setting();
          await setting.publish("2026", 12);
          setting.fail = (...at) => {
            if (at[0] === write && at[1] === when) throw new Error("failed");
          };
          const stamper = setting.stamper();
          await assert.rejects(stamper.turn());
          setting.fail = () => {};
          // The log has grown meanwhile.
          await setting.publish("2026", 13);
          setting.later(1_000);
          const next = who === "another" ? setting.stamper() : stamper;
          await next.turn();
          await next.turn();
          const wasStored = write === "note" || when === "after";
          const [size] = wasStored ? [12] : [13];
          const token = (await setting.objects.get(timeStampKey("2026", size)))!;
          assert.deepEqual(
            setting.noted.map((facts) => [facts.size, facts.tokenSha256]),
            [[size, createHash("sha256").update(token).digest("hex")]],
          );
          assert.equal(setting.asked, wasStored ? 1 : 2);
        });

  test("of which somebody stored another meanwhile are noted as they stand there", async () => {
    const setting = new Setting();
    await setting.publish("2026", 12);
    setting.ask = async (request) => {
      await setting.objects.put(timeStampKey("2026", 12), reply(authority, request, { time: new Date("2026-11-26T07:00:00Z") }));
      return reply(authority, request, { time: setting.now });
    };
    await setting.stamper().turn();
    assert.deepEqual(setting.counts, ["stamped"]);
    const stored = (await setting.objects.get(timeStampKey("2026", 12)))!;
    assert.deepEqual(
      setting.noted.map(({ tokenSha256 }) => tokenSha256),
      [createHash("sha256").update(stored).digest("hex")],
    );
  });
});
