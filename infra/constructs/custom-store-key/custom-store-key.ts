import { CfnResource, RemovalPolicy } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { KeyCustody } from "../../config/schema.ts";
import type { EscStack } from "../../lib/esc-stack.ts";
import { prefix } from "../../lib/prefix.ts";
import type { PolicyDocument } from "../../policies/document.ts";
import type { KeyMaker } from "./key-maker.ts";

export interface CustomStoreKeyProps {
  readonly name: "wrapping" | "derivation";
  readonly custody: Exclude<KeyCustody, { readonly origin: "AWS_KMS" }>;
  readonly description: string;
  readonly policy: PolicyDocument;
  readonly maker: KeyMaker;
}

/** A key whose material is in an HSM of ours. It stays when its stack goes, and its maker refuses to end it where somebody takes that away. */
export class CustomStoreKey extends Construct {
  readonly arn: string;

  constructor(scope: EscStack, id: string, { name, custody, description, policy, maker }: CustomStoreKeyProps) {
    super(scope, id);
    const key = new CfnResource(this, "Key", {
      type: "Custom::KeyInCustomStore",
      properties: {
        ServiceToken: maker.arn,
        Origin: custody.origin,
        CustomKeyStoreId: custody.customKeyStoreId,
        ...(custody.origin === "EXTERNAL_KEY_STORE" ? { XksKeyId: custody.externalKeyIds[name] } : {}),
        Alias: `alias/${prefix}-${name}`,
        Description: description,
        Policy: scope.toJsonString(policy),
      },
    });
    key.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.arn = key.getAtt("Arn").toString();
  }
}
