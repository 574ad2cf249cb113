import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { anyStep, anyTerms } from "./request-state.arbitrary.ts";
import { nextState, type RequestState, type RequestStep, type RequestTerms, stateAt } from "./request-state.ts";
import { isQuorum } from "./rule.ts";

const begun: RequestState = { state: "requested", approvals: [] };
const people: Record<string, readonly string[]> = { ada: ["privacy"], ben: ["operations"], cyd: ["privacy", "operations"] };
const terms = (more: Partial<RequestTerms> = {}): RequestTerms => ({
  requester: "ada",
  rule: { approvals: 1, groups: ["privacy"], everyGroup: false },
  groupsOf: (person) => people[person] ?? [],
  approveBy: 1_000,
  executeMs: 100,
  ...more,
});

/** @returns the last state; a step that is refused changes nothing. */
function after(given: RequestTerms, steps: readonly (RequestStep & { readonly at?: number })[]): RequestState {
  return steps.reduce<RequestState>((state, step) => {
    const next = nextState(given, state, step, step.at ?? 0);
    return typeof next === "string" ? state : next;
  }, begun);
}
const approve = (person: string, at = 0) => ({ step: "approve", person, at }) as const;
const grant = (at = 0) => ({ step: "grant", refused: [], at }) as const;

describe("a request", () => {
  test("is granted by somebody else's approval and used once", () => {
    const granted = after(terms(), [approve("cyd"), grant()]);
    assert.deepEqual(granted, { state: "granted", executeBy: 100 });
    const opening = nextState(terms(), granted, { step: "use" }, 99) as RequestState;
    assert.deepEqual(opening, { state: "opening" });
    assert.equal(nextState(terms(), opening, { step: "use" }, 99), "not-open");
  });

  test("is not decided by whoever asks, nor by somebody outside the rule's groups", () => {
    assert.equal(nextState(terms(), begun, approve("ada"), 0), "own-request");
    assert.equal(nextState(terms(), begun, approve("ben"), 0), "not-an-approver");
    assert.equal(nextState(terms(), begun, { step: "veto", person: "ben" }, 0), "not-an-approver");
  });

  test("needs a person for each group where the rule says so", () => {
    const both = terms({ requester: "eve", rule: { approvals: 2, groups: ["privacy", "operations"], everyGroup: true } });
    assert.equal(after(both, [approve("ada"), approve("cyd")]).state, "approved");
    const alone = terms({ requester: "eve", rule: { approvals: 1, groups: ["privacy", "operations"], everyGroup: true } });
    assert.equal(after(alone, [approve("cyd")]).state, "requested");
    assert.equal(nextState(both, after(both, [approve("ada")]), approve("ada"), 0), "decided-before");
  });

  test("needs one person more where nobody is known to have asked, who may be one of them", () => {
    const unknown = terms({ requester: null });
    assert.equal(after(unknown, [approve("cyd")]).state, "requested");
    assert.equal(after(unknown, [approve("cyd"), approve("ada")]).state, "approved");
  });

  test("is over at the very moment that a clock names", () => {
    assert.equal(after(terms(), [approve("cyd", 999), grant(999)]).state, "granted");
    assert.equal(after(terms(), [approve("cyd", 999), { ...grant(), at: 1_000 }]).state, "approved");
    assert.equal(stateAt(terms(), { state: "approved", approvals: ["cyd"] }, 1_000).state, "expired");
    assert.equal(nextState(terms(), { state: "granted", executeBy: 100 }, { step: "use" }, 100), "not-open");
  });

  test("is ended by one denial while it waits, and by a veto until it is used", () => {
    const both = terms({ requester: null, rule: { approvals: 2, groups: ["privacy"], everyGroup: false } });
    assert.equal(after(both, [approve("ada"), { step: "deny", person: "cyd" }]).state, "denied");
    assert.equal(after(terms(), [approve("cyd"), grant(), { step: "veto", person: "cyd" }]).state, "vetoed");
    assert.equal(after(terms(), [approve("cyd"), grant(), { step: "use" }, { step: "veto", person: "cyd" }]).state, "opening");
  });

  test("goes back to wait where evidence does not verify, and that person may sign again", () => {
    const back = after(terms(), [approve("cyd"), { step: "grant", refused: ["cyd"] }]);
    assert.deepEqual(back, { state: "requested", approvals: [] });
    assert.equal(after(terms(), [approve("cyd"), { step: "grant", refused: ["cyd"] }, approve("cyd"), grant()]).state, "granted");
  });

  test("has one outcome, or an unknown one that a late word may settle", () => {
    const used = [approve("cyd"), grant(), { step: "use" }] as const;
    assert.equal(after(terms(), [...used, { step: "end", outcome: "unknown" }, { step: "end", outcome: "delivered" }]).state, "delivered");
    assert.equal(after(terms(), [...used, { step: "end", outcome: "failed" }, { step: "end", outcome: "delivered" }]).state, "failed");
  });
});

test("whatever happens in whatever order, nothing is used but once, in its time, and by a quorum without whoever asked", () => {
  fc.assert(
    fc.property(anyTerms, fc.array(fc.tuple(anyStep, fc.integer({ min: 0, max: 400 })), { maxLength: 30 }), (given, steps) => {
      let state: RequestState = begun;
      let now = 0;
      let uses = 0;
      let approvals: readonly string[] = [];
      const final = new Set(["denied", "vetoed", "withdrawn", "expired", "execution-expired", "delivered", "failed"]);
      for (const [step, passed] of steps) {
        now += passed;
        const next = nextState(given, state, step, now);
        if (typeof next === "string") continue;
        assert.ok(!final.has(state.state) || next.state === state.state, "an end is an end");
        if (next.state === "approved") approvals = next.approvals;
        if (next.state === "granted" && state.state !== "granted") assert.ok(now < given.approveBy);
        if (step.step === "use") {
          uses++;
          assert.ok(state.state === "granted" && now < state.executeBy);
          assert.ok(isQuorum(given.rule, given.groupsOf, given.requester, approvals));
          assert.ok(approvals.filter((person) => person !== given.requester).length >= given.rule.approvals);
        }
        state = next;
      }
      assert.ok(uses <= 1);
    }),
    { numRuns: 2_000 },
  );
});
