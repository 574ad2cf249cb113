import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { sovereignPlace } from "../aws/place.ts";
import { S3ObjectStore } from "./aws-s3-object-store.ts";
import type { ObjectStoreError } from "./object-store.ts";

/*
 * What S3 would never do by itself, and what a wrong setting, a proxy or an emulator does: answers that are not what was asked for. The contract itself runs
 * against an emulator that others wrote (test/services/aws-s3.test.ts).
 */

const key = "arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";
const until = new Date("2036-01-01T00:00:00Z");
const bytes = Buffer.from("sealed");
const digest = hash("sha256", bytes, "buffer");

interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
}
type Headers = Readonly<Record<string, string>>;
interface Reply {
  readonly status: number;
  readonly headers?: Headers;
  readonly body?: string | Buffer;
}

/** A store whose S3 answers like this; null cuts the connection. */
async function storeOn(
  t: TestContext,
  answer: (call: Call) => Reply | null,
  own: { readonly partBytes?: number } = {},
): Promise<{ readonly store: S3ObjectStore; readonly calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      const call = { method: request.method!, url: new URL(request.url!, "http://s3.test"), headers: request.headers };
      calls.push(call);
      const reply = answer(call);
      if (reply === null) request.socket.destroy();
      else response.writeHead(reply.status, { "x-amz-request-id": "REQ1", ...reply.headers }).end(reply.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const emulator = { endpoint, credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" } };
  const settings = { place: sovereignPlace, emulator, bucket: "objects", prefix: "eu1/", key, owner: "111122223333", ...own };
  return { store: new S3ObjectStore(settings), calls };
}

const goodHead: Headers = {
  "content-length": String(bytes.length),
  "x-amz-server-side-encryption": "aws:kms",
  "x-amz-server-side-encryption-aws-kms-key-id": key,
  "x-amz-object-lock-mode": "COMPLIANCE",
  "x-amz-object-lock-retain-until-date": until.toISOString(),
  "x-amz-checksum-sha256": digest.toString("base64"),
  "x-amz-meta-sha256": digest.toString("hex"),
};
const failure = (status: number, code: string): Reply => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<Error><Code>${code}</Code><Message>hidden ${key} objects eu1/a</Message></Error>`,
});

test("a put names the one key, its digest, the bucket's owner and its retention, and takes no key that is not free", async (t) => {
  const { store, calls } = await storeOn(t, ({ method }) => ({ status: 200, ...(method === "HEAD" ? { headers: goodHead } : {}) }));
  await store.put("a/b", bytes, { retainUntil: new Date(until.getTime() - 1) });
  const [put, head] = calls;
  assert.deepEqual(
    [put!.method, put!.url.pathname, head!.method, head!.url.pathname],
    ["PUT", "/objects/eu1/a/b", "HEAD", "/objects/eu1/a/b"],
  );
  const sent = {
    "if-none-match": "*",
    "x-amz-checksum-sha256": digest.toString("base64"),
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": key,
    "x-amz-server-side-encryption-bucket-key-enabled": "true",
    "x-amz-object-lock-mode": "COMPLIANCE",
    "x-amz-object-lock-retain-until-date": "2036-01-01T00:00:00Z",
    "x-amz-expected-bucket-owner": "111122223333",
  };
  for (const [name, value] of Object.entries(sent)) assert.equal(put!.headers[name], value, name);
  assert.equal(head!.headers["x-amz-expected-bucket-owner"], "111122223333");
});

for (const [what, change, code] of [
  ["has no retention", { "x-amz-object-lock-mode": undefined, "x-amz-object-lock-retain-until-date": undefined }, "unprotected"],
  ["is retained less long", { "x-amz-object-lock-retain-until-date": "2035-12-31T23:59:59Z" }, "unprotected"],
  ["is retained in the mode that can be bypassed", { "x-amz-object-lock-mode": "GOVERNANCE" }, "unprotected"],
  ["is encrypted under another key", { "x-amz-server-side-encryption-aws-kms-key-id": key.replace("1111", "2222") }, "unprotected"],
  ["is encrypted by S3's own keys", { "x-amz-server-side-encryption": "AES256" }, "unprotected"],
  ["has another digest", { "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") }, "damaged"],
  ["has no digest", { "x-amz-checksum-sha256": undefined }, "damaged"],
  ["has another length", { "content-length": "5" }, "damaged"],
] as const) {
  test(`a put is not done where the object that stands there ${what}`, async (t) => {
    const headers = Object.fromEntries(Object.entries({ ...goodHead, ...change }).filter(([, value]) => value !== undefined)) as Headers;
    const { store } = await storeOn(t, ({ method }) => ({ status: 200, ...(method === "HEAD" ? { headers } : {}) }));
    await assert.rejects(store.put("a", bytes, { retainUntil: until }), { name: "ObjectStoreError", code });
  });
}

test("bytes that changed in the store or on the way are not given out", async (t) => {
  const { store } = await storeOn(t, () => ({ status: 200, headers: { "x-amz-meta-sha256": digest.toString("hex") }, body: "sealeD" }));
  await assert.rejects(store.get("a"), { code: "damaged" });
});

test("an object that somebody else put, without a digest, is not given out", async (t) => {
  const { store } = await storeOn(t, () => ({ status: 200, body: bytes }));
  await assert.rejects(store.get("a"), { code: "damaged" });
});

for (const [status, name, code] of [
  [412, "PreconditionFailed", "exists"],
  [403, "AccessDenied", "refused"],
  [404, "NoSuchBucket", "refused"],
  [301, "PermanentRedirect", "refused"],
  [400, "InvalidRequest", "unprotected"],
  [400, "KMS.DisabledException", "refused"],
  [503, "SlowDown", "unavailable"],
  [500, "InternalError", "unavailable"],
  [400, "SomethingNew", "unavailable"],
] as const) {
  test(`${status} ${name} is told as ${code}, without key, bucket or ARN`, async (t) => {
    const { store } = await storeOn(t, () => failure(status, name));
    await assert.rejects(store.put("a", bytes), (error: ObjectStoreError) => {
      assert.deepEqual([error.name, error.code], ["ObjectStoreError", code]);
      const shown = inspect(error, { depth: 9, showHidden: true });
      for (const hidden of ["hidden", "arn:aws", "objects/", "eu1/", "AKIAEXAMPLE"])
        assert.ok(!shown.includes(hidden), `${hidden} in ${shown}`);
      assert.match(shown, /request REQ1/);
      return true;
    });
  });
}

test("a store that cuts every connection is unavailable", async (t) => {
  const { store } = await storeOn(t, () => null);
  await assert.rejects(store.get("a"), { name: "ObjectStoreError", code: "unavailable" });
});

test("of two writers at the same moment, the one that S3 puts off asks again", async (t) => {
  const answers = [
    failure(409, "ConditionalRequestConflict"),
    failure(409, "ConditionalRequestConflict"),
    failure(412, "PreconditionFailed"),
  ];
  const { store } = await storeOn(t, () => answers.shift()!);
  await assert.rejects(store.put("a", bytes), { code: "exists" });
  const always = await storeOn(t, () => failure(409, "ConditionalRequestConflict"));
  await assert.rejects(always.store.put("a", bytes), { code: "unavailable" });
});

test("an upload in parts that fails is taken back", async (t) => {
  const begun = "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>";
  const answer = ({ method, url }: Call): Reply => {
    if (method === "POST" && url.searchParams.has("uploads"))
      return { status: 200, headers: { "content-type": "application/xml" }, body: begun };
    if (method === "PUT" && url.searchParams.get("partNumber") === "1") return { status: 200, headers: { etag: '"1"' } };
    return method === "DELETE" ? { status: 204 } : failure(403, "AccessDenied");
  };
  const { store, calls } = await storeOn(t, answer, { partBytes: 4 });
  await assert.rejects(store.put("large", bytes), { code: "refused" });
  assert.deepEqual(
    calls.map(({ method, url }) => `${method} ${url.searchParams.get("partNumber") ?? ""}`.trim()),
    ["POST", "PUT 1", "PUT 2", "DELETE"],
  );
  assert.equal(calls.at(-1)!.url.searchParams.get("uploadId"), "upload-1");
});

test("a key of another partition or region is refused before anything is asked", () => {
  const settings = { place: sovereignPlace, emulator: null, bucket: "objects", prefix: "", owner: "111122223333" };
  for (const [elsewhere, code] of [
    [key.replace("aws-eusc", "aws"), "wrong-partition"],
    [key.replace("eusc-de-east-1", "eu-central-1"), "wrong-region"],
  ] as const)
    assert.throws(() => new S3ObjectStore({ ...settings, key: elsewhere }), { name: "PlaceError", code });
});
