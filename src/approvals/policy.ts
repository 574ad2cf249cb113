import { createPublicKey, type KeyObject } from "node:crypto";
import type { RelyingParty } from "./assertion.ts";
import { type GroupsOf, isQuorum, type Rule } from "./rule.ts";

/**
 * Which rule a request comes under.
 * - `transfer`: to a third country with a tool of article 46, or wherever else a person has to decide. `derogation`: article 49 alone carries it.
 * - `lane`: a standing grant. `change`: of what decides about releases, this policy too. `review`: of a use of break-glass.
 */
export const ruleNames = ["transfer", "derogation", "lane", "change", "review"] as const;
export type RuleName = (typeof ruleNames)[number];

/** Who may approve what, and by which passkeys. A version is a row that nobody changes; the next one is approved under the one before. */
export interface ApprovalPolicy {
  readonly relyingParty: RelyingParty;
  readonly approvers: readonly Approver[];
  readonly rules: Readonly<Record<RuleName, Rule>>;
  /** How long a request waits for its approvals, and how long a grant is good for. */
  readonly approvalMinutes: number;
  readonly executionMinutes: number;
  readonly breakGlass: { readonly holders: readonly string[]; readonly reviewHours: number };
}

export interface Approver {
  /** UUID of the natural person. */
  readonly person: string;
  readonly groups: readonly string[];
  readonly credentials: readonly Credential[];
}

export interface Credential {
  /** As WebAuthn has it, base64url. */
  readonly id: string;
  /** SubjectPublicKeyInfo, DER in base64url. */
  readonly publicKey: string;
}

const PERSON = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const GROUP = /^[a-z][a-z0-9-]{0,31}$/;

/** A policy that would not work as four eyes. `form`: it is none. The others say what is wrong with it; nothing of it stands in the message. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code: "form" | "person-twice" | "passkey-twice" | "bad-key" | "holder-unknown" | "out-of-reach" | "reviewer-missing";
  constructor(code: PolicyError["code"]) {
    super(`not an approval policy: ${code}`);
    this.code = code;
  }
}

/**
 * @throws {PolicyError} `person-twice`, `passkey-twice`: somebody would count for two. `out-of-reach`: a rule that its approvers cannot meet when one of them asks.
 * `reviewer-missing`: a holder of break-glass whom nobody else could review.
 */
export function readPolicy(content: unknown): ApprovalPolicy {
  if (!isOfForm(content)) throw new PolicyError("form");
  const policy = content;
  const persons = policy.approvers.map(({ person }) => person);
  if (new Set(persons).size < persons.length) throw new PolicyError("person-twice");
  const credentials = policy.approvers.flatMap(({ credentials }) => credentials);
  const keys = credentials.map(keyOf).filter((key) => key !== null);
  if (keys.length < credentials.length) throw new PolicyError("bad-key");
  for (const names of [credentials.map(({ id }) => Buffer.from(id, "base64url").toString("hex")), keys.map(numbersOf)])
    if (new Set(names).size < names.length) throw new PolicyError("passkey-twice");
  const groupsOf = groupsIn(policy);
  for (const rule of Object.values(policy.rules)) {
    if (!persons.every((requester) => isQuorum(rule, groupsOf, requester, persons)) || !isQuorum(rule, groupsOf, null, persons))
      throw new PolicyError("out-of-reach");
  }
  const { holders } = policy.breakGlass;
  if (!holders.every((holder) => persons.includes(holder))) throw new PolicyError("holder-unknown");
  if (!holders.every((holder) => isQuorum({ ...policy.rules.review, approvals: 1, everyGroup: false }, groupsOf, holder, persons)))
    throw new PolicyError("reviewer-missing");
  return policy;
}

export function groupsIn({ approvers }: ApprovalPolicy): GroupsOf {
  const groups = new Map(approvers.map(({ person, groups }) => [person, groups]));
  return (person) => groups.get(person) ?? [];
}

/** Whose passkey it is, and its key; null where it is nobody's. */
export function approverOf({ approvers }: ApprovalPolicy, credential: string): { readonly person: string; readonly key: KeyObject } | null {
  for (const { person, credentials } of approvers) {
    const found = credentials.find(({ id }) => id === credential);
    const key = found === undefined ? null : keyOf(found);
    if (key !== null) return { person, key };
  }
  return null;
}

/** A key has more than one encoding, and one person counts for one however theirs is written. */
function numbersOf(key: KeyObject): string {
  const { kty, crv, x, y, n, e } = key.export({ format: "jwk" });
  return JSON.stringify([kty, crv, x, y, n, e]);
}

function keyOf({ publicKey }: Credential): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64url"), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" || key.asymmetricKeyType === "ec" || key.asymmetricKeyType === "rsa" ? key : null;
  } catch {
    return null;
  }
}

/*
 * The form by hand: an opener reads a policy in each of its short lives, and loading a validator took it longer than everything else.
 */
type Test = (value: unknown) => boolean;

const text =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const whole =
  (least: number, most: number): Test =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
/** Of texts no two are the same. */
const list =
  (item: Test, least: number, most: number): Test =>
  (value) => {
    if (!Array.isArray(value) || value.length < least || value.length > most || !value.every(item)) return false;
    const texts = value.filter((each) => typeof each === "string");
    return new Set(texts).size === texts.length;
  };
/** With these members and no others. */
const record =
  (members: Readonly<Record<string, Test>>): Test =>
  (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const names = Object.keys(members);
    return (
      Object.keys(value).length === names.length &&
      names.every((name) => Object.hasOwn(value, name) && members[name]!((value as never)[name]))
    );
  };

const ruleForm = record({ approvals: whole(1, 9), groups: list(text(GROUP), 1, 9), everyGroup: (value) => typeof value === "boolean" });
const policyForm = record({
  relyingParty: record({
    id: text(/^[a-z0-9.-]{1,253}$/),
    origins: list(text(/^https?:\/\/[a-z0-9.:-]{1,260}$/), 1, 9),
  }),
  approvers: list(
    record({
      person: text(PERSON),
      groups: list(text(GROUP), 1, 9),
      credentials: list(record({ id: text(/^[A-Za-z0-9_-]{16,1400}$/), publicKey: text(/^[A-Za-z0-9_-]{40,1200}$/) }), 1, 9),
    }),
    1,
    500,
  ),
  rules: record(Object.fromEntries(ruleNames.map((name) => [name, ruleForm]))),
  approvalMinutes: whole(1, 7 * 24 * 60),
  executionMinutes: whole(1, 24 * 60),
  breakGlass: record({ holders: list(text(PERSON), 0, 20), reviewHours: whole(1, 72) }),
});

function isOfForm(content: unknown): content is ApprovalPolicy {
  return policyForm(content);
}
