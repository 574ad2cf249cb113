import { FilesObjectStore } from "../../cloud/files-object-store.ts";
import { FilesPointerStore } from "../../cloud/files-pointer-store.ts";
import type { ObjectStore } from "../../cloud/object-store.ts";
import type { PointerStore } from "../../cloud/pointer-store.ts";
import type { Config } from "../config.ts";
import type { ObjectPlace } from "./object-settings.ts";

/** For a process that writes objects. @throws {PlaceError} @throws {ObjectStoreError} */
export async function objectStoreOf({ objects, aws }: Pick<Config, "objects" | "aws">): Promise<ObjectStore> {
  return objects.kind === "files" ? FilesObjectStore.open(objects.folder, new Date()) : s3Objects(objects, aws);
}

/** For a process that only reads, and may write nowhere. */
export async function readerOf({ objects, aws }: Pick<Config, "objects" | "aws">): Promise<ObjectStore> {
  return objects.kind === "files" ? FilesObjectStore.ofReader(objects.folder) : s3Objects(objects, aws);
}

/** Of the audit log: the newest checkpoint of each shard, and its keys. */
export function pointersOf({ pointers, aws }: Pick<Config, "pointers" | "aws">): Promise<PointerStore> {
  return pointerStore(pointers, aws);
}

/** The last signed checkpoint of each shard. */
export function anchorOf({ anchor, aws }: Pick<Config, "anchor" | "aws">): Promise<PointerStore> {
  return pointerStore(anchor, aws);
}

/** The SDK is loaded where it is used. */
async function s3Objects(place: Extract<ObjectPlace, { kind: "s3" }>, aws: Config["aws"]): Promise<ObjectStore> {
  const { S3ObjectStore } = await import("../../cloud/aws-s3-object-store.ts");
  return new S3ObjectStore({ ...aws, ...place });
}

async function pointerStore(place: ObjectPlace, aws: Config["aws"]): Promise<PointerStore> {
  if (place.kind === "files") return new FilesPointerStore(place.folder);
  const { S3PointerStore } = await import("../../cloud/aws-s3-pointer-store.ts");
  return new S3PointerStore({ ...aws, ...place });
}
