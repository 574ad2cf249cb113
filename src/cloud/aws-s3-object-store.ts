import { hash } from "node:crypto";
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { setTimeout as wait } from "node:timers/promises";
import type { AwsConnection } from "../aws/connection.ts";
import { resourceIn } from "../aws/place.ts";
import { askForObject, askS3, connectS3 } from "./aws-s3-call.ts";
import { putInParts } from "./aws-s3-parts.ts";
import { ObjectStoreError, refuseBadKey } from "./object-store.ts";
import type { ObjectHead, ObjectStore, PutOptions } from "./object-store.ts";

export interface S3Settings extends AwsConnection {
  readonly bucket: string;
  /** "" or ending in a slash. */
  readonly prefix: string;
  /** ARN of the one key that objects are encrypted under. */
  readonly key: string;
  /** Account that the bucket must be of: a bucket's name alone may be somebody else's tomorrow. */
  readonly owner: string;
  /** A larger object is sent in parts of this size. Tests make it smaller; S3 takes no part below 5 MiB but the last. */
  readonly partBytes?: number;
  /** Keys that one answer lists; S3's own most is 1,000. Tests make it smaller. */
  readonly pageKeys?: number;
}

const usualPartBytes = 64 * 1024 * 1024;
/** S3 answers 409 to one of two conditional writes at the same moment ("Conditional writes"); asked again, it knows which came first. */
const conflictsMax = 5;
const conflictWaitMs = 50;

