import type { Control } from "./control.ts";

/** F. The worked example, G. Before going live, H. The first 30 days, I. Risks. */
export const assuranceControls: readonly Control[] = [
  {
    id: "F",
    asks: "A carrier abroad needs the full address: flag, reason, approval, ephemeral opening, private path, zeroised, trail",
    enforced: {
      policies: ["queue approvals", "trust opener", "identity opener-starter", "identity opener", "key wrapping"],
      stacks: ["workflow"],
      code: ["src/main/releases/transfer-process.ts", "src/main/releases/workflow-openers.ts"],
    },
    proven: {
      cells: ["grant", "workflow", "request"],
      tests: [
        "test/journeys/transfer.test.ts",
        "test/journeys/platform-release.test.ts",
        "src/main/releases/transfer-opening.test.ts",
        "src/main/releases/openers.test.ts",
      ],
    },
    evidence: "receipt with inclusion proof; CloudTrail shows the session by its grant",
  },
  {
    id: "G1",
    asks: "All sources of personal data mapped and minimised",
    enforced: { code: ["src/carriers/personal-fields.ts", "src/domain/personal.ts"] },
    proven: { tests: ["src/carriers/personal-fields.test.ts", "src/main/intake/every-codec.test.ts"] },
    evidence: "each codec's list of fields",
  },
  {
    id: "G2",
    asks: "Buckets and databases in the region, validated by automated tests",
    enforced: { policies: ["scp region", "scp network"] },
    proven: { cells: ["region", "network", "right-key"], tests: ["infra/truth/deployed.test.ts", "infra/test/planted-faults.test.ts"] },
    evidence: "truth table and templates of a release",
  },
  {
    id: "G3",
    asks: "Keys tested, usage logs seen",
    enforced: { policies: ["key wrapping"] },
    proven: { cells: ["open", "grant"], tests: ["test/services/aws-kms.test.ts", "test/journeys/keys-aws.test.ts"] },
    evidence: "order of proof in docs/operations/keys-aws.md",
    limits: "Logs of an account are seen on an account.",
  },
  {
    id: "G4",
    asks: "Connectors tested end to end, tokenised against full-data paths",
    enforced: { code: ["src/simulator/world.ts"] },
    proven: { tests: ["src/main/simulate/simulated-carriers.test.ts", "test/journeys/releases.test.ts"] },
    evidence: "report of `parcelkeep simulate`",
  },
  {
    id: "G5",
    asks: "Trail of decryptions and transfers verified",
    enforced: { policies: ["scp trail"], code: ["src/audit/verify.ts"] },
    proven: {
      cells: ["record"],
      tests: ["src/audit/verify.test.ts", "test/journeys/audit-verify.test.ts", "test/services/audit-log.test.ts"],
    },
    evidence: "`parcelkeep audit verify`, and Go's own verifier in CI",
  },
  {
    id: "G6",
    asks: "Impact assessment and procedures approved",
    enforced: { code: ["docs/operations/emergency-transfer.md", "docs/threat-model.md"] },
    proven: {},
    evidence: "signed pages, kept by the controller",
    limits: "A person's act.",
  },
  {
    id: "H1",
    asks: "Classification sweep over the pipeline, all personal data marked",
    enforced: { code: ["src/domain/personal.ts", "src/vault/find-tokens.ts"] },
    proven: { tests: ["src/domain/personal.test.ts", "src/vault/find-tokens.test.ts"] },
    evidence: "categories stand in every codec's fields",
    limits: "A sweep over other systems' data is not built.",
  },
  {
    id: "H2",
    asks: "Proof of concept: buckets, keys, tokenising proxy in flight",
    enforced: { code: ["src/main/simulate/demo.ts"] },
    proven: { tests: ["test/journeys/spine.test.ts", "test/services/aws-s3.test.ts"] },
    evidence: "`npm start`",
  },
  {
    id: "H3",
    asks: "Simulate carrier calls with tokenised data, measure latency, add caching",
    enforced: { code: ["src/main/simulate/simulate.ts"] },
    proven: { tests: ["test/journeys/simulate.test.ts", "src/main/simulate/simulate-report.test.ts"] },
    evidence: "docs/operations/simulate.md",
  },
  {
    id: "H4",
    asks: "Reference infrastructure module and pipeline for keys, bucket policies and tokenisation service",
    enforced: { stacks: ["vault-keys", "data", "service", "pipeline"], code: ["infra/policies/catalogue.ts"] },
    proven: {
      cells: ["identity", "become"],
      tests: [
        "infra/truth/truth.test.ts",
        "infra/truth/deployed.test.ts",
        "infra/truth/document-check.test.ts",
        "infra/tf-stub/terraform.test.ts",
      ],
    },
    evidence: "every policy's size, names and effect are tested",
    limits: "Nothing was deployed: no account was at hand.",
  },
  {
    id: "I1",
    asks: "Accidental export",
    enforced: { policies: ["scp export", "scp region", "rcp perimeter", "scp storage"], code: ["src/outbound/guard/inspect.ts"] },
    proven: {
      cells: ["replica", "share", "way-out", "region", "stranger"],
      tests: ["infra/truth/ways-out.test.ts", "src/outbound/guard/inspect.test.ts"],
    },
    evidence: "truth table of a release",
  },
  {
    id: "I2",
    asks: "Carrier outage",
    enforced: { code: ["src/outbound/resilience.ts", "src/main/outbound/connector-states.ts"] },
    proven: {
      tests: ["src/outbound/resilience.test.ts", "src/main/outbound/connector-states.test.ts", "src/outbound/polling/fair-turns.test.ts"],
    },
    evidence: "GET /v1/carriers; report of `parcelkeep simulate`",
  },
  {
    id: "I3",
    asks: "Key compromise",
    enforced: {
      policies: ["scp keys", "key wrapping", "trust break-glass", "identity break-glass"],
      code: ["src/main/keys/key-rotation.ts"],
    },
    proven: { cells: ["key-end", "custody", "rotate"], tests: ["test/journeys/rotation.test.ts"] },
    evidence: "docs/operations/key-rotation.md; alarms on DisableKey and ScheduleKeyDeletion",
  },
];
