import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { AlarmTopic } from "../constructs/alarm-topic.ts";
import { NamedRole } from "../constructs/named-role.ts";
import { TrailWatch } from "../constructs/trail-watch.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { policyContextOf } from "../lib/policy-context.ts";

/** Who may make, administer and end keys (persons with a hardware token, and the one handler), and what rings when they do. */
export class CustodiansStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "security", "custodians", "Who administers keys, and what rings when they do");
    const context = policyContextOf(this);
    for (const name of ["key-maker", "key-administrator", "break-glass"] as const) new NamedRole(this, name, context);
    const kms = { source: ["aws.kms"] };
    new TrailWatch(this, "Watch", new AlarmTopic(this, "Alarms").arn, [
      {
        name: "keys-touched",
        why: "A key is ended, shut off, or given other users",
        pattern: {
          ...kms,
          detail: {
            eventName: [
              "ScheduleKeyDeletion",
              "DisableKey",
              "DeleteImportedKeyMaterial",
              "DisconnectCustomKeyStore",
              "DeleteCustomKeyStore",
              "PutKeyPolicy",
              "CreateGrant",
            ],
          },
        },
      },
      {
        name: "decrypt-denied",
        why: "Somebody tries to open what they may not",
        pattern: { ...kms, detail: { eventName: ["Decrypt", "ReEncrypt"], errorCode: ["AccessDenied", "AccessDeniedException"] } },
      },
      {
        name: "break-glass-used",
        why: "Somebody became the role that ends keys",
        pattern: {
          source: ["aws.sts"],
          detail: { eventName: ["AssumeRole"], requestParameters: { roleArn: [{ suffix: "-break-glass" }] } },
        },
      },
    ]);
  }
}
