import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allowedPlace, endpointIn, placeErrorCodes, resourceIn, sovereignPlace } from "./place.ts";

const frankfurt = { partition: "aws", region: "eu-central-1" } as const;

test("a region is used only where it is on the list and its partition is known", () => {
  assert.deepEqual(allowedPlace("eusc-de-east-1", ["eusc-de-east-1"]), sovereignPlace);
  assert.deepEqual(allowedPlace("eu-central-1", ["eusc-de-east-1", "eu-central-1"]), frankfurt);
  for (const region of ["eu-central-1", "eusc-de-east-2", "", "eusc-de-east-1 "])
    assert.throws(() => allowedPlace(region, ["eusc-de-east-1"]), { name: "PlaceError", code: "region-not-allowed" }, region);
  // The SDK would ask amazonaws.com for the first of them.
  for (const region of ["eusc-fr-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "", "eu-central-1.example"])
    assert.throws(() => allowedPlace(region, [region]), { code: "region-unknown" }, region);
});

test("hosts end as the partition's hosts do", () => {
  assert.equal(endpointIn(sovereignPlace, "kms"), "https://kms.eusc-de-east-1.amazonaws.eu");
  assert.equal(endpointIn(frankfurt, "s3"), "https://s3.eu-central-1.amazonaws.com");
});

test("an ARN of another partition or region is refused, also one that mixes them", () => {
  const queue = "arn:aws-eusc:sqs:eusc-de-east-1:111122223333:parcelkeep.fifo";
  assert.equal(resourceIn(sovereignPlace, "sqs", queue), "parcelkeep.fifo");
  assert.equal(resourceIn(sovereignPlace, "s3", "arn:aws-eusc:s3:::bucket/key"), "bucket/key");
  const refused = [
    ["sqs", queue.replace("aws-eusc", "aws"), "wrong-partition"],
    ["sqs", queue.replace("aws-eusc", "aws-cn"), "wrong-partition"],
    ["s3", "arn:aws:s3:::bucket", "wrong-partition"],
    ["s3", "arn:aws:s3:eusc-de-east-1:111122223333:accesspoint/mine", "wrong-partition"],
    ["sqs", queue.replace("eusc-de-east-1", "eu-central-1"), "wrong-region"],
    ["sqs", queue.replace("eusc-de-east-1", "eusc-de-east-2"), "wrong-region"],
    ["sns", queue, "not-an-arn"],
    ["sqs", "parcelkeep.fifo", "not-an-arn"],
    ["sqs", queue.replace("1111", "x111"), "not-an-arn"],
    ["sqs", "", "not-an-arn"],
  ] as const;
  for (const [service, arn, code] of refused)
    assert.throws(() => resourceIn(sovereignPlace, service, arn), { name: "PlaceError", code }, `${service} ${arn}`);
});

test("the error page lists every code of a wrong place, and no other", () => {
  const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const section = /^## Places of AWS\n([^]*?)(?=^## |$(?![^]))/m.exec(page)?.[1] ?? "";
  const listed = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual(new Set(listed), new Set(placeErrorCodes));
});
