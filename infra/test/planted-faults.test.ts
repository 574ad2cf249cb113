import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { plainGates } from "../gates/all.ts";
import { sorted } from "../gates/acknowledgements.ts";
import { guardFindings, noInternetPack, ownPack } from "../gates/guard.ts";
import type { NamedTemplate, Resource } from "../gates/template.ts";
import { bucketNames, lockedBucketNames, lockOf } from "../policies/context.ts";
import { template, withChange, withResource } from "./support/templates.ts";

const bucket = (properties: object): Resource => ({
  Type: "AWS::S3::Bucket",
  Properties: { BucketName: "parcelkeep-planted", ...properties },
});
const data = template("staging", "data");
const keys = template("staging", "vault-keys");
const network = template("staging", "network");

/** Each is what a hurried change would look like; the gate that stops it is named. */
const plainFaults: readonly (readonly [what: string, gate: keyof typeof plainGates, planted: NamedTemplate, found: RegExp])[] = [
  [
    "a literal partition",
    "no literal partition, region or suffix",
    withResource(data, { Type: "AWS::SQS::QueuePolicy", Properties: { Queues: ["arn:aws:sqs:eusc-de-east-1:1:x"] } }),
    /arn:aws:/,
  ],
  [
    "a literal partition that is the right one",
    "no literal partition, region or suffix",
    withResource(data, { Type: "AWS::SQS::QueuePolicy", Properties: { Queues: ["arn:aws-eusc:sqs:eusc-de-east-1:1:x"] } }),
    /arn:aws-eusc:/,
  ],
  [
    "a foreign region",
    "no literal partition, region or suffix",
    withChange(
      template("staging", "service"),
      "AWS::ECS::TaskDefinition",
      (properties) => (properties["Family"] = "tasks-in-eu-central-1"),
    ),
    /eu-central-1/,
  ],
  [
    "a host with a literal suffix",
    "no literal partition, region or suffix",
    withChange(data, "AWS::SecretsManager::Secret", (properties) => (properties["Description"] = "sqs.eusc-de-east-1.amazonaws.com")),
    /amazonaws\.com/,
  ],
  [
    "a service principal with the partition's suffix",
    "service principals",
    withResource(data, {
      Type: "AWS::IAM::Role",
      Properties: { AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: "ec2.amazonaws.eu" } }] } },
    }),
    /ec2\.amazonaws\.eu/,
  ],
  [
    "an endpoint of ECR under the commercial name",
    "endpoint names",
    withResource(network, { Type: "AWS::EC2::VPCEndpoint", Properties: { ServiceName: "com.amazonaws.eusc-de-east-1.ecr.api" } }),
    /com\.amazonaws\.eusc-de-east-1\.ecr\.api/,
  ],
  [
    "a service that the region does not offer",
    "services that the region offers",
    withResource(data, { Type: "AWS::CloudFront::Distribution", Properties: {} }),
    /AWS::CloudFront::Distribution: use API Gateway/,
  ],
  [
    "a service that the list does not know",
    "services that the region offers",
    withResource(data, { Type: "AWS::Wickr::Network", Properties: {} }),
    /not in the list of 20\d\d-\d\d-\d\d/,
  ],
  [
    "a policy that is too long",
    "policy and template sizes",
    withChange(
      template("staging", "organisation"),
      "AWS::Organizations::Policy",
      (properties) => (properties["Content"] = { x: "y".repeat(6_000) }),
    ),
    /at most 5120/,
  ],
  [
    "a workflow that goes on to a state that is not there",
    "Amazon States Language",
    withChange(
      template("staging", "audit-queries"),
      "AWS::StepFunctions::StateMachine",
      (properties) => (properties["DefinitionString"] = '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}'),
    ),
    /B/,
  ],
];

describe("a planted fault is caught:", () => {
  for (const [what, gate, planted, found] of plainFaults)
    test(`${what}, by "${gate}"`, () => {
      const findings = plainGates[gate]!([planted]);
      assert.match(findings.map((finding) => finding.what).join("\n"), found);
    });
});

const sound = {
  ObjectLockEnabled: true,
  ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "COMPLIANCE" } } },
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "arn:x" } }],
  },
  PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
};
const { ObjectLockEnabled: _lock, ...unlocked } = sound;
const { PublicAccessBlockConfiguration: _block, ...open } = sound;
const { BucketEncryption: _key, ...plain } = sound;
const { ObjectLockConfiguration: _default, ...neverLocked } = unlocked;
const policyOf = (statement: object): Resource => ({
  Type: "AWS::KMS::Key",
  DeletionPolicy: "Retain",
  Properties: { MultiRegion: false, KeyPolicy: { Statement: [{ Effect: "Allow", Resource: "*", ...statement }] } },
});

/** A bucket of each name without any lock, and one without a default retention. */
const lockFaults = bucketNames.map((name) => {
  const BucketName = `parcelkeep-planted-${name}-1`;
  return [
    withResource(data, bucket({ ...unlocked, BucketName })),
    withResource(data, bucket({ ...sound, BucketName, ObjectLockConfiguration: {} })),
  ] as const;
});

