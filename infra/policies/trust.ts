import { arnsOf, servicePrincipal } from "./arn.ts";
import { homeOf, type PolicyContext, type ProcessName, type RoleName } from "./context.ts";
import { policy, type PolicyDocument, type Statement } from "./document.ts";

/** The longest that a session of each role may last; a chained session lasts an hour at most whatever is set (IAM user guide, "Role chaining"). */
export const sessionSecondsMax: Readonly<Partial<Record<RoleName, number>>> = {
  opener: 3_600,
  "opener-starter": 3_600,
  "key-administrator": 3_600,
  "break-glass": 3_600,
};

/** A token that was shown longer ago is shown again. */
const tokenSecondsMax = 900;

/** Ids of grants and tenants are UUIDs (RFC 9562). */
const uuidShape = "????????-????-????-????-????????????";

/** Who may become each role. */
export function trustPolicy(context: PolicyContext, role: RoleName): PolicyDocument {
  switch (role) {
    case "opener":
      return policy(...openerTrust(context));
    case "approvals":
      return policy(byService(context, "states", "processing", `stateMachine:${context.prefix}-approvals`));
    case "inspector":
      return policy(byService(context, "states", "analytics", `stateMachine:${context.prefix}-audit`), bySchedule(context));
    case "ci":
      return policy(byForge(context));
    case "deployer":
      return policy(byCi(context), ...byCloudFormation(context));
    case "key-maker":
      return policy(byLambda(context));
    case "key-administrator":
    case "break-glass":
      return policy(...byCustodians(context));
    case "auditor":
      return policy(...byAuditors(context));
    case "recorder":
      return policy(byRecorder());
    case "execution":
    case "role-maker-execution":
    case "front":
    case "worker":
    case "archivist":
    case "keeper":
    case "sequencer":
    case "granter":
    case "outbound":
    case "opener-starter":
    case "rekeyer":
    case "migrator":
      return policy(byTask(context, role));
  }
}

/** ECS, for tasks of our cluster's account (ECS developer guide, "Confused deputy"). */
function byTask(context: PolicyContext, role: ProcessName | "execution" | "role-maker-execution"): Statement {
  const account = homeOf[role];
  return {
    Sid: "ByTask",
    Effect: "Allow",
    Principal: { Service: servicePrincipal("ecs-tasks") },
    Action: "sts:AssumeRole",
    Condition: {
      StringEquals: { "aws:SourceAccount": context.accounts[account] },
      ArnLike: { "aws:SourceArn": arnsOf(context).of("ecs", account, "*") },
    },
  };
}

function byService(context: PolicyContext, service: "states", account: "processing" | "analytics", resource: string): Statement {
  return {
    Sid: "ByWorkflow",
    Effect: "Allow",
    Principal: { Service: servicePrincipal(service) },
    Action: "sts:AssumeRole",
    Condition: {
      StringEquals: { "aws:SourceAccount": context.accounts[account] },
      ArnEquals: { "aws:SourceArn": arnsOf(context).of(service, account, resource) },
    },
  };
}

/**
 * Only the task that the workflow started for one grant. Tasks of ECS cannot be given session tags, so the task's own role is a step: it may become the opener, with
 * grant and tenant as tags, and do nothing else.
 */
function openerTrust(context: PolicyContext): readonly Statement[] {
  const arns = arnsOf(context);
  return [
    {
      Sid: "ForOneGrant",
      Effect: "Allow",
      Principal: { AWS: arns.accountRoot("processing") },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        ArnEquals: { "aws:PrincipalArn": arns.role("opener-starter") },
        StringLike: { "aws:RequestTag/grant": uuidShape, "aws:RequestTag/tenant": uuidShape },
        "ForAllValues:StringEquals": { "aws:TagKeys": ["grant", "tenant"] },
        Null: { "aws:RequestTag/grant": "false", "aws:RequestTag/tenant": "false" },
      },
    },
    {
      Sid: "NobodyElse",
      Effect: "Deny",
      Principal: "*",
      Action: "sts:AssumeRole",
      Condition: { ArnNotEquals: { "aws:PrincipalArn": arns.role("opener-starter") } },
    },
  ];
}

/** The scheduler, for schedules of the account. */
function bySchedule(context: PolicyContext): Statement {
  return {
    Sid: "BySchedule",
    Effect: "Allow",
    Principal: { Service: servicePrincipal("scheduler") },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "aws:SourceAccount": context.accounts.analytics } },
  };
}

/** A run on the protected branch; `sub` and `aud` are compared in full. */
function byForge({ partition, accounts, forge }: PolicyContext): Statement {
  return {
    Sid: "ByProtectedBranch",
    Effect: "Allow",
    Principal: { Federated: `arn:${partition}:iam::${accounts[homeOf.ci]}:oidc-provider/${forge.issuer}` },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${forge.issuer}:sub`]: forge.subject, [`${forge.issuer}:aud`]: forge.audience } },
  };
}

function byCi(context: PolicyContext): Statement {
  const arns = arnsOf(context);
  return {
    Sid: "ByPipeline",
    Effect: "Allow",
    Principal: { AWS: arns.accountRoot(homeOf.ci) },
    Action: ["sts:AssumeRole", "sts:SetSourceIdentity"],
    // The source identity is the commit, so that the trail says which one changed what.
    Condition: { ArnEquals: { "aws:PrincipalArn": arns.role("ci") }, StringLike: { "sts:SourceIdentity": "?*" } },
  };
}

function byCloudFormation(context: PolicyContext): readonly Statement[] {
  return [
    {
      Sid: "ByCloudFormation",
      Effect: "Allow",
      Principal: { Service: servicePrincipal("cloudformation") },
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "aws:SourceAccount": Object.values(context.accounts) } },
    },
  ];
}

function byLambda(context: PolicyContext): Statement {
  return {
    Sid: "ByCustomResource",
    Effect: "Allow",
    Principal: { Service: servicePrincipal("lambda") },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "aws:SourceAccount": context.accounts.security } },
  };
}

/**
 * Persons with a hardware token. A role's session does not carry that a token was shown (IAM user guide, "Secure API access with MFA": AssumeRole's credentials "do not
 * include MFA information"), so it is asked for here, at the door, and not in the keys' policies.
 */
function byCustodians(context: PolicyContext): readonly Statement[] {
  return byPersons(context, "security", "custodians");
}

function byAuditors(context: PolicyContext): readonly Statement[] {
  return byPersons(context, "analytics", "auditors");
}

function byPersons(context: PolicyContext, account: "security" | "analytics", path: string): readonly Statement[] {
  const arns = arnsOf(context);
  return [
    {
      Sid: "ByPersonWithToken",
      Effect: "Allow",
      Principal: { AWS: arns.accountRoot(account) },
      Action: ["sts:AssumeRole", "sts:SetSourceIdentity"],
      Condition: {
        ArnLike: { "aws:PrincipalArn": arns.global("iam", account, `user/${path}/*`) },
        Bool: { "aws:MultiFactorAuthPresent": "true" },
        NumericLessThan: { "aws:MultiFactorAuthAge": String(tokenSecondsMax) },
        // Who it was, in every entry of the trail.
        StringEquals: { "sts:SourceIdentity": "${aws:username}" },
      },
    },
  ];
}

function byRecorder(): Statement {
  return { Sid: "ByConfig", Effect: "Allow", Principal: { Service: servicePrincipal("config") }, Action: "sts:AssumeRole" };
}
