import { arnsOf, servicePrincipal } from "../arn.ts";
import type { PlatformRoleName, PolicyContext } from "../context.ts";
import { policy, type PolicyDocument, type Statement } from "../document.ts";
import { servicesInUse } from "../scp/region.ts";
import { sendTo, throughService } from "./statements.ts";

/** Log delivery of Step Functions takes no narrower resource (Step Functions, "Logging using CloudWatch Logs"). */
const writesItsLog: Statement = {
  Sid: "WriteItsLog",
  Effect: "Allow",
  Action: [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
  ],
  Resource: "*",
};

/** What roles beside the processes may do. */
export const platformPolicies: Readonly<Record<PlatformRoleName, (context: PolicyContext) => PolicyDocument>> = {
  approvals,
  execution,
  "role-maker-execution": roleMakerExecution,
  ci,
  deployer,
  "key-maker": keyMaker,
  "key-administrator": keyAdministrator,
  "break-glass": breakGlass,
  auditor,
  inspector,
  recorder,
};

/** The workflow: waits for people, starts one opener's task and sees it end (Step Functions developer guide, "IAM policies for ECS"). */
function approvals(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  const { prefix, keys } = context;
  const cluster = arns.of("ecs", "processing", `cluster/${prefix}`);
  return policy(
    {
      Sid: "StartOpeners",
      Effect: "Allow",
      Action: "ecs:RunTask",
      Resource: arns.of("ecs", "processing", `task-definition/${prefix}-opener:*`),
      Condition: { ArnEquals: { "ecs:cluster": cluster } },
    },
    {
      Sid: "SeeThemEnd",
      Effect: "Allow",
      Action: ["ecs:StopTask", "ecs:DescribeTasks"],
      Resource: arns.of("ecs", "processing", `task/${prefix}/*`),
      Condition: { ArnEquals: { "ecs:cluster": cluster } },
    },
    {
      Sid: "HandThemTheirRoles",
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: [arns.role("opener-starter"), arns.role("execution")],
      Condition: { StringEquals: { "iam:PassedToService": servicePrincipal("ecs-tasks") } },
    },
    {
      Sid: "HearOfTheirEnd",
      Effect: "Allow",
      Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
      Resource: arns.of("events", "processing", "rule/StepFunctionsGetEventsForECSTaskRule"),
    },
    writesItsLog,
    { Sid: "TellPeople", Effect: "Allow", Action: "sns:Publish", Resource: arns.topic("alarms") },
    sendTo(context, "approvals"),
    throughService(context, "SealRequests", "queue", "sqs", ["kms:GenerateDataKey", "kms:Decrypt"]),
    throughService(context, "SealWhatPeopleAreTold", "queue", "sns", ["kms:GenerateDataKey", "kms:Decrypt"]),
    {
      Sid: "ItsOwnState",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: keys.logs,
      Condition: {
        StringEquals: {
          "kms:EncryptionContext:aws:states:stateMachineArn": arns.of("states", "processing", `stateMachine:${prefix}-approvals`),
        },
      },
    },
  );
}

/** Used by ECS before a task's own processes begin. */
function execution(context: PolicyContext): PolicyDocument {
  return beginTasks(context, [`${context.prefix}/*`]);
}

/**
 * The same for the one task that logs in as the database's first user, so that no other task can be handed that password, and this one no other secret. RDS names the secret
 * `rds!cluster-…` (RDS user guide, "Password management with Secrets Manager"), and the account has one cluster. What a secret is called ends in six letters of Secrets Manager's own.
 */
function roleMakerExecution(context: PolicyContext): PolicyDocument {
  return beginTasks(context, ["rds!cluster-*", `${context.prefix}/database-authorities-??????`]);
}

function beginTasks(context: PolicyContext, secrets: readonly string[]): PolicyDocument {
  const arns = arnsOf(context);
  const { prefix } = context;
  return policy(
    { Sid: "SignInToTheRegistry", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Sid: "PullOurImages",
      Effect: "Allow",
      Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"],
      Resource: arns.of("ecr", "processing", `repository/${prefix}`),
    },
    {
      Sid: "WriteLogs",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
      Resource: arns.of("logs", "processing", `log-group:/${prefix}/*`),
    },
    {
      Sid: "HandSecretsToTasks",
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: secrets.map((name) => arns.of("secretsmanager", "processing", `secret:${name}`)),
    },
    throughService(context, "OpenSecrets", "secrets", "secretsmanager", ["kms:Decrypt"]),
  );
}

/** A run of the forge on the protected branch: pushes images, keeps evidence and becomes the deployer. */
function ci(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    {
      Sid: "BecomeTheDeployer",
      Effect: "Allow",
      Action: ["sts:AssumeRole", "sts:SetSourceIdentity"],
      Resource: arns.role("deployer", "*"),
    },
    { Sid: "SignInToTheRegistry", Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
    {
      Sid: "PushImages",
      Effect: "Allow",
      Action: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "ecr:BatchGetImage",
      ],
      Resource: arns.of("ecr", "processing", `repository/${context.prefix}`),
    },
    { Sid: "KeepEvidence", Effect: "Allow", Action: "s3:PutObject", Resource: arns.objects("evidence", "releases/*") },
    throughService(context, "SealEvidence", "audit", "s3", ["kms:GenerateDataKey"]),
  );
}

