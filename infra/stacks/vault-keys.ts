import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { CustomStoreKey } from "../constructs/custom-store-key/custom-store-key.ts";
import { KeyMaker } from "../constructs/custom-store-key/key-maker.ts";
import { SealedKey } from "../constructs/sealed-key.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { keyOutputName, policyContextOf } from "../lib/policy-context.ts";
import { derivationKeyPolicy, signingKeyPolicy, wrappingKeyPolicy } from "../policies/keys/vault.ts";

const descriptions = {
  wrapping: "Epoch 1: wraps the data keys of persons and records",
  derivation: "Derives the keys of the blind index",
  signing: "Signs checkpoints of the audit log and proofs of erasure",
} as const;

/**
 * The vault's roots. Their policies name the KMS endpoint of the processes' network, so this stack comes after that one; the keys themselves outlive
 * every network. Rotation is by epoch (docs/operations/keys-aws.md): KMS's own would leave old wraps open for good.
 */
export class VaultKeysStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "security", "vault-keys", "Roots of the vault: what wraps, derives and signs");
    const context = policyContextOf(this);
    const policies = { wrapping: wrappingKeyPolicy(context), derivation: derivationKeyPolicy(context) } as const;
    const custody = config.keys;
    const roots =
      custody.origin === "AWS_KMS"
        ? [
            new SealedKey(this, "wrapping", { name: "wrapping", description: descriptions.wrapping, policy: policies.wrapping }),
            new SealedKey(this, "derivation", {
              name: "derivation",
              description: descriptions.derivation,
              policy: policies.derivation,
              kind: "HMAC_256",
            }),
          ]
        : this.inStore(custody, policies);
    for (const root of roots) this.gives(keyOutputName(root.node.id as "wrapping" | "derivation"), root.arn);
    // Custom key stores hold symmetric keys only (KMS developer guide, "Key type reference"); what this one signs is public.
    const signing = new SealedKey(this, "signing", {
      name: "signing",
      description: descriptions.signing,
      policy: signingKeyPolicy(context),
      kind: "ECC_NIST_EDWARDS25519",
    });
    this.gives(keyOutputName("signing"), signing.arn);
  }

  /** Both roots in the store: the derivation key then wraps a secret, since a store makes no HMAC. */
  private inStore(
    custody: Exclude<Config["keys"], { readonly origin: "AWS_KMS" }>,
    policies: Readonly<Record<"wrapping" | "derivation", ReturnType<typeof wrappingKeyPolicy>>>,
  ): readonly CustomStoreKey[] {
    const maker = new KeyMaker(this, "KeyMaker");
    return (["wrapping", "derivation"] as const).map(
      (name) => new CustomStoreKey(this, name, { name, custody, description: descriptions[name], policy: policies[name], maker }),
    );
  }
}
