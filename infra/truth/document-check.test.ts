import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { everyPolicy, type NamedPolicy, type PolicyKind } from "../policies/catalogue.ts";
import { policy, type Statement } from "../policies/document.ts";
import { referenceContext } from "../policies/reference-context.ts";
import { faultsOf, sizeOf } from "./document-check.ts";

const place = { partition: referenceContext.partition, region: referenceContext.region, issuer: referenceContext.forge.issuer };

describe("every policy", () => {
  for (const named of everyPolicy(referenceContext)) {
    test(`${named.kind} ${named.name} names only what exists, and closes what it opens`, async () => {
      assert.deepEqual(await faultsOf(named, place), []);
    });
  }

  test("stays clean where keys are rotated and index keys come from a wrapped secret", async () => {
    const other = everyPolicy({ ...referenceContext, rotating: true, derivation: "wrapped-secret" });
    for (const named of other) assert.deepEqual(await faultsOf(named, place), []);
  });

  test("has room for five accounts, endpoints or epochs more", () => {
    const wider = everyPolicy({
      ...referenceContext,
      keys: { ...referenceContext.keys, wrapping: Array.from({ length: 5 }, () => referenceContext.keys.wrapping[0]!) },
    });
    const tight = wider.map((named) => ({ ...sizeOf(named), named })).filter(({ bytes, limit }) => bytes > limit);
    assert.deepEqual(tight, []);
  });
});

describe("a planted fault is found:", () => {
  const sound: Statement = { Sid: "Planted", Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws-eusc:s3:::parcels/*" };
  const org = { StringEquals: { "aws:PrincipalOrgID": "o-parcelkeep1" } };
  const planted: readonly (readonly [what: string, kind: PolicyKind, fault: RegExp, statement: Statement])[] = [
    [
      "an operator that does not exist",
      "identity",
      /no operator StringEqual$/,
      { ...sound, Condition: { StringEqual: { "aws:PrincipalOrgID": "o" } } },
    ],
    ["an action that does not exist", "identity", /no action s3:PutObjekt/, { ...sound, Action: "s3:PutObjekt" }],
    ["a service that does not exist", "identity", /no action s4:PutObject/, { ...sound, Action: "s4:PutObject" }],
    [
      "a condition key that does not exist",
      "identity",
      /no condition key aws:PrincipalOrg$/,
      { ...sound, Condition: { StringEquals: { "aws:PrincipalOrg": "o" } } },
    ],
    [
      "a condition key of another action",
      "identity",
      /brings kms:KeyOrigin/,
      { ...sound, Action: "kms:Decrypt", Condition: { StringEquals: { "kms:KeyOrigin": "AWS_KMS" } } },
    ],
    [
      "an action that its condition shuts out",
      "identity",
      /kms:DescribeKey is never allowed/,
      {
        ...sound,
        Action: ["kms:CreateGrant", "kms:DescribeKey"],
        Resource: "*",
        Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ],
    ["a truth value that is none", "identity", /not True/, { ...sound, Condition: { Bool: { "aws:SecureTransport": "True" } } }],
    [
      "a comparison with nothing",
      "identity",
      /compares with nothing/,
      { ...sound, Condition: { StringEquals: { "aws:PrincipalOrgID": [] } } },
    ],
    [
      "a set operator that is true of nothing",
      "identity",
      /holds where its key is absent/,
      { ...sound, Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["grant"] } } },
    ],
    ["everybody, unclosed", "bucket", /everybody is allowed/, { ...sound, Principal: "*" }],
    ["everybody by a list, unclosed", "bucket", /everybody is allowed/, { ...sound, Principal: { AWS: ["*"] } }],
    [
      "everybody but one",
      "bucket",
      /everybody is allowed/,
      { ...sound, Principal: "*", Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o" } } },
    ],
    [
      "a key that everybody may do everything with",
      "key",
      /kms:\* allows more/,
      { ...sound, Principal: "*", Action: "kms:*", Condition: org },
    ],
    ["NotAction that allows", "identity", /NotAction/, { Sid: "Planted", Effect: "Allow", NotAction: "s3:PutObject", Resource: "*" }],
    ["the commercial partition", "identity", /another partition/, { ...sound, Resource: "arn:aws:s3:::parcels/*" }],
    [
      "a foreign region",
      "identity",
      /another region/,
      { ...sound, Action: "sqs:SendMessage", Resource: "arn:aws-eusc:sqs:eu-central-1:1:q" },
    ],
    ["a guard that allows", "scp", /guards deny/, sound],
    [
      "an RCP over what none covers",
      "rcp",
      /do not cover sns/,
      { Sid: "Planted", Effect: "Deny", Principal: "*", Action: "sns:Publish", Resource: "*" },
    ],
    ["a principal in a role's policy", "identity", /a principal stands/, { ...sound, Principal: "*", Condition: org }],
    ["a Sid that AWS refuses", "identity", /letters and digits/, { ...sound, Sid: "not-this" }],
    [
      "a document that is too long",
      "scp",
      /is the most/,
      { ...sound, Effect: "Deny", Resource: Array.from({ length: 300 }, () => "arn:aws-eusc:s3:::x") },
    ],
  ];
  for (const [what, kind, fault, statement] of planted) {
    test(what, async () => {
      const named: NamedPolicy = { kind, name: "planted", document: policy(statement) };
      assert.match((await faultsOf(named, place)).join("\n"), fault);
    });
  }

  test("two statements of one Sid", async () => {
    const named: NamedPolicy = { kind: "identity", name: "planted", document: policy(sound, sound) };
    assert.match((await faultsOf(named, place)).join("\n"), /another statement has this Sid/);
  });
});
