import { RemovalPolicy } from "aws-cdk-lib";
import { CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { EscStack } from "../lib/esc-stack.ts";
import { keyArn } from "../lib/policy-context.ts";
import { prefix } from "../lib/prefix.ts";

const madeByAws = "Made by Secrets Manager";

/**
 * What tasks are handed as values, and who fills it in. Logins to database and cache are not among them: those are by IAM. What is replaced by hand begins as random letters, which no process takes for what
 * it wants: it says so and ends.
 */
export const secretDescriptions = {
  "operator-key": madeByAws,
  "ingress-key": madeByAws,
  "sign-in": "Of the operators' OpenID provider: replaced by hand",
  "database-authorities": "Certificates (PEM) of the authorities of the region's databases, no secret: replaced by hand",
  "derivation-secret": "1=BASE64, wrapped under the derivation key, where a custom key store makes no HMAC: replaced by hand",
} as const;
export type SecretName = keyof typeof secretDescriptions;

/** So that no template ever holds one. */
export class ProgramSecrets extends Construct {
  private readonly secrets: ReadonlyMap<SecretName, CfnSecret>;

  constructor(scope: EscStack, id: string) {
    super(scope, id);
    const names = Object.keys(secretDescriptions) as SecretName[];
    this.secrets = new Map(names.map((name) => [name, this.secret(scope, name)]));
  }

  arnOf(name: SecretName): string {
    return this.secrets.get(name)!.ref;
  }

  private secret(scope: EscStack, name: SecretName): CfnSecret {
    const secret = new CfnSecret(this, name, {
      name: `${prefix}/${name}`,
      description: secretDescriptions[name],
      kmsKeyId: keyArn(scope, "secrets"),
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return secret;
  }
}
