import type { Construct } from "constructs";
import type { Config } from "../config/schema.ts";
import { SealedKey } from "../constructs/sealed-key.ts";
import { EscStack } from "../lib/esc-stack.ts";
import { keyOutputName, policyContextOf } from "../lib/policy-context.ts";
import { storageKeyNames } from "../policies/catalogue.ts";
import { storageKeyPolicy } from "../policies/keys/storage.ts";

/** Keys that AWS services encrypt with what they keep for us: they see ciphertext of the vault at most, so their material may be AWS's. */
export class StorageKeysStack extends EscStack {
  constructor(scope: Construct, config: Config) {
    super(scope, config, "security", "storage-keys", "Keys of buckets, queues, database, logs and secrets");
    const context = policyContextOf(this);
    for (const name of storageKeyNames) {
      const key = new SealedKey(this, name, { name, description: `What is kept in ${name}`, policy: storageKeyPolicy(context, name) });
      this.gives(keyOutputName(name), key.arn);
    }
  }
}
