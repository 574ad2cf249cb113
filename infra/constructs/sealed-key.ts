import { RemovalPolicy } from "aws-cdk-lib";
import { CfnAlias, CfnKey } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { prefix } from "../lib/prefix.ts";
import type { PolicyDocument } from "../policies/document.ts";

export interface SealedKeyProps {
  readonly name: string;
  readonly description: string;
  readonly policy: PolicyDocument;
  /** Left out: a symmetric key that encrypts, whose material KMS rotates every year. */
  readonly kind?: "HMAC_256" | "ECC_NIST_EDWARDS25519";
}

/** A key of one region and one purpose with its whole policy; it stays when its stack goes. */
export class SealedKey extends Construct {
  readonly arn: string;

  constructor(scope: EscStack, id: string, { name, description, policy, kind }: SealedKeyProps) {
    super(scope, id);
    const key = new CfnKey(this, "Key", {
      description,
      keyPolicy: policy,
      // A replica in another region would be a copy of the material.
      multiRegion: false,
      pendingWindowInDays: 30,
      ...(kind === undefined ? { enableKeyRotation: true } : {}),
      ...(kind === "HMAC_256" ? { keySpec: kind, keyUsage: "GENERATE_VERIFY_MAC" } : {}),
      ...(kind === "ECC_NIST_EDWARDS25519" ? { keySpec: kind, keyUsage: "SIGN_VERIFY" } : {}),
      // Who deploys has no place in the policy, which is what this check would insist on; nobody who deploys may change who uses a key.
      bypassPolicyLockoutSafetyCheck: true,
    });
    key.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnAlias(this, "Alias", { aliasName: `alias/${prefix}-${name}`, targetKeyId: key.attrKeyId });
    this.arn = key.attrArn;
  }
}