/** Changes infrastructure by CloudFormation. What it must not touch is in its boundary and the organisation's policies. */
function deployer(context: PolicyContext): PolicyDocument {
  return policy({
    Sid: "Deploy",
    Effect: "Allow",
    Action: servicesInUse,
    Resource: "*",
    Condition: { StringEquals: { "aws:RequestedRegion": context.region } },
  });
}

/** The custom resource's handler, which makes keys in a custom key store and can neither use nor end one. */
function keyMaker(_context: PolicyContext): PolicyDocument {
  return policy({
    Sid: "MakeKeys",
    Effect: "Allow",
    Action: ["kms:CreateKey", "kms:CreateAlias", "kms:TagResource", "kms:DescribeKey", "kms:DescribeCustomKeyStores"],
    Resource: "*",
  });
}

function keyAdministrator(context: PolicyContext): PolicyDocument {
  return policy({
    Sid: "AdministerKeys",
    Effect: "Allow",
    Action: [
      "kms:CreateKey",
      "kms:CreateAlias",
      "kms:UpdateAlias",
      "kms:DescribeKey",
      "kms:DescribeCustomKeyStores",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListAliases",
      "kms:ListGrants",
      "kms:ListKeys",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:RevokeGrant",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:CreateCustomKeyStore",
      "kms:ConnectCustomKeyStore",
    ],
    Resource: "*",
    Condition: { StringEquals: { "aws:RequestedRegion": context.region } },
  });
}

/** Ends keys, and makes the custodians' users anew; every use rings. Versions of objects are ended by nobody (scp/storage.ts). */
function breakGlass(context: PolicyContext): PolicyDocument {
  return policy(
    {
      Sid: "EndKeys",
      Effect: "Allow",
      Action: [
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:DisableKey",
        "kms:EnableKey",
        "kms:DescribeKey",
        "kms:ListKeys",
        "kms:DisconnectCustomKeyStore",
      ],
      Resource: arnsOf(context).of("kms", "security", "key/*"),
    },
    {
      Sid: "RenewTheCustodians",
      Effect: "Allow",
      Action: ["iam:CreateUser", "iam:CreateLoginProfile", "iam:DeactivateMFADevice"],
      Resource: arnsOf(context).global("iam", "security", "user/custodians/*"),
    },
  );
}

/** Reads evidence by the locked query workgroup; sees nothing of the vault. */
function auditor(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    {
      Sid: "Ask",
      Effect: "Allow",
      Action: ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "athena:StopQueryExecution"],
      Resource: arns.of("athena", "analytics", `workgroup/${context.prefix}-audit`),
    },
    {
      Sid: "ReadTheCatalogue",
      Effect: "Allow",
      Action: ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"],
      Resource: [
        arns.of("glue", "analytics", "catalog"),
        arns.of("glue", "analytics", `database/${context.prefix}_audit`),
        arns.of("glue", "analytics", `table/${context.prefix}_audit/*`),
      ],
    },
    {
      Sid: "ReadEvidence",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"],
      Resource: (["trail", "evidence", "access", "audit", "anchor"] as const).flatMap((name) => [arns.bucket(name), arns.objects(name)]),
    },
    {
      Sid: "WriteAnswers",
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"],
      Resource: [arns.bucket("queries"), arns.objects("queries")],
    },
    { Sid: "KnowWhoSigned", Effect: "Allow", Action: "kms:GetPublicKey", Resource: context.keys.signing },
    throughService(context, "OpenEvidence", "audit", "s3", ["kms:Decrypt", "kms:GenerateDataKey"]),
  );
}

/** The machine that asks the audit queries every day: the auditor's reading, without the auditor, and a word to people. */
function inspector(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  const machine = arns.of("states", "analytics", `stateMachine:${context.prefix}-audit`);
  return policy(
    ...auditor(context).Statement.filter(({ Sid }) => Sid !== "KnowWhoSigned"),
    { Sid: "ReadTables", Effect: "Allow", Action: "lakeformation:GetDataAccess", Resource: "*" },
    { Sid: "BeginTheDay", Effect: "Allow", Action: "states:StartExecution", Resource: machine },
    { Sid: "TellPeople", Effect: "Allow", Action: "sns:Publish", Resource: arns.of("sns", "analytics", `${context.prefix}-alarms`) },
    throughService(context, "SealWhatPeopleAreTold", "queue", "sns", ["kms:GenerateDataKey", "kms:Decrypt"]),
    {
      Sid: "ItsOwnState",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: context.keys.logs,
      Condition: { StringEquals: { "kms:EncryptionContext:aws:states:stateMachineArn": machine } },
    },
    writesItsLog,
  );
}

/** AWS Config in every account. */
function recorder(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    { Sid: "Deliver", Effect: "Allow", Action: "s3:PutObject", Resource: arns.objects("access", "config/*") },
    { Sid: "LookAtTheBucket", Effect: "Allow", Action: ["s3:GetBucketAcl", "s3:ListBucket"], Resource: arns.bucket("access") },
    throughService(context, "SealTheRecord", "audit", "s3", ["kms:GenerateDataKey"]),
  );
}
