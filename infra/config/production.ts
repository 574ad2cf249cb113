import type { Config } from "./schema.ts";

/** Placeholders as in staging. Production shows the harder choices: an external key store, and carriers on every kind of path. */
export const production: Config = {
  stage: "production",
  cell: "eu1",
  organisation: { id: "o-exampleorg1", parentId: "r-ab12" },
  accounts: {
    management: "100000000001",
    security: "100000000022",
    logArchive: "100000000023",
    network: "100000000024",
    ingest: "100000000025",
    processing: "100000000026",
    analytics: "100000000027",
  },
  region: "eusc-de-east-1",
  zones: ["a", "b", "c"],
  network: {
    ingestCidr: "10.50.0.0/16",
    processingCidr: "10.52.0.0/16",
    egressCidr: "10.51.0.0/16",
    objectStorePrefixList: "pl-0123456789abcdef0",
  },
  entry: {
    hostName: "track.example.eu",
    publicCertificateId: "00000000-0000-4000-8000-000000000003",
    privateCertificateId: "00000000-0000-4000-8000-000000000004",
  },
  keys: {
    origin: "EXTERNAL_KEY_STORE",
    customKeyStoreId: "cks-1234567890abcdef0",
    externalKeyIds: { wrapping: "parcelkeep-wrapping-1", derivation: "parcelkeep-derivation-1" },
  },
  carriers: {
    "dhl-unified": { path: "public" },
    "dhl-parcel-de": {
      path: "private-link",
      serviceName: "eu.amazonaws.vpce.eusc-de-east-1.vpce-svc-0123456789abcdef0",
      hosts: ["api-eu.dhl.com"],
    },
    gls: { path: "public" },
    laposte: { path: "vpn", peerAddress: "192.0.2.10", asn: 65010, cidrs: ["10.90.0.0/24"] },
    postnl: { path: "direct-connect", gatewayId: "00000000-0000-4000-8000-000000000005", cidrs: ["10.91.0.0/24"] },
    ups: { path: "public" },
  },
  otherHosts: ["hooks.shop.example.eu"],
  signIn: { issuer: "https://login.example.eu", clientId: "parcelkeep", hosts: ["keys.example.eu"] },
  // Keys of nobody, in their form.
  witnesses: {
    known: [
      {
        name: "dpo",
        key: "witness.example.eu/w1+43f44cb0+BCI9nnYxxMXHgPHw3gRX7c/wkTgYJW3ZkOrlAqB5dyhX",
        url: "https://witness.example.eu",
      },
      {
        name: "auditor",
        key: "auditor.example.eu/w+dd02af7f+BMlDlG3OW4YbJ9uO5ScWyY3FCZd0WV7TYb+Sm65i7Zjr",
        url: "https://auditor.example.eu/witness",
      },
      {
        name: "carriers",
        key: "consortium.example.eu/w+7801a9c4+BFzU8lUjY0eZpcRYGfJHj2A4YDPoeDIN9IZU8Z2qiMhu",
        url: "https://consortium.example.eu",
      },
    ],
    enough: 2,
    shortfall: "publish",
  },
  timeStamps: { url: "https://timestamp.example.eu/tsa", certificates: null },
  retention: { segmentDays: 90, auditDays: 1095, logDays: 365 },
  image: { repository: "parcelkeep", digest: `sha256:${"0".repeat(64)}` },
  deployment: {
    issuer: "forge.example.eu",
    audience: "sts.amazonaws.com",
    subject: "repo:example/parcelkeep:ref:refs/heads/release",
    thumbprint: "0".repeat(40),
  },
  alarms: { monthlyBudgetEuros: 12000, mailTo: ["platform@example.eu", "security@example.eu"] },
};
