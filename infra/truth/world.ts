import { arnsOf } from "../policies/arn.ts";
import { everyPolicy, type NamedPolicy, type PolicyKind } from "../policies/catalogue.ts";
import {
  type AccountName,
  bucketHomeOf,
  type BucketName,
  type EndpointName,
  homeOf,
  type KeyName,
  processNames,
  type QueueName,
  type RoleName,
  type TopicName,
} from "../policies/context.ts";
import { referenceContext as context } from "../policies/reference-context.ts";

/** The organisation that the truth table is about, and whoever is outside of it. */

/** As it is every day; while keys are rotated; and where index keys come from a secret, since a custom key store has no HMAC keys. */
export type Time = "daily" | "rotation" | "wrapped-secret";

const catalogues: Readonly<Record<Time, readonly NamedPolicy[]>> = {
  daily: everyPolicy(context),
  rotation: everyPolicy({ ...context, rotating: true }),
  "wrapped-secret": everyPolicy({ ...context, derivation: "wrapped-secret" }),
};

export function policiesAt(time: Time): readonly NamedPolicy[] {
  return catalogues[time];
}

export function named(kind: PolicyKind, name: string, time: Time = "daily"): NamedPolicy {
  const found = catalogues[time].find((each) => each.kind === kind && each.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

const arns = arnsOf(context);
export const stranger = { account: "999999999999", organizationId: "o-stranger" } as const;

/**
 * Who calls. `administrator`: a role with AdministratorAccess and no boundary, which is what somebody who took an account over would make. `root`: an account's root user.
 * `custodian`, `auditor-person`: IAM users who hold a hardware token. `stranger`: an administrator of another organisation. `nobody`: an unsigned request.
 */
export type Actor =
  | RoleName
  | `${"administrator" | "root" | "deployer" | "recorder"}@${AccountName}`
  | "custodian"
  | "auditor-person"
  | "stranger"
  | "nobody"
  | `service:${string}`
  | "forge";

export interface Caller {
  /** As the simulator takes it; null: anonymous. */
  readonly principal: string | null;
  readonly account: string | null;
  readonly identity: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | null;
  /** Does everything in its account, by a policy that is not ours. */
  readonly isMighty: boolean;
  readonly isOurs: boolean;
  readonly context: Readonly<Record<string, string>>;
}

export function callerOf(actor: Actor, time: Time): Caller {
  if (actor === "nobody") return { ...outsider, principal: null, account: null, context: { "aws:PrincipalIsAWSService": "false" } };
  if (actor === "stranger") {
    const role = `arn:${context.partition}:iam::${stranger.account}:role/admin`;
    return {
      ...outsider,
      principal: sessionOf(role),
      account: stranger.account,
      isMighty: true,
      context: ofPerson(role, stranger.account, stranger.organizationId),
    };
  }
  if (actor === "forge") {
    const provider = `arn:${context.partition}:iam::${context.accounts.processing}:oidc-provider/${context.forge.issuer}`;
    return { ...outsider, principal: provider, account: context.accounts.processing, context: { "aws:PrincipalIsAWSService": "false" } };
  }
  if (actor.startsWith("service:")) {
    const principal = `${actor.slice("service:".length)}.amazonaws.com`;
    return {
      ...outsider,
      principal,
      account: null,
      context: { "aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": principal },
    };
  }
  if (actor === "custodian" || actor === "auditor-person") {
    const [account, user] =
      actor === "custodian" ? (["security", "user/custodians/anna"] as const) : (["analytics", "user/auditors/berta"] as const);
    const principal = arns.global("iam", account, user);
    return {
      ...member(principal, principal, account),
      isMighty: true,
      context: { ...ofPerson(principal, context.accounts[account]), "aws:username": user.split("/").at(-1)! },
    };
  }
  const [name, at] = actor.split("@") as [string, AccountName | undefined];
  if (name === "administrator" || name === "root") {
    const role = arns.global("iam", at!, name === "root" ? "root" : "role/somebodys-admin");
    return { ...member(name === "root" ? role : sessionOf(role), role, at!), isMighty: true };
  }
  const role = name as RoleName;
  const account = at ?? homeOf[role];
  const arn = arns.role(role, account);
  const boundary = (processNames as readonly string[]).includes(role) ? "boundary-process" : "boundary-platform";
  return { ...member(sessionOf(arn), arn, account), identity: [named("identity", role, time)], boundary: named("boundary", boundary) };
}

const outsider = { identity: [], boundary: null, isMighty: false, isOurs: false } as const;

function member(principal: string, arn: string, account: AccountName): Caller {
  const id = context.accounts[account];
  return { principal, account: id, identity: [], boundary: null, isMighty: false, isOurs: true, context: ofPerson(arn, id) };
}

function ofPerson(arn: string, account: string, organizationId = context.organizationId): Record<string, string> {
  return {
    "aws:PrincipalArn": arn,
    "aws:PrincipalAccount": account,
    "aws:PrincipalOrgID": organizationId,
    "aws:PrincipalIsAWSService": "false",
  };
}

/** `arn:…:iam::1:role/x` → `arn:…:sts::1:assumed-role/x/session`. */
function sessionOf(role: string): string {
  return `${role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/session`;
}

/** What is called upon: a thing of ours by name, one of a stranger, or any ARN in an account of ours. `*`: a call that names no resource. */
export type Target =
  | "*"
  | `key ${KeyName}`
  | `bucket ${BucketName}`
  | `object ${BucketName} ${string}`
  | `queue ${QueueName | `${QueueName}-dead`}`
  | `topic ${TopicName}`
  | `role ${RoleName}`
  | `foreign ${string}`
  | `at ${AccountName} ${string}`;

export interface Resource {
  readonly arn: string;
  /** Null: that of the caller. */
  readonly account: string | null;
  readonly policy: NamedPolicy | null;
  readonly isOurs: boolean;
}

export function resourceOf(target: Target, time: Time): Resource {
  const [kind, name = "", ...rest] = target.split(" ") as [string, ...string[]];
  const ours = (arn: string, account: AccountName, policy: NamedPolicy | null): Resource => ({
    arn,
    account: context.accounts[account],
    policy,
    isOurs: true,
  });
  switch (kind) {
    case "*":
      return { arn: "*", account: null, policy: null, isOurs: true };
    case "key":
      return ours([context.keys[name as KeyName]].flat()[0]!, "security", named("key", name, time));
    case "bucket":
      return ours(arns.bucket(name as BucketName), bucketHomeOf[name as BucketName], named("bucket", name));
    case "object":
      return ours(arns.objects(name as BucketName, rest.join(" ")), bucketHomeOf[name as BucketName], named("bucket", name));
    case "queue":
      return ours(arns.queue(name as QueueName), "processing", named("queue", name));
    case "topic":
      return ours(arns.topic(name as TopicName), "processing", named("topic", name));
    case "role":
      return ours(arns.role(name as RoleName), homeOf[name as RoleName], named("trust", name));
    case "foreign":
      return { arn: name, account: stranger.account, policy: null, isOurs: false };
    case "at":
      return ours(rest.join(" "), name as AccountName, null);
    default:
      throw new Error(`there is no target ${target}`);
  }
}

/** The endpoint that a process calls a service through, unless a cell says otherwise. */
export function endpointOf(action: string): EndpointName | null {
  const service = action.split(":")[0]!;
  const byService: Readonly<Record<string, EndpointName>> = {
    s3: "s3",
    kms: "kms",
    sqs: "sqs",
    sns: "sns",
    events: "events",
    states: "states",
    sts: "sts",
    secretsmanager: "secretsmanager",
    ecr: "ecr.api",
    logs: "logs",
  };
  return byService[service] ?? null;
}
