import type { Control } from "./control.ts";

/** A. Architecture, B. Patterns. */
export const architectureControls: readonly Control[] = [
  {
    id: "A1",
    asks: "An ingress in the EU takes webhooks, answers and orders, minimises and tokenises at once",
    enforced: {
      code: ["src/ingress/server.ts", "src/vault/tokenise.ts", "src/main/intake/intake-thread.ts"],
      stacks: ["entry", "service"],
    },
    proven: { cells: ["open", "database"], tests: ["test/journeys/spine.test.ts", "src/main/intake/every-codec.test.ts"] },
    evidence: "sample suite over every source; no labelled value in database, data folder, logs, metrics, traces or answers",
  },
  {
    id: "A2",
    asks: "Queue, event bus, workers, raw logs, index and cache in the region, everything under customer-managed keys",
    enforced: {
      policies: ["queue inbox", "queue inbox-dead", "topic changes", "key queue", "key database", "identity worker"],
      stacks: ["data", "storage-keys", "service"],
    },
    proven: {
      cells: ["queue", "cache", "storage-key", "become"],
      tests: ["src/cloud/aws-sqs-queue.test.ts", "test/services/aws-sqs.test.ts", "test/services/aws-s3.test.ts"],
    },
    evidence: "templates; key policies; docs/operations/queue.md",
    limits: "Aurora PostgreSQL stands in for DynamoDB. Whether the region has Valkey and Aurora Serverless v2 is to be read on an account.",
  },
  {
    id: "A3",
    asks: "Connectors are ephemeral and in the region; only tokens leave; the full data by a controlled, logged exception",
    enforced: {
      policies: ["scp export", "identity outbound", "identity opener"],
      code: ["src/outbound/guard/inspect.ts", "src/domain/release-decision.ts"],
      stacks: ["egress"],
    },
    proven: {
      cells: ["way-out", "open", "grant"],
      tests: [
        "src/outbound/guard/inspect.test.ts",
        "test/journeys/outbound.test.ts",
        "test/journeys/releases.test.ts",
        "infra/test/controls-in-stacks.test.ts",
      ],
    },
    evidence: "entries transfer.* and opening.* of the audit log, with receipts",
  },
  {
    id: "A4",
    asks: "Shopper, EU edge, gateway, tokeniser, queue, workers, raw logs and index, connectors",
    enforced: { stacks: ["entry", "network", "service", "egress"], code: ["ARCHITECTURE.md"] },
    proven: { cells: ["network"], tests: ["test/journeys/spine.test.ts", "test/journeys/outside.test.ts"] },
    evidence: "flows between processes are security group rules; flow logs",
    limits: "CloudFront is not offered in the region: the edge is a load balancer with web filter rules there.",
  },
  {
    id: "A5",
    asks: "VPC, transit gateway, PrivateLink, Direct Connect, endpoints; workers in private subnets",
    enforced: {
      policies: ["scp network", "boundary boundary-process", "endpoint s3", "endpoint kms", "bucket raw", "key wrapping"],
      stacks: ["network", "egress", "transit-routes"],
    },
    proven: { cells: ["network", "door", "platform"] },
    evidence: "flow logs; templates without an internet gateway outside the network account",
  },
  {
    id: "A6",
    asks: "Customer-managed keys backed by an HSM in the region, strict policies, an account of their own",
    enforced: {
      policies: ["scp keys", "key wrapping", "key derivation", "key signing", "trust key-administrator"],
      stacks: ["vault-keys"],
      code: ["src/vault/keys/provider.ts"],
    },
    proven: {
      cells: ["custody", "sign", "open"],
      tests: ["src/vault/keys/provider.test.ts", "test/services/pkcs11.test.ts", "test/journeys/keys-aws.test.ts"],
    },
    evidence: "`parcelkeep keys preflight` under each role says which root is real",
    limits:
      "CloudHSM is not offered in eusc-de-east-1 (service list of August 2026), so no key store of it either. The origin is a choice: HSMs of KMS, an external key store (availability unknown), or PKCS#11 outside AWS (docs/operations/keys.md). A custom key store holds no HMAC or signing keys.",
  },
  {
    id: "A7",
    asks: "Lake Formation, Glue, Athena for audit queries; inventory and Access Analyzer for validation",
    enforced: { policies: ["identity auditor", "bucket queries", "bucket evidence", "scp storage"], stacks: ["audit-queries", "audit"] },
    proven: { cells: ["public", "platform"], tests: ["infra/test/audit-queries.test.ts"] },
    evidence: "answers of the scheduled queries in the bucket of queries",
  },
  {
    id: "A8",
    asks: "IAM, Organizations, Control Tower; CloudTrail kept in the EU; Config",
    enforced: {
      policies: ["rcp perimeter", "scp identity", "boundary boundary-platform", "identity migrator", "identity role-maker-execution"],
      stacks: ["organisation", "powers", "baseline", "preparation"],
    },
    proven: {
      cells: ["database", "become", "platform", "stranger"],
      tests: [
        "test/journeys/powers.test.ts",
        "infra/truth/tree.test.ts",
        "infra/truth/calls.test.ts",
        "infra/test/controls-in-stacks.test.ts",
      ],
    },
    evidence: "the truth table of a release",
    limits:
      "Whether the region has RCPs and each Control Tower control is to be read on an account. Buckets, keys and queues refuse strangers by their own policies too, which the table shows.",
  },
  {
    id: "B1",
    asks: "Keep what routing and display need; deterministic tokens; reversible only under keys of the HSM-backed service",
    enforced: {
      policies: ["identity front", "key wrapping"],
      code: ["src/vault/token.ts", "src/vault/sealing.ts", "src/vault/format-preserving.ts"],
    },
    proven: {
      cells: ["open", "grant", "rotate"],
      tests: ["src/vault/tokenise-values.test.ts", "src/vault/format-preserving.test.ts", "test/journeys/tokens.test.ts"],
    },
    evidence: "docs/tokens.md; vectors in test/vectors",
  },
  {
    id: "B2",
    asks: "Raw logs and personal data in named buckets and databases only: private, under our key, with lifecycle and lock",
    enforced: {
      policies: ["bucket raw", "bucket audit", "bucket anchor", "scp storage"],
      stacks: ["data", "audit"],
      code: ["src/cloud/aws-s3-object-store.ts"],
    },
    proven: {
      cells: ["bucket", "lock", "right-key", "public"],
      tests: ["src/cloud/aws-s3-object-store.test.ts", "src/main/audit/retention.test.ts", "test/journeys/erasure.test.ts"],
    },
    evidence: "inventory; Config's rules; proofs of erasure",
  },
  {
    id: "B3",
    asks: "Where personal data is demanded: basis, approval, ephemeral decryption, a log entry each; private path, else controlled egress",
    enforced: {
      policies: ["trust opener", "identity opener", "identity approvals"],
      stacks: ["workflow", "egress"],
      code: ["src/approvals/request-state.ts", "src/main/releases/transfer-opening.ts"],
    },
    proven: {
      cells: ["grant", "workflow"],
      tests: [
        "src/main/releases/transfer-opening.test.ts",
        "test/journeys/transfer.test.ts",
        "test/journeys/platform-release.test.ts",
        "test/faults/transfer.test.ts",
      ],
    },
    evidence: "receipts (.tlog-proof) of each transfer; CloudTrail's Decrypt with tenant, purpose and grant in the session's tags",
  },
  {
    id: "B4",
    asks: "Short-lived cache, batched calls, asynchronous work, retries, dead letters with triage",
    enforced: {
      code: ["src/outbound/polling/poll-decision.ts", "src/outbound/resilience.ts", "src/cloud/tracking-cache.ts"],
      stacks: ["data"],
    },
    proven: {
      cells: ["queue"],
      tests: ["src/main/outbound/poll-batches.test.ts", "src/outbound/resilience.test.ts", "src/store/letter-triage.test.ts"],
    },
    evidence: "docs/operations/dead-letters.md; report of `parcelkeep simulate`",
  },
  {
    id: "B5",
    asks: "Immutable trail; reports of key use; impact assessments and data-flow diagrams",
    enforced: {
      policies: ["scp trail", "key signing", "bucket trail", "bucket evidence"],
      code: ["src/audit/publisher.ts", "src/audit/witness.ts"],
      stacks: ["egress"],
    },
    proven: {
      cells: ["record", "sign", "bucket"],
      tests: [
        "src/audit/publisher.test.ts",
        "test/journeys/audit-verify.test.ts",
        "test/vectors/tlog.test.ts",
        "test/journeys/witness.test.ts",
        "infra/test/settings.test.ts",
      ],
    },
    evidence: "`parcelkeep audit export` and `audit verify`; docs/audit.md; docs/threat-model.md",
    limits:
      "There is no report of HSM access without an HSM of one's own; CloudTrail records each use of a KMS key. Impact assessments are the controller's to write.",
  },
  {
    id: "B6",
    asks: "A security account for keys, accounts by domain, guards against export, rotation of secrets",
    enforced: {
      policies: ["scp identity", "scp keys", "scp export", "trust deployer"],
      stacks: ["organisation", "custodians", "pipeline"],
    },
    proven: { cells: ["identity", "custody", "become"] },
    evidence: "attachments in infra/policies/catalogue.ts; docs/operations/key-rotation.md",
    limits:
      "Accounts are made by Control Tower's account factory or by hand. All processes are in one account, since the database takes log-ins by IAM from its own account only.",
  },
];
