import type { Config } from "./schema.ts";

/** Placeholders: accounts, certificates and digest are to be replaced by whoever deploys. Short locks, two zones, invented parcels only. */
export const staging: Config = {
  stage: "staging",
  cell: "eu9",
  organisation: { id: "o-exampleorg1", parentId: "r-ab12" },
  accounts: {
    management: "100000000001",
    security: "100000000012",
    logArchive: "100000000013",
    network: "100000000014",
    ingest: "100000000015",
    processing: "100000000016",
    analytics: "100000000017",
  },
  region: "eusc-de-east-1",
  zones: ["a", "b"],
  network: {
    ingestCidr: "10.40.0.0/16",
    processingCidr: "10.42.0.0/16",
    egressCidr: "10.41.0.0/16",
    objectStorePrefixList: "pl-0123456789abcdef0",
  },
  entry: {
    hostName: "staging.track.example.eu",
    publicCertificateId: "00000000-0000-4000-8000-000000000001",
    privateCertificateId: "00000000-0000-4000-8000-000000000002",
  },
  keys: { origin: "AWS_KMS" },
  carriers: { "dhl-unified": { path: "public" }, gls: { path: "public" }, postnl: { path: "public" } },
  otherHosts: [],
  signIn: null,
  witnesses: null,
  timeStamps: null,
  retention: { segmentDays: 7, auditDays: 30, logDays: 30 },
  image: { repository: "parcelkeep", digest: `sha256:${"0".repeat(64)}` },
  deployment: {
    issuer: "forge.example.eu",
    audience: "sts.amazonaws.com",
    subject: "repo:example/parcelkeep:ref:refs/heads/main",
    thumbprint: "0".repeat(40),
  },
  alarms: { monthlyBudgetEuros: 1500, mailTo: ["platform@example.eu"] },
};
