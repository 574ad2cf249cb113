import fc from "fast-check";
import type { RequestStep, RequestTerms } from "./request-state.ts";

/** Persons of the tests, with their groups; the last is in none. */
export const persons = [1, 2, 3, 4, 5].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
const groups: readonly (readonly string[])[] = [["privacy"], ["operations"], ["privacy", "operations"], ["privacy"], []];
export const groupsOf = (person: string): readonly string[] => groups[persons.indexOf(person)] ?? [];

export const anyTerms: fc.Arbitrary<RequestTerms> = fc.record({
  requester: fc.constantFrom(null, ...persons.slice(0, 3)),
  rule: fc.record({
    approvals: fc.integer({ min: 1, max: 3 }),
    groups: fc.subarray(["privacy", "operations"], { minLength: 1 }),
    everyGroup: fc.boolean(),
  }),
  groupsOf: fc.constant(groupsOf),
  approveBy: fc.constant(1_000),
  executeMs: fc.constant(300),
});

const person = fc.constantFrom(...persons);
/** Approvals come most often, so that some requests get far. */
export const anyStep: fc.Arbitrary<RequestStep> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant("approve" as const), person }) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant("grant" as const), refused: fc.subarray(persons, { maxLength: 1 }) }) },
  { weight: 3, arbitrary: fc.constant({ step: "grant" as const, refused: [] }) },
  { weight: 3, arbitrary: fc.constant({ step: "use" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant("end" as const), outcome: fc.constantFrom("delivered", "failed", "unknown") }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constantFrom("deny" as const, "veto" as const), person }) },
  { weight: 1, arbitrary: fc.constantFrom({ step: "withdraw" as const }, { step: "look" as const }) },
);