const ruleFaults: readonly (readonly [what: string, rule: string, planted: NamedTemplate])[] = [
  ["a bucket without a lock", "ESC-S3-01", withResource(data, bucket(unlocked))],
  [
    "a lock that somebody may take off",
    "ESC-S3-01",
    withResource(data, bucket({ ...sound, ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "GOVERNANCE" } } } })),
  ],
  ["a bucket that is replicated", "ESC-S3-02", withResource(data, bucket({ ...sound, ReplicationConfiguration: { Role: "x" } }))],
  ["a bucket without our key", "ESC-S3-03", withResource(data, bucket(plain))],
  ["a bucket that may be public", "ESC-S3-04", withResource(data, bucket(open))],
  [
    "a key policy that allows every action",
    "ESC-KMS-01",
    withResource(keys, policyOf({ Principal: { AWS: "arn:x:iam::1:root" }, Action: ["kms:*"] })),
  ],
  [
    "a key policy that allows every action, in one word",
    "ESC-KMS-01",
    withResource(keys, policyOf({ Principal: { AWS: "arn:x:iam::1:root" }, Action: "kms:*" })),
  ],
  [
    "a key policy that allows whatever there is",
    "ESC-KMS-01",
    withResource(keys, policyOf({ Principal: { AWS: "arn:x:iam::1:root" }, Action: "*" })),
  ],
  [
    "a key policy that allows every account, in one word",
    "ESC-KMS-01",
    withResource(keys, policyOf({ Principal: { AWS: "*" }, Action: "kms:Decrypt" })),
  ],
  ["a key policy that allows everybody", "ESC-KMS-01", withResource(keys, policyOf({ Principal: "*", Action: ["kms:Decrypt"] }))],
  [
    "a key policy that allows every account",
    "ESC-KMS-01",
    withResource(keys, policyOf({ Principal: { AWS: ["*"] }, Action: ["kms:Decrypt"] })),
  ],
  ["a key that has replicas", "ESC-KMS-02", withChange(keys, "AWS::KMS::Key", (properties) => (properties["MultiRegion"] = true))],
  [
    "an endpoint without a policy",
    "ESC-VPC-01",
    withChange(network, "AWS::EC2::VPCEndpoint", (properties) => delete properties["PolicyDocument"]),
  ],
  [
    "an image that is named by a tag",
    "ESC-ECS-01",
    withChange(template("staging", "service"), "AWS::ECS::TaskDefinition", (properties) => {
      (properties["ContainerDefinitions"] as { Image: string }[])[0]!.Image = "registry/parcelkeep:latest";
    }),
  ],
  [
    "a service with a public address",
    "ESC-ECS-02",
    withChange(template("staging", "service"), "AWS::ECS::Service", (properties) => {
      (properties["NetworkConfiguration"] as { AwsvpcConfiguration: { AssignPublicIp: string } }).AwsvpcConfiguration.AssignPublicIp =
        "ENABLED";
    }),
  ],
  [
    "a database with passwords",
    "ESC-RDS-01",
    withChange(data, "AWS::RDS::DBCluster", (properties) => (properties["EnableIAMDatabaseAuthentication"] = false)),
  ],
  [
    "a workflow that logs what goes in",
    "ESC-SFN-01",
    withChange(template("staging", "workflow"), "AWS::StepFunctions::StateMachine", (properties) => {
      (properties["LoggingConfiguration"] as { IncludeExecutionData: boolean }).IncludeExecutionData = true;
    }),
  ],
  [
    "a role without a boundary",
    "ESC-IAM-01",
    withChange(template("staging", "powers"), "AWS::IAM::Role", (properties) => delete properties["PermissionsBoundary"]),
  ],
  [
    "a topic without our key",
    "ESC-SNS-01",
    withChange(template("staging", "audit"), "AWS::SNS::Topic", (properties) => delete properties["KmsMasterKeyId"]),
  ],
  ["a queue without our key", "ESC-SQS-01", withChange(data, "AWS::SQS::Queue", (properties) => delete properties["KmsMasterKeyId"])],
  [
    "a log without our key",
    "ESC-LOG-01",
    withChange(template("staging", "service"), "AWS::Logs::LogGroup", (properties) => delete properties["KmsKeyId"]),
  ],
];

describe("a rule of ours bites on", () => {
  // All at once: to build the engine costs more than to ask it.
  const found = guardFindings(
    [ownPack],
    [...ruleFaults.map(([, , planted]) => planted), ...lockFaults.flat()].map(({ template: planted }, index) => ({
      name: String(index),
      template: planted,
    })),
  );
  const rulesAt = (index: number): readonly string[] => [
    ...new Set(found.filter(({ at }) => at.startsWith(`${index}/`)).map((finding) => finding.rule)),
  ];
  for (const [index, [what, rule]] of ruleFaults.entries())
    test(`${what} (${rule})`, () => {
      assert.deepEqual(rulesAt(index), [rule]);
    });

  test("a bucket without a lock, or without a default retention, by its name, as the policies have it (ESC-S3-01)", () => {
    const names = (which: 0 | 1): readonly string[] =>
      bucketNames.filter((_, at) => rulesAt(ruleFaults.length + 2 * at + which).includes("ESC-S3-01"));
    assert.deepEqual(names(0), lockedBucketNames);
    assert.deepEqual(
      names(1),
      lockedBucketNames.filter((name) => lockOf[name] === "by-default"),
    );
  });

  test("a way to the internet beside the inspected one (ESC-VPC-02)", () => {
    const planted = withResource(network, { Type: "AWS::EC2::NatGateway", Properties: {} });
    assert.deepEqual(
      guardFindings([noInternetPack], [planted]).map(({ rule }) => rule),
      ["ESC-VPC-02"],
    );
  });
});

test("a finding says all that a rule has against a resource", () => {
  const [said] = guardFindings([ownPack], [withResource(data, bucket(neverLocked))]).filter(({ rule }) => rule === "ESC-S3-01");
  assert.equal(said?.what, "ESC-S3-01: a bucket without an object lock; ESC-S3-01: a lock that somebody may take off");
});

test("a finding that nobody has acknowledged stays open, and one of our own rules cannot be", () => {
  const findings = ["CT.S3.PR.1", "ESC-S3-01"].map((rule) => ({ rule, at: "production-data/SegmentsBucket", what: "planted" }));
  assert.deepEqual(sorted(findings).open, findings);
});
