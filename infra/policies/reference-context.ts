import { endpointNames, type PolicyContext } from "./context.ts";

/** An organisation that does not exist: what the truth table, the size checks and the checks of documents are done with. */
export const referenceContext: PolicyContext = {
  partition: "aws-eusc",
  region: "eusc-de-east-1",
  zones: ["eusc-de-east-1a", "eusc-de-east-1b"],
  organizationId: "o-parcelkeep1",
  accounts: {
    management: "100000000001",
    security: "200000000002",
    logArchive: "300000000003",
    network: "400000000004",
    ingest: "500000000005",
    processing: "600000000006",
    analytics: "700000000007",
  },
  prefix: "parcelkeep",
  buckets: {
    raw: "parcelkeep-raw-600000000006",
    audit: "parcelkeep-audit-300000000003",
    anchor: "parcelkeep-anchor-300000000003",
    trail: "parcelkeep-trail-300000000003",
    evidence: "parcelkeep-evidence-300000000003",
    access: "parcelkeep-access-300000000003",
    queries: "parcelkeep-queries-700000000007",
  },
  keys: {
    wrapping: [keyArn("1")],
    derivation: keyArn("2"),
    signing: keyArn("3"),
    raw: keyArn("4"),
    audit: keyArn("5"),
    queue: keyArn("6"),
    database: keyArn("7"),
    logs: keyArn("8"),
    secrets: keyArn("9"),
  },
  keyOrigins: ["AWS_KMS", "EXTERNAL_KEY_STORE", "AWS_CLOUDHSM"],
  derivation: "provider-hmac",
  rotating: false,
  databaseResourceId: "cluster-PARCELKEEPEXAMPLE",
  endpoints: Object.fromEntries(
    endpointNames.map((name, index) => [name, [`vpce-0${String(index).padStart(16, "0")}`]]),
  ) as unknown as PolicyContext["endpoints"],
  forge: {
    issuer: "forge.parcelkeep.example/oidc",
    audience: "sts.amazonaws.com",
    subject: "repo:parcelkeep/parcelkeep:ref:refs/heads/main",
  },
};

function keyArn(digit: string): string {
  return `arn:aws-eusc:kms:eusc-de-east-1:200000000002:key/${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;
}
