import { hash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { askS3 } from "./aws-s3-call.ts";

/**
 * Sends a large object in parts, each with its digest; the whole appears at once, under a free key only. What fails is taken back, so that no part is
 * left to be paid for; should that fail too, the bucket's lifecycle rule for incomplete uploads does it.
 * @throws {ObjectStoreError}
 */
export async function putInParts(
  client: S3Client,
  request: CreateMultipartUploadCommandInput,
  bytes: Uint8Array,
  partBytes: number,
): Promise<void> {
  const { Bucket, Key, ExpectedBucketOwner } = request;
  const { UploadId } = await askS3(() => client.send(new CreateMultipartUploadCommand({ ...request, ChecksumType: "COMPOSITE" })));
  const upload = { Bucket, Key, ExpectedBucketOwner, UploadId };
  try {
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined; readonly ChecksumSHA256: string }[] = [];
    for (let from = 0; from < bytes.length; from += partBytes) {
      const Body = bytes.subarray(from, from + partBytes);
      const PartNumber = parts.length + 1;
      const ChecksumSHA256 = hash("sha256", Body, "base64");
      const part = { ...upload, PartNumber, Body, ContentLength: Body.length, ChecksumSHA256 };
      const { ETag } = await askS3(() => client.send(new UploadPartCommand(part)));
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
    }
    const complete = { ...upload, MultipartUpload: { Parts: parts }, ChecksumType: "COMPOSITE", IfNoneMatch: "*" } as const;
    await askS3(() => client.send(new CompleteMultipartUploadCommand(complete)));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    throw error;
  }
}
