import { arnsOf } from "../arn.ts";
import type { PolicyContext, ProcessName } from "../context.ts";
import { policy, type PolicyDocument, type Statement } from "../document.ts";
import {
  derive,
  getObjects,
  listObjects,
  logIn,
  lookAtKeys,
  neverOpen,
  purposes,
  putObjects,
  receiveFrom,
  resolvedPurposes,
  seal,
  sendTo,
  sign,
  throughService,
} from "./statements.ts";

/** Log-ins to the database, as src/main/role.ts gives them to each process; a test compares the two. */
export const databaseUsers: Readonly<Record<ProcessName, readonly string[]>> = {
  front: ["parcelkeep_ingress", "parcelkeep_api"],
  worker: ["parcelkeep_worker"],
  archivist: ["parcelkeep_archivist"],
  keeper: ["parcelkeep_keeper"],
  sequencer: ["parcelkeep_sequencer"],
  granter: ["parcelkeep_granter"],
  outbound: ["parcelkeep_outbound"],
  "opener-starter": [],
  opener: ["parcelkeep_opener"],
  rekeyer: ["parcelkeep_rekeyer"],
  migrator: ["parcelkeep_owner"],
};

/** What each process may do, as DESIGN section 5 has it and no more. Attached to its own role only. */
export const processPolicies: Readonly<Record<ProcessName, (context: PolicyContext) => PolicyDocument>> = {
  front,
  worker,
  archivist,
  keeper,
  sequencer,
  granter,
  outbound,
  "opener-starter": openerStarter,
  opener,
  rekeyer,
  migrator,
};

/** Seals and finds; opens nothing. Reads the published files of the audit log. */
function front(context: PolicyContext): PolicyDocument {
  return policy(
    logIn(context, databaseUsers.front),
    comeIntoTheCache(context),
    seal(context),
    derive(context),
    lookAtKeys(context),
    neverOpen(context),
    getObjects(context, "audit", ["audit/*", "pointers/*"]),
    listObjects(context, "audit"),
    throughService(context, "ReadTheLog", "audit", "s3", ["kms:Decrypt"]),
  );
}

/** As its own user, who may do there what the cache's list of commands says (constructs/tracking-cache.ts). */
function comeIntoTheCache(context: PolicyContext): Statement {
  const at = (resource: string): string => arnsOf(context).of("elasticache", "processing", resource);
  return {
    Sid: "ComeIntoTheCache",
    Effect: "Allow",
    Action: "elasticache:Connect",
    Resource: [at(`replicationgroup:${context.prefix}`), at(`user:${context.prefix}-front`)],
  };
}

/** Pseudonymous messages in, an index and messages out. No key of the vault. */
function worker(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    logIn(context, databaseUsers.worker),
    sendTo(context, "inbox"),
    receiveFrom(context, "inbox"),
    {
      Sid: "LookAtTheDead",
      Effect: "Allow",
      Action: "sqs:GetQueueAttributes",
      Resource: arns.queue("inbox-dead"),
    },
    // SQS asks for both when it takes a message (SQS developer guide, "Key management").
    throughService(context, "ReadMessages", "queue", "sqs", ["kms:GenerateDataKey", "kms:Decrypt"]),
    {
      Sid: "TellOfChanges",
      Effect: "Allow",
      Action: "events:PutEvents",
      Resource: arns.of("events", "processing", `event-bus/${context.prefix}`),
    },
    { Sid: "TellSubscribers", Effect: "Allow", Action: "sns:Publish", Resource: arns.topic("changes") },
    throughService(context, "SealWhatIsTold", "queue", "sns", ["kms:GenerateDataKey", "kms:Decrypt"]),
  );
}

/** Writes sealed segments and reads back that they stand. */
function archivist(context: PolicyContext): PolicyDocument {
  return policy(
    logIn(context, databaseUsers.archivist),
    putObjects(context, "raw", ["segments/*"]),
    getObjects(context, "raw", ["segments/*"]),
    listObjects(context, "raw"),
    throughService(context, "Segments", "raw", "s3", ["kms:GenerateDataKey", "kms:Decrypt"]),
  );
}

/** Erases in the database; keeps tombstones beside the segments and signs proofs. */
function keeper(context: PolicyContext): PolicyDocument {
  return policy(
    logIn(context, databaseUsers.keeper),
    sign(context),
    putObjects(context, "raw", ["tombstones/*"]),
    getObjects(context, "raw", ["tombstones/*"]),
    listObjects(context, "raw"),
    throughService(context, "Tombstones", "raw", "s3", ["kms:GenerateDataKey", "kms:Decrypt"]),
  );
}

