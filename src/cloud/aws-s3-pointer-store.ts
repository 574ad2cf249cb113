import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { resourceIn } from "../aws/place.ts";
import { askForObject, askS3, connectS3 } from "./aws-s3-call.ts";
import type { S3Settings } from "./aws-s3-object-store.ts";
import { ObjectStoreError, refuseBadKey } from "./object-store.ts";
import type { PointerStore } from "./pointer-store.ts";

/**
 * Pointers as objects of S3 that are replaced where their ETag is still the one that was read (S3 user guide, "Conditional writes"): of two writers one is
 * told. Older versions stay for as long as the bucket keeps them. No object lock: it would keep versions, and stop no newer one.
 */
export class S3PointerStore implements PointerStore {
  readonly #client: S3Client;
  readonly #settings: S3Settings;

  /** @throws {PlaceError} where the key is elsewhere. */
  constructor(settings: S3Settings) {
    resourceIn(settings.place, "kms", settings.key);
    this.#client = connectS3(settings);
    this.#settings = settings;
  }

  async read(name: string): Promise<string | null> {
    return (await this.#read(name))?.text ?? null;
  }

  async replace(name: string, before: string | null, text: string): Promise<boolean> {
    const now = await this.#read(name);
    if ((now?.text ?? null) !== before) return false;
    const request = {
      ...this.#object(name),
      Body: text,
      ContentType: "text/plain; charset=utf-8",
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: this.#settings.key,
      BucketKeyEnabled: true,
      ChecksumAlgorithm: "SHA256",
      ...(now === null ? { IfNoneMatch: "*" } : { IfMatch: now.etag }),
    } as const;
    try {
      await askS3(() => this.#client.send(new PutObjectCommand(request)));
      return true;
    } catch (error) {
      if (error instanceof ObjectStoreError && error.code === "exists") return false;
      throw error;
    }
  }

  #read(name: string): Promise<{ readonly text: string; readonly etag: string } | null> {
    const request = this.#object(name);
    return askForObject(async () => {
      const { Body, ETag } = await this.#client.send(new GetObjectCommand(request));
      return { text: await Body!.transformToString("utf8"), etag: ETag! };
    });
  }

  #object(name: string): { readonly Bucket: string; readonly Key: string; readonly ExpectedBucketOwner: string } {
    refuseBadKey(name);
    const { bucket, prefix, owner } = this.#settings;
    return { Bucket: bucket, Key: prefix + name, ExpectedBucketOwner: owner };
  }
}
