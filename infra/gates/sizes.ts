import { filledIn, resourcesOf, sovereign, type Finding, type Gate } from "./template.ts";

/**
 * Most characters of a policy, without blanks: Organizations user guide, "Quotas" (SCP 10,240 since 2025-11, and 5,120 before: the smaller, until the sovereign region shows the
 * larger); S3, KMS, IAM and VPC user guides, "Quotas".
 */
const most: Readonly<Record<string, readonly [property: string, characters: number]>> = {
  "AWS::Organizations::Policy": ["Content", 5_120],
  "AWS::S3::BucketPolicy": ["PolicyDocument", 20_480],
  "AWS::KMS::Key": ["KeyPolicy", 32_768],
  "AWS::IAM::ManagedPolicy": ["PolicyDocument", 6_144],
  "AWS::EC2::VPCEndpoint": ["PolicyDocument", 20_480],
  "AWS::SQS::QueuePolicy": ["PolicyDocument", 8_192],
};
const inlineOfRole = 10_240;
const trustOfRole = 2_048;
/** Bytes of a template that is given by its address (CloudFormation user guide, "Quotas"). */
const templateBytes = 1_000_000;

export const policySizes: Gate = (templates) => [
  ...resourcesOf(templates).flatMap(([at, { Type, Properties = {} }]): Finding[] => {
    if (Type === "AWS::IAM::Role") return roleSizes(at, Properties);
    const limit = most[Type];
    return limit === undefined ? [] : tooLong(at, limit[0], Properties[limit[0]], limit[1]);
  }),
  ...templates.flatMap(({ name, template }) => {
    const bytes = JSON.stringify(template).length;
    return bytes <= templateBytes ? [] : [{ rule: "template size", at: name, what: `${bytes} bytes` }];
  }),
];

function roleSizes(at: string, properties: Readonly<Record<string, unknown>>): Finding[] {
  const inline = (properties["Policies"] ?? []) as readonly { readonly PolicyDocument: unknown }[];
  return [
    ...tooLong(
      at,
      "Policies",
      inline.map(({ PolicyDocument }) => PolicyDocument),
      inlineOfRole,
    ),
    ...tooLong(at, "AssumeRolePolicyDocument", properties["AssumeRolePolicyDocument"], trustOfRole),
  ];
}

function tooLong(at: string, property: string, document: unknown, characters: number): Finding[] {
  const length = JSON.stringify(filledIn(document, sovereign) ?? "").length;
  return length <= characters ? [] : [{ rule: "policy size", at, what: `${property}: ${length} characters, at most ${characters}` }];
}