/**
 * Objects in a bucket of S3 that has an object lock: encrypted under one key, written once, retained in compliance mode.
 *
 * A put goes: SHA-256 of the bytes, PutObject that S3 takes only under a free key and with this digest, then the object's head is read back. What S3
 * says there about encryption, length, digest and retention must be what was asked for; only then is the put done.
 *
 * What this program cannot see to is for the bucket's policy: that nobody hides an object behind a delete marker, after which its key is free again.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #client: S3Client;
  readonly #settings: S3Settings;
  readonly #partBytes: number;

  /** @throws {PlaceError} where the key is elsewhere. */
  constructor(settings: S3Settings) {
    resourceIn(settings.place, "kms", settings.key);
    this.#client = connectS3(settings);
    this.#settings = settings;
    this.#partBytes = settings.partBytes ?? usualPartBytes;
  }

  async put(key: string, bytes: Uint8Array, { retainUntil }: PutOptions = {}): Promise<void> {
    const digest = hash("sha256", bytes, "buffer");
    const until = retainUntil === undefined ? null : wholeSeconds(retainUntil);
    const request = {
      ...this.#object(key),
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: this.#settings.key,
      BucketKeyEnabled: true,
      ChecksumAlgorithm: "SHA256",
      // Of the whole, also where S3 has digests of parts only.
      Metadata: { sha256: digest.toString("hex") },
      ...(until === null ? {} : { ObjectLockMode: "COMPLIANCE" as const, ObjectLockRetainUntilDate: until }),
    } as const;
    if (bytes.length > this.#partBytes) await putInParts(this.#client, request, bytes, this.#partBytes);
    else await this.#putWhole({ ...request, ChecksumSHA256: digest.toString("base64"), ContentLength: bytes.length, Body: bytes });
    await this.#requireStored(key, bytes.length, digest, until);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const found = await this.#body(key);
    if (found === null) return null;
    if (found.sha256 !== hash("sha256", found.bytes, "hex"))
      throw new ObjectStoreError("damaged", `the ${found.bytes.length} bytes are not those that were put`);
    return found.bytes;
  }

  async head(key: string): Promise<ObjectHead | null> {
    const head = await this.#head(key);
    if (head === null) return null;
    const digest = Buffer.from(head.ChecksumSHA256 ?? "", "base64");
    return {
      bytes: head.ContentLength ?? 0,
      // S3 vouches for the whole only where it came in one part.
      ...(digest.length === 32 && head.ChecksumType !== "COMPOSITE" ? { sha256: digest.toString("hex") } : {}),
      retainUntil: head.ObjectLockMode === "COMPLIANCE" ? (head.ObjectLockRetainUntilDate ?? null) : null,
    };
  }

  async getRange(key: string, offset: number, length: number): Promise<Uint8Array | null> {
    // A range cannot be empty (RFC 9110, section 14.1.1).
    const found = await this.#body(key, `bytes=${offset}-${offset + Math.max(1, length) - 1}`);
    if (found === null) return null;
    if (found.bytes.length < length) throw new ObjectStoreError("out-of-range", `${length} bytes from ${offset} go beyond the object`);
    return found.bytes.subarray(0, length);
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const { bucket: Bucket, owner: ExpectedBucketOwner, prefix: own } = this.#settings;
    let ContinuationToken: string | undefined;
    do {
      const request = { Bucket, ExpectedBucketOwner, Prefix: own + prefix, MaxKeys: this.#settings.pageKeys, ContinuationToken };
      const page = await askS3(() => this.#client.send(new ListObjectsV2Command(request)));
      for (const { Key } of page.Contents ?? []) yield Key!.slice(own.length);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async #putWhole(request: Omit<ConstructorParameters<typeof PutObjectCommand>[0], "IfNoneMatch">): Promise<void> {
    for (let conflicts = 0; ; conflicts++) {
      try {
        await this.#client.send(new PutObjectCommand({ ...request, IfNoneMatch: "*" }));
        return;
      } catch (error) {
        if ((error as Error).name !== "ConditionalRequestConflict" || conflicts >= conflictsMax)
          await askS3(() => Promise.reject(error as Error));
      }
      await wait(conflictWaitMs);
    }
  }

  /** A retention that was asked for and is not there is no retention, whatever the answer to the put was. */
  async #requireStored(key: string, bytes: number, digest: Buffer, until: Date | null): Promise<void> {
    const head = await this.#head(key);
    if (head === null) throw new ObjectStoreError("unavailable", "the object was put and is not found");
    const kept = head.ObjectLockMode === "COMPLIANCE" ? (head.ObjectLockRetainUntilDate?.getTime() ?? 0) : 0;
    if (until !== null && kept < until.getTime()) throw new ObjectStoreError("unprotected", "the object is not retained until its date");
    if (head.ServerSideEncryption !== "aws:kms" || head.SSEKMSKeyId !== this.#settings.key)
      throw new ObjectStoreError("unprotected", "the object is not encrypted under the key");
    if (head.ContentLength !== bytes || head.Metadata?.["sha256"] !== digest.toString("hex"))
      throw new ObjectStoreError("damaged", "the object is not the one that was put");
    const isWhole = head.ChecksumType !== "COMPOSITE" && !head.ChecksumSHA256?.includes("-");
    if (isWhole && head.ChecksumSHA256 !== digest.toString("base64"))
      throw new ObjectStoreError("damaged", "the store has another digest of the object");
  }

  async #body(key: string, range?: string): Promise<{ readonly bytes: Uint8Array; readonly sha256: string | undefined } | null> {
    const request = { ...this.#object(key), ...(range === undefined ? {} : { Range: range }) };
    return askForObject(async () => {
      const { Body, Metadata } = await this.#client.send(new GetObjectCommand(request));
      // Read in here: an answer that breaks off fails as the store's.
      return { bytes: await Body!.transformToByteArray(), sha256: Metadata?.["sha256"] };
    });
  }

  #head(key: string): Promise<HeadObjectCommandOutput | null> {
    const request = { ...this.#object(key), ChecksumMode: "ENABLED" } as const;
    return askForObject(() => this.#client.send(new HeadObjectCommand(request)));
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string; readonly ExpectedBucketOwner: string } {
    refuseBadKey(key);
    const { bucket, prefix, owner } = this.#settings;
    return { Bucket: bucket, Key: prefix + key, ExpectedBucketOwner: owner };
  }
}

/** S3 keeps whole seconds; the next one, so that nothing is kept shorter than asked. */
function wholeSeconds(moment: Date): Date {
  if (Number.isNaN(moment.getTime())) throw new RangeError("a retention needs a valid date");
  return new Date(Math.ceil(moment.getTime() / 1000) * 1000);
}
