import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type LoggedAct, loggedAct, type ProviderUnwrap, reconcile, type ReconcileBounds } from "./reconcile.ts";

const hourMs = 60 * 60_000;
const bounds: ReconcileBounds = { fromMs: 0, toMs: 24 * hourMs, toleranceMs: 5_000 };

const intent = (atMs: number, tenant = "t1", purpose = "transfer", grant = `g${atMs}`): LoggedAct => ({
  kind: "intended",
  atMs,
  tenant,
  grant,
  purpose,
});
const unwrap = (atMs: number, more: Partial<ProviderUnwrap> = {}): ProviderUnwrap => ({
  atMs,
  tenant: "t1",
  purpose: "personal-values",
  grant: null,
  ...more,
});
const unexplained = (unwraps: readonly ProviderUnwrap[], acts: readonly LoggedAct[]): number =>
  reconcile(unwraps, acts, bounds).unexplained.length;
const missing = (unwraps: readonly ProviderUnwrap[], acts: readonly LoggedAct[]): number => reconcile(unwraps, acts, bounds).missing.length;

/** Openings whose unwraps come within their time and the clocks' tolerance. */
const openings = fc.array(
  fc.record({
    atMs: fc.integer({ min: hourMs, max: 22 * hourMs }),
    tenant: fc.constantFrom("t1", "t2", "t3"),
    lateMs: fc.array(fc.integer({ min: -5_000, max: 90_000 }), { minLength: 1, maxLength: 4 }),
    isNamed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

suite("a log and its provider's record", () => {
  test("agree where every opening has its unwraps, in whatever order they are read", () => {
    fc.assert(
      fc.property(openings, (all) => {
        const acts = all.map(({ atMs, tenant }, index) => intent(atMs, tenant, "transfer", `g${index}`));
        const unwraps = all.flatMap(({ atMs, tenant, lateMs, isNamed }, index) =>
          lateMs.map((late) => unwrap(atMs + late, { tenant, grant: isNamed ? `g${index}` : null })),
        );
        const { unexplained, missing } = reconcile(unwraps.toReversed(), acts.toReversed(), bounds);
        assert.deepEqual([unexplained, missing], [[], []]);
      }),
    );
  });

  test("differ by exactly the unwraps of a tenant that nothing was opened for", () => {
    fc.assert(
      fc.property(openings, fc.array(fc.integer({ min: 0, max: 24 * hourMs }), { maxLength: 5 }), (all, times) => {
        const acts = all.map(({ atMs, tenant }, index) => intent(atMs, tenant, "transfer", `g${index}`));
        const unwraps = all.map(({ atMs, tenant }) => unwrap(atMs, { tenant }));
        const beside = times.map((atMs) => unwrap(atMs, { tenant: "t9" }));
        assert.deepEqual(reconcile([...unwraps, ...beside], acts, bounds).unexplained, beside);
      }),
    );
  });

  test("differ by exactly the openings whose unwraps the record lacks", () => {
    fc.assert(
      fc.property(openings, fc.nat(), (all, which) => {
        const lost = which % all.length;
        const acts = all.map(({ atMs, tenant }, index) => intent(atMs, tenant, "transfer", `g${index}`));
        // Named by their grants, so that none bears out another's.
        const unwraps = all.map(({ atMs, tenant }, index) => unwrap(atMs, { tenant, grant: `g${index}` })).toSpliced(lost, 1);
        assert.deepEqual(reconcile(unwraps, acts, bounds).missing, [acts[lost]]);
      }),
    );
  });

  test("an unwrap comes after its intent, for a minute and a half, give or take the clocks", () => {
    for (const [lateMs, isExplained] of [
      [-6_000, false],
      [-5_000, true],
      [0, true],
      [95_000, true],
      [96_000, false],
    ] as const)
      assert.equal(unexplained([unwrap(5 * hourMs + lateMs)], [intent(5 * hourMs)]), isExplained ? 0 : 1, String(lateMs));
  });

  test("an unwrap that names a grant is explained by that grant alone", () => {
    assert.equal(unexplained([unwrap(hourMs, { grant: "g1" })], [intent(hourMs, "t1", "transfer", "g2")]), 1);
    assert.equal(unexplained([unwrap(hourMs, { grant: "g1" })], [intent(hourMs, "t1", "transfer", "g1")]), 0);
    assert.equal(unexplained([unwrap(hourMs, { tenant: "t2" })], [intent(hourMs)]), 1, "another tenant's");
  });

  test("a grant explains, and is borne out by, what is unwrapped for its tenant in its time alone", () => {
    const opening = intent(5 * hourMs, "t1", "transfer", "g");
    for (const [difference, beside] of [
      ["the same grant an hour later", unwrap(6 * hourMs, { grant: "g" })],
      ["the same grant before its intent", unwrap(5 * hourMs - 6_000, { grant: "g" })],
      ["the same grant for another tenant", unwrap(5 * hourMs, { grant: "g", tenant: "t2" })],
    ] as const) {
      assert.equal(unexplained([beside], [opening]), 1, difference);
      assert.equal(missing([beside], [opening]), 1, difference);
    }
    assert.equal(unexplained([unwrap(5 * hourMs + 95_000, { grant: "g", tenant: null })], [opening]), 0, "of a record without tenants");
  });

  test("tracking numbers are unwrapped for releases, and nothing else is", () => {
    const released: LoggedAct = { kind: "released", atMs: hourMs, tenant: "t1" };
    assert.equal(unexplained([unwrap(hourMs - 60_000, { purpose: "tracking-numbers" })], [released]), 0);
    assert.equal(unexplained([unwrap(hourMs, { purpose: "tracking-numbers", tenant: "t2" })], [released]), 1);
    assert.equal(unexplained([unwrap(hourMs)], [released]), 1);
    assert.equal(missing([], [released]), 0, "the key was at hand");
  });

  test("a rotation that unwraps nothing explains nothing: of the blind index, and a retirement, which never ends", () => {
    const began = (kind: string) => loggedAct({ type: "keys.rotation-started", at: new Date(hourMs).toISOString(), rotation: "r", kind });
    for (const kind of ["epoch", "root"]) assert.equal(unexplained([unwrap(3 * hourMs)], [began(kind)!]), 0);
    for (const kind of ["blind-index", "retire"]) assert.equal(began(kind), null);
    assert.equal(loggedAct({ type: "keys.epoch-retired", at: new Date(hourMs).toISOString(), epoch: 1 }), null);
  });

  test("a rotation explains what is unwrapped while it runs", () => {
    const began: LoggedAct = { kind: "rotation-began", atMs: hourMs, rotation: "r" };
    const ended: LoggedAct = { kind: "rotation-ended", atMs: 2 * hourMs, rotation: "r" };
    assert.equal(unexplained([unwrap(1.5 * hourMs), unwrap(1.6 * hourMs, { tenant: null, purpose: null })], [began, ended]), 0);
    assert.equal(unexplained([unwrap(3 * hourMs)], [began, ended]), 1);
    assert.equal(unexplained([unwrap(3 * hourMs)], [began]), 0, "one without an end");
  });

  test("an opening that failed, opened nothing or only probed needs no unwrap", () => {
    const opening = intent(hourMs, "t1", "transfer", "g");
    assert.equal(missing([], [opening]), 1);
    assert.equal(missing([], [opening, { kind: "ended", grant: "g", hasOpened: true }]), 1);
    assert.equal(missing([], [opening, { kind: "ended", grant: "g", hasOpened: false }]), 0);
    assert.equal(missing([], [intent(hourMs, "t1", "erasure-probe")]), 0);
    assert.equal(missing([], [intent(24 * hourMs - 1_000)]), 0, "its unwrap may be in the next file");
    assert.equal(missing([], [intent(25 * hourMs)]), 0, "after the record");
  });

  test("a record without tenants, as an HSM's, is compared by time", () => {
    const bare = { tenant: null, purpose: null };
    assert.equal(unexplained([unwrap(hourMs, bare)], [intent(hourMs)]), 0);
    assert.equal(unexplained([unwrap(3 * hourMs, bare)], [intent(hourMs)]), 1);
    assert.equal(missing([unwrap(hourMs, bare)], [intent(hourMs)]), 0);
  });

  test("purposes that no entry is written for are counted apart", () => {
    const { unexplained, unchecked } = reconcile([unwrap(1, { purpose: "derivation-root", tenant: null })], [], bounds);
    assert.deepEqual([unexplained.length, unchecked], [0, 1]);
  });
});

test("entries that have to do with openings are read, and no others", () => {
  const head = { v: 1, id: "x", at: "2026-11-26T00:00:00.000Z", tenant: "t1" };
  const atMs = Date.parse(head.at);
  assert.deepEqual(loggedAct({ ...head, type: "opening.intended", grant: "g", purpose: "replay" }), {
    kind: "intended",
    atMs,
    tenant: "t1",
    grant: "g",
    purpose: "replay",
  });
  assert.deepEqual(loggedAct({ ...head, type: "opening.done", grant: "g", opened: 0 }), { kind: "ended", grant: "g", hasOpened: false });
  assert.deepEqual(loggedAct({ ...head, type: "opening.failed", grant: "g" }), { kind: "ended", grant: "g", hasOpened: false });
  assert.deepEqual(loggedAct({ ...head, type: "release.automatic" }), { kind: "released", atMs, tenant: "t1" });
  assert.equal(loggedAct({ ...head, type: "tenant.created" }), null);
});
