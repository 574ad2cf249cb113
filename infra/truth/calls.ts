import type { ProcessName } from "../policies/context.ts";
import { askingForGrant, derivationSecret, hmac, locked, sealedFor, under, withGrant } from "./cells/requests.ts";
import { purposes, resolvedPurposes } from "../policies/roles/statements.ts";
import type { Target, Time } from "./world.ts";

/** One command of AWS's SDK that a process sends, and what it brings. */
export interface Call {
  /** File below `src/` that sends it. */
  readonly file: string;
  /** As the SDK names it, without `Command`. */
  readonly command: keyof typeof actionsOf;
  readonly on: Target;
  readonly having?: Readonly<Record<string, string | readonly string[]>>;
  readonly during?: Time;
}

/**
 * What IAM asks for before a command is carried out (service authorization reference; S3 API reference, "Permissions"). `404`: what has to be granted as well, so that S3 says of an
 * object that is missing that it is, and not 403.
 */
export const actionsOf = {
  PutObject: ["s3:PutObject"],
  GetObject: ["s3:GetObject", "404"],
  // Without the second one the answer leaves the object's lock out.
  HeadObject: ["s3:GetObject", "s3:GetObjectRetention", "404"],
  ListObjectsV2: ["s3:ListBucket"],
  CreateMultipartUpload: ["s3:PutObject"],
  UploadPart: ["s3:PutObject"],
  CompleteMultipartUpload: ["s3:PutObject"],
  AbortMultipartUpload: ["s3:AbortMultipartUpload"],
  SendMessageBatch: ["sqs:SendMessage"],
  ReceiveMessage: ["sqs:ReceiveMessage"],
  DeleteMessage: ["sqs:DeleteMessage"],
  DeleteMessageBatch: ["sqs:DeleteMessage"],
  ChangeMessageVisibilityBatch: ["sqs:ChangeMessageVisibility"],
  GetQueueAttributes: ["sqs:GetQueueAttributes"],
  PublishBatch: ["sns:Publish"],
  PutEvents: ["events:PutEvents"],
  StartExecution: ["states:StartExecution"],
  SendTaskSuccess: ["states:SendTaskSuccess"],
  SendTaskFailure: ["states:SendTaskFailure"],
  // With tags.
  AssumeRole: ["sts:AssumeRole", "sts:TagSession"],
  GenerateDataKey: ["kms:GenerateDataKey"],
  Encrypt: ["kms:Encrypt"],
  Decrypt: ["kms:Decrypt"],
  GenerateMac: ["kms:GenerateMac"],
  Sign: ["kms:Sign"],
  GetPublicKey: ["kms:GetPublicKey"],
  DescribeKey: ["kms:DescribeKey"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Commands that no process sends: a person does, by the command line and under a role of their own. */
export const byPersons: Readonly<Record<string, string>> = {
  "aws/aws-service-list.ts GetParametersByPath": "parcelkeep check region --refresh",
  "cloud/aws-sqs-queue.ts StartMessageMoveTask": "parcelkeep queue redrive",
  "vault/keys/aws-kms/aws-preflight.ts Decrypt": "parcelkeep keys preflight, a dry run",
};

const kms = (file: string): string => `vault/keys/aws-kms/aws-${file}.ts`;

/** A store of objects that a process writes: bytes in one put or in parts, read back by their head. */
function writes(on: `object ${"raw" | "audit"} ${string}`): readonly Call[] {
  const bucket = on.split(" ")[1] as "raw" | "audit";
  const having = { ...under(bucket), ...locked };
  const parts = ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload"] as const;
  return [
    { file: "cloud/aws-s3-object-store.ts", command: "PutObject", on, having },
    ...parts.map((command): Call => ({
      file: "cloud/aws-s3-parts.ts",
      command,
      on,
      ...(command === "AbortMultipartUpload" ? {} : { having }),
    })),
    { file: "cloud/aws-s3-object-store.ts", command: "HeadObject", on },
  ];
}

function reads(on: Target): Call {
  return { file: "cloud/aws-s3-object-store.ts", command: "GetObject", on };
}

function lists(bucket: "raw" | "audit"): Call {
  return { file: "cloud/aws-s3-object-store.ts", command: "ListObjectsV2", on: `bucket ${bucket}` };
}

function readsPointer(on: Target): Call {
  return { file: "cloud/aws-s3-pointer-store.ts", command: "GetObject", on };
}

function movesPointer(on: Target): readonly Call[] {
  return [readsPointer(on), { file: "cloud/aws-s3-pointer-store.ts", command: "PutObject", on, having: under("audit") }];
}

const seals: readonly Call[] = purposes.map((purpose) => ({
  file: kms("sealing"),
  command: "GenerateDataKey",
  on: "key wrapping",
  having: sealedFor(purpose),
}));

const wraps: readonly Call[] = purposes.map((purpose) => ({
  file: kms("sealing"),
  command: "Encrypt",
  on: "key wrapping",
  having: sealedFor(purpose),
}));

const derives: readonly Call[] = [
  { file: kms("derivation"), command: "GenerateMac", on: "key derivation", having: hmac },
  { file: kms("derivation"), command: "Decrypt", on: "key derivation", having: derivationSecret, during: "wrapped-secret" },
];

/** Asked when a call fails: whether the key is about to be destroyed, or only away. */
const looks: readonly Call[] = (["wrapping", "derivation"] as const).flatMap((key) =>
  ["connection", "description"].map((file): Call => ({ file: kms(file), command: "DescribeKey", on: `key ${key}` })),
);

const signs: readonly Call[] = [
  { file: kms("signing"), command: "GetPublicKey", on: "key signing" },
  { file: kms("signing"), command: "Sign", on: "key signing" },
  { file: kms("connection"), command: "DescribeKey", on: "key signing" },
];

function opens(which: readonly string[], rest: Partial<Call> = {}): readonly Call[] {
  return which.map((purpose) => ({ file: kms("opening"), command: "Decrypt", on: "key wrapping", having: sealedFor(purpose), ...rest }));
}

const [tile, pointer] = ["object audit audit/2026/tile/0/000", "object audit pointers/2026/checkpoint"] as const;
const bus = "at processing arn:aws-eusc:events:eusc-de-east-1:600000000006:event-bus/parcelkeep";
const machine = "at processing arn:aws-eusc:states:eusc-de-east-1:600000000006:stateMachine:parcelkeep-approvals";
const workflow = "cloud/aws-release-workflow.ts";

/** What each process sends. `opener-starter` is what an opener's task begins as, and the migrator asks nobody but the database. */
export const calls: Readonly<Record<ProcessName, readonly Call[]>> = {
  front: [...seals, ...derives, ...looks, reads(tile), lists("audit"), readsPointer(pointer)],
  worker: [
    ...(["SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch", "GetQueueAttributes"] as const).map(
      (command): Call => ({ file: "cloud/aws-sqs-queue.ts", command, on: "queue inbox" }),
    ),
    ...(["queue inbox", "queue inbox-dead"] as const).flatMap((on) =>
      ["cloud/aws-sqs-queue.ts", "cloud/aws-sqs-preflight.ts"].map((file): Call => ({ file, command: "GetQueueAttributes", on })),
    ),
    { file: "cloud/aws-eventbridge.ts", command: "PutEvents", on: bus },
    { file: "cloud/aws-sns.ts", command: "PublishBatch", on: "topic changes" },
  ],
  archivist: [...writes("object raw segments/1"), reads("object raw segments/1")],
  keeper: [...writes("object raw tombstones/1"), reads("object raw tombstones/1"), lists("raw"), ...signs],
  sequencer: [
    ...writes(tile),
    reads(tile),
    ...movesPointer(pointer),
    ...movesPointer("object anchor anchor/2026/signed-checkpoint"),
    ...signs,
  ],
  granter: [
    { file: workflow, command: "StartExecution", on: machine },
    { file: workflow, command: "SendTaskSuccess", on: "*" },
    { file: workflow, command: "SendTaskFailure", on: "*" },
    { file: workflow, command: "ReceiveMessage", on: "queue approvals" },
    { file: workflow, command: "DeleteMessage", on: "queue approvals" },
  ],
  outbound: [...derives, ...looks, ...opens(resolvedPurposes)],
  "opener-starter": [{ file: "aws/aws-grant-session.ts", command: "AssumeRole", on: "role opener", having: askingForGrant }],
  opener: [
    ...purposes.flatMap((purpose) => opens([purpose], { having: { ...sealedFor(purpose), ...withGrant } })),
    ...looks,
    reads("object raw segments/1"),
    readsPointer(pointer),
  ],
  rekeyer: [...[...seals, ...wraps, ...opens(purposes)].map((call): Call => ({ ...call, during: "rotation" })), ...derives, ...looks],
  migrator: [],
};

/** Where the program of each process begins, below `src/main/`. */
export const entries: Readonly<Partial<Record<ProcessName, string>>> = {
  front: "front/front.ts",
  worker: "worker/worker.ts",
  archivist: "worker/archivist.ts",
  keeper: "worker/keeper.ts",
  sequencer: "audit/sequencer.ts",
  granter: "releases/granter.ts",
  outbound: "outbound/outbound.ts",
  "opener-starter": "releases/open-grant.ts",
  opener: "releases/opener-process.ts",
  rekeyer: "keys/rekeyer-process.ts",
};

const buses = ["cloud/aws-sns.ts", "cloud/aws-eventbridge.ts"];
const pointers = ["cloud/aws-s3-pointer-store.ts"];

/** Files that a process could load by a function that chooses, and never does: what it never asks of them, nobody grants it. */
export const neverSent: Readonly<Partial<Record<ProcessName, readonly string[]>>> = {
  front: [...buses, "cloud/aws-s3-parts.ts"],
  archivist: [...buses, ...pointers],
  keeper: [...buses, ...pointers, kms("opening"), kms("description")],
  sequencer: [...buses, kms("opening"), kms("description")],
  granter: buses,
  "opener-starter": buses,
  outbound: [...buses, kms("signing"), kms("sealing")],
  opener: [...buses, "cloud/aws-s3-parts.ts", kms("signing")],
  rekeyer: [...buses, kms("signing")],
};