/** Publishes tiles and signs checkpoints. */
function sequencer(context: PolicyContext): PolicyDocument {
  return policy(
    logIn(context, databaseUsers.sequencer),
    sign(context),
    putObjects(context, "audit", ["audit/*", "pointers/*"]),
    getObjects(context, "audit", ["audit/*", "pointers/*"]),
    moveTheAnchor(context),
    listObjects(context, "audit", "anchor"),
    throughService(context, "Tiles", "audit", "s3", ["kms:GenerateDataKey", "kms:Decrypt"]),
  );
}

/** The last signed checkpoint, kept apart from the log. */
function moveTheAnchor(context: PolicyContext): Statement {
  return {
    Sid: "MoveTheAnchor",
    Effect: "Allow",
    Action: ["s3:PutObject", "s3:GetObject"],
    Resource: arnsOf(context).objects("anchor", "anchor/*"),
  };
}

/** Grants what people signed, and tells the workflow, which starts one opener. */
function granter(context: PolicyContext): PolicyDocument {
  const arns = arnsOf(context);
  return policy(
    logIn(context, databaseUsers.granter),
    {
      Sid: "BeginTheWorkflow",
      Effect: "Allow",
      Action: "states:StartExecution",
      Resource: arns.of("states", "processing", `stateMachine:${context.prefix}-approvals`),
    },
    receiveFrom(context, "approvals"),
    throughService(context, "ReadRequests", "queue", "sqs", ["kms:Decrypt"]),
    { Sid: "AnswerTheWorkflow", Effect: "Allow", Action: ["states:SendTaskSuccess", "states:SendTaskFailure"], Resource: "*" },
  );
}

/** Resolves numbers of a carrier's own parcels and opens carriers' credentials. Its index keys are for the guard. */
function outbound(context: PolicyContext): PolicyDocument {
  return policy(logIn(context, databaseUsers.outbound), derive(context), lookAtKeys(context), {
    Sid: "Resolve",
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: context.keys.wrapping,
    Condition: {
      StringEquals: { "kms:EncryptionContext:purpose": resolvedPurposes },
      Null: { "kms:EncryptionContext:tenant": "false" },
    },
  });
}

/** Becomes the opener of one grant: the grant and its tenant become tags of the session, and the trail names the session after the grant. */
function openerStarter(context: PolicyContext): PolicyDocument {
  return policy({
    Sid: "BecomeOneGrantsOpener",
    Effect: "Allow",
    Action: ["sts:AssumeRole", "sts:TagSession"],
    Resource: arnsOf(context).role("opener"),
    Condition: {
      "ForAllValues:StringEquals": { "aws:TagKeys": ["grant", "tenant"] },
      Null: { "aws:RequestTag/grant": "false", "aws:RequestTag/tenant": "false" },
    },
  });
}

/** One grant, one tenant: a session without its tags opens nothing. */
function opener(context: PolicyContext): PolicyDocument {
  return policy(
    logIn(context, databaseUsers.opener),
    {
      Sid: "Open",
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: context.keys.wrapping,
      Condition: {
        StringEquals: {
          "kms:EncryptionContext:purpose": purposes,
          "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}",
        },
        Null: { "aws:PrincipalTag/grant": "false", "aws:PrincipalTag/tenant": "false" },
      },
    },
    lookAtKeys(context),
    getObjects(context, "raw", ["segments/*"]),
    listObjects(context, "raw", "audit"),
    throughService(context, "ReadSegments", "raw", "s3", ["kms:Decrypt"]),
    {
      Sid: "ReadTheLog",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: arnsOf(context).objects("audit", "pointers/*"),
    },
    throughService(context, "ReadTheLogsKey", "audit", "s3", ["kms:Decrypt"]),
  );
}

/** Moves wraps from one epoch's key to the next. The keys' own policies name it only while the context says that keys are rotated. */
function rekeyer(context: PolicyContext): PolicyDocument {
  return policy(logIn(context, databaseUsers.rekeyer), seal(context), derive(context), lookAtKeys(context), {
    Sid: "Rewrap",
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: context.keys.wrapping,
    Condition: { StringEquals: { "kms:EncryptionContext:purpose": purposes }, Null: { "kms:EncryptionContext:tenant": "false" } },
  });
}

/** Owns the schema, and touches nothing beside the database. */
function migrator(context: PolicyContext): PolicyDocument {
  return policy(logIn(context, databaseUsers.migrator));
}
