import { join, resolve } from "node:path";
import { ConfigError, readSetting } from "./setting.ts";

/** Where objects are kept, or pointers: a folder of this machine, or a bucket of S3. */
export type ObjectPlace =
  | { readonly kind: "files"; readonly folder: string }
  | { readonly kind: "s3"; readonly bucket: string; readonly prefix: string; readonly key: string; readonly owner: string };

export interface ObjectSettings {
  readonly objects: ObjectPlace;
  /** Where the newest checkpoint of each shard and the log's keys stand. */
  readonly pointers: ObjectPlace;
  /** Where the last signed checkpoint is kept, apart from database and objects. */
  readonly anchor: ObjectPlace;
}

/** @throws {ConfigError} */
export function readObjectSettings(env: NodeJS.ProcessEnv, dataDir: string): ObjectSettings {
  const store = readSetting(env, "PARCELKEEP_OBJECT_STORE");
  const anchor = readSetting(env, "PARCELKEEP_AUDIT_ANCHOR");
  const protection = {
    key: readSetting(env, "PARCELKEEP_OBJECT_STORE_KEY"),
    owner: readSetting(env, "PARCELKEEP_OBJECT_STORE_OWNER"),
  };
  const anchorProtection = {
    key: readSetting(env, "PARCELKEEP_AUDIT_ANCHOR_KEY") ?? protection.key,
    owner: readSetting(env, "PARCELKEEP_AUDIT_ANCHOR_OWNER") ?? protection.owner,
  };
  const objects = store === null ? null : bucketPlace("PARCELKEEP_OBJECT_STORE", store, protection);
  return {
    objects: objects ?? { kind: "files", folder: join(dataDir, "objects") },
    pointers: objects === null ? { kind: "files", folder: join(dataDir, "audit") } : { ...objects, prefix: `${objects.prefix}pointers/` },
    anchor: anchor?.startsWith("s3:")
      ? bucketPlace("PARCELKEEP_AUDIT_ANCHOR", anchor, anchorProtection)
      : { kind: "files", folder: resolve(anchor ?? join(dataDir, "audit-anchor")) },
  };
}

/** No dots in a bucket's name: its host is not covered by the certificate then. No ARN of an access point either, which names a region of its own. */
const bucketForm = /^s3:\/\/([a-z0-9][a-z0-9-]{1,61}[a-z0-9])((?:\/[a-z0-9][a-z0-9_-]*)*)\/?$/;

function bucketPlace(
  name: string,
  text: string,
  { key, owner }: { readonly key: string | null; readonly owner: string | null },
): Extract<ObjectPlace, { kind: "s3" }> {
  const [, bucket, folders] = bucketForm.exec(text) ?? [];
  if (bucket === undefined || folders === undefined) throw new ConfigError(`${name} must be s3://BUCKET or s3://BUCKET/FOLDER`);
  if (key === null) throw new ConfigError(`${name} needs ${name}_KEY, the ARN of the key that its objects are encrypted under`);
  if (owner === null || !/^\d{12}$/.test(owner)) throw new ConfigError(`${name} needs ${name}_OWNER, the account that the bucket is of`);
  return { kind: "s3", bucket, prefix: folders === "" ? "" : `${folders.slice(1)}/`, key, owner };
}
