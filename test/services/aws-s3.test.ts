import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { awsClient } from "../../src/aws/aws-client.ts";
import { S3ObjectStore, type S3Settings } from "../../src/cloud/aws-s3-object-store.ts";
import { S3PointerStore } from "../../src/cloud/aws-s3-pointer-store.ts";
import { pointerStoreContract } from "../../src/cloud/pointer-store.contract.ts";
import { keysIn, objectStoreContract } from "../../src/cloud/object-store.contract.ts";
import { emulatedBucket } from "../support/emulated-bucket.ts";

/*
 * The contract over the wire against moto's server (PyPI `moto[server]`, 5.2.5): PARCELKEEP_TEST_AWS_ENDPOINT=http://127.0.0.1:5000.
 *
 * What holds here holds against an S3 that others wrote: the wire format, conditional writes, digests, ranges, pages, parts, an object lock that outlasts its
 * writer. What an emulator cannot prove, and this one does not try:
 * - Policies of bucket, key, role and endpoint: moto knows no conditions (shown below, so that we learn when that changes).
 * - The retention of an object that came in parts: moto forgets it (shown below).
 * - That the lock holds against the account's root, and that the bytes are encrypted under the key: moto notes the key's name.
 * - Conflicts (409) between writers at the same moment, throttling, the owner of a bucket, the host names of the region.
 */
const endpoint = process.env["PARCELKEEP_TEST_AWS_ENDPOINT"];
if (endpoint === undefined) {
  test("objects in S3 on an emulator", { skip: "PARCELKEEP_TEST_AWS_ENDPOINT names no emulator" }, () => {});
} else {
  runAgainst(endpoint);
}

function runAgainst(moto: string): void {
  const until = new Date("2036-01-01T00:00:00Z");
  const retained = { retainUntil: until };

  objectStoreContract(
    "S3 on moto",
    async () => ({ store: new S3ObjectStore({ ...(await emulatedBucket(moto)), pageKeys: 7 }), close: async () => {} }),
    30,
  );

  pointerStoreContract("S3 on moto, pointers", async () => ({
    store: new S3PointerStore(await emulatedBucket(moto)),
    close: async () => {},
  }));

  // One after the other: at the same moment moto takes both, which S3 says it does not.
  test("S3 on moto, pointers: of two writers who have read the same, the second is told", async () => {
    const settings = await emulatedBucket(moto);
    const [one, two] = [new S3PointerStore(settings), new S3PointerStore(settings)];
    await one.replace("a", null, "zero");
    assert.equal(await one.replace("a", "zero", "one"), true);
    assert.equal(await two.replace("a", "zero", "two"), false);
    assert.equal(await two.read("a"), "one");
  });

  const newStore = async (own: Partial<S3Settings> = {}) => {
    const settings = { ...(await emulatedBucket(moto)), ...own };
    return { store: new S3ObjectStore(settings), settings, s3: awsClient(S3Client, "s3", settings) };
  };

  test("S3 on moto: a large object goes in parts and comes back whole, and no upload is left", async () => {
    const { store, settings, s3 } = await newStore({ partBytes: 5 * 1024 * 1024 });
    const large = randomBytes(11 * 1024 * 1024);
    await store.put("large", large);
    assert.ok(large.equals((await store.get("large"))!));
    assert.deepEqual(
      Buffer.from((await store.getRange("large", 5 * 1024 * 1024 - 2, 4))!),
      large.subarray(5 * 1024 * 1024 - 2, 5 * 1024 * 1024 + 2),
    );
    const head = await store.head("large");
    assert.deepEqual([head?.bytes, head?.sha256], [large.length, undefined]);
    await assert.rejects(store.put("large", large), { code: "exists" });
    await assert.rejects(store.put("large", Buffer.from("x")), { code: "exists" });
    assert.deepEqual((await s3.send(new ListMultipartUploadsCommand({ Bucket: settings.bucket }))).Uploads ?? [], []);
  });

  test("moto: forgets the retention of an object that came in parts, and the store notices", async () => {
    const { store } = await newStore({ partBytes: 5 * 1024 * 1024 });
    // S3 takes it with CreateMultipartUpload (API reference); for the embedded default's segment size of 8 MiB nothing goes in parts.
    await assert.rejects(store.put("large", Buffer.alloc(6 * 1024 * 1024), retained), { code: "unprotected" });
  });

  test("S3 on moto: a version that is retained is not deleted and its date is not brought forward, whoever asks", async () => {
    const { store, settings, s3 } = await newStore();
    await store.put("kept", Buffer.from("x"), retained);
    const { bucket: Bucket, prefix } = settings;
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const version = { Bucket, Key: `${prefix}kept`, VersionId: Versions![0]!.VersionId };
    await assert.rejects(s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })), { name: "AccessDenied" });
    const sooner = { Mode: "COMPLIANCE", RetainUntilDate: new Date("2030-01-01T00:00:00Z") } as const;
    await s3.send(new PutObjectRetentionCommand({ ...version, Retention: sooner })).catch(() => {});
    // S3 refuses it; moto takes it. See the head of this file.
    const isMotos = (await store.head("kept"))?.retainUntil?.getTime() === sooner.RetainUntilDate.getTime();
    assert.ok(isMotos || (await store.head("kept"))?.retainUntil?.getTime() === until.getTime());
  });

  test("S3 on moto: behind a delete marker the key is free again and the retained version stays", async () => {
    const { store, settings, s3 } = await newStore();
    await store.put("hidden", Buffer.from("first"), retained);
    const object = { Bucket: settings.bucket, Key: `${settings.prefix}hidden` };
    await s3.send(new DeleteObjectCommand(object));
    // Why the bucket's policy has to deny s3:DeleteObject to everybody (docs/operations/aws.md).
    assert.equal(await store.get("hidden"), null);
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: settings.bucket }));
    const { Body } = await s3.send(new GetObjectCommand({ ...object, VersionId: Versions![0]!.VersionId }));
    assert.equal(await Body!.transformToString(), "first");
  });

  test("S3 on moto: a bucket without an object lock takes nothing that is to be retained", async () => {
    const { store } = await newStore(await emulatedBucket(moto, { lock: false }));
    await assert.rejects(store.put("a", Buffer.from("x"), retained), { code: "unprotected" });
    assert.deepEqual(await keysIn(store), []);
  });

  test("S3 on moto: a bucket that is not there is a wrong setting, and no empty store", async () => {
    const { store } = await newStore({ bucket: "not-there" });
    await assert.rejects(store.put("a", Buffer.from("x")), { code: "refused" });
    await assert.rejects(keysIn(store), { code: "refused" });
  });

  test("moto: knows no conditions of a policy and refuses what this one lets through, so policies are not proven here", async () => {
    const { store, settings, s3 } = await newStore();
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:PutObject",
          Resource: `arn:aws-eusc:s3:::${settings.bucket}/*`,
          Condition: { StringNotEquals: { "s3:x-amz-server-side-encryption-aws-kms-key-id": settings.key } },
        },
      ],
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket: settings.bucket, Policy }));
    await assert.rejects(store.put("a", Buffer.from("x")), { code: "refused" });
  });
}
