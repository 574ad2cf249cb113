import assert from "node:assert/strict";
import { test } from "node:test";
import { readObjectSettings } from "./object-settings.ts";
import { ConfigError } from "./setting.ts";

const key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";
const bucket = {
  PARCELKEEP_OBJECT_STORE: "s3://objects/eu1",
  PARCELKEEP_OBJECT_STORE_KEY: key,
  PARCELKEEP_OBJECT_STORE_OWNER: "111122223333",
};
const inS3 = { kind: "s3", bucket: "objects", prefix: "eu1/", key, owner: "111122223333" } as const;

test("without a setting, objects, pointers and anchor are folders of the data folder", () => {
  assert.deepEqual(readObjectSettings({}, "/data"), {
    objects: { kind: "files", folder: "/data/objects" },
    pointers: { kind: "files", folder: "/data/audit" },
    anchor: { kind: "files", folder: "/data/audit-anchor" },
  });
});

test("objects and pointers go to a bucket; the anchor stays where it is until it is named too", () => {
  const { objects, pointers, anchor } = readObjectSettings(bucket, "/data");
  assert.deepEqual([objects, pointers], [inS3, { ...inS3, prefix: "eu1/pointers/" }]);
  assert.deepEqual(anchor, { kind: "files", folder: "/data/audit-anchor" });
  const elsewhere = { ...bucket, PARCELKEEP_AUDIT_ANCHOR: "s3://anchor", PARCELKEEP_AUDIT_ANCHOR_OWNER: "444455556666" };
  assert.deepEqual(readObjectSettings(elsewhere, "/data").anchor, { ...inS3, bucket: "anchor", prefix: "", owner: "444455556666" });
});

test("refuses a bucket in another form, or without its key and its owner", () => {
  for (const change of [
    { PARCELKEEP_OBJECT_STORE: "objects" },
    { PARCELKEEP_OBJECT_STORE: "s3://a.bucket.with.dots" },
    { PARCELKEEP_OBJECT_STORE: "s3://objects/../other" },
    { PARCELKEEP_OBJECT_STORE: "s3://arn:aws:s3:eusc-de-east-1:111122223333:accesspoint/mine" },
    { PARCELKEEP_OBJECT_STORE: "https://objects.s3.example" },
    { PARCELKEEP_OBJECT_STORE_KEY: undefined },
    { PARCELKEEP_OBJECT_STORE_OWNER: "me" },
  ])
    assert.throws(() => readObjectSettings({ ...bucket, ...change }, "/data"), ConfigError, JSON.stringify(change));
});
