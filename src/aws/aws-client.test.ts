import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";
import { awsClient } from "./aws-client.ts";
import { endpointIn, sovereignPlace } from "./place.ts";

const sovereign = { place: sovereignPlace, emulator: null };

function setEnvironment(t: TestContext, settings: Readonly<Record<string, string>>): void {
  Object.assign(process.env, settings);
  t.after(() => Object.keys(settings).forEach((name) => delete process.env[name]));
}

test("asks the host of the partition, whatever the environment says", async (t) => {
  setEnvironment(t, {
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL: "https://hidden.example",
    AWS_ENDPOINT_URL_KMS: "https://hidden.example",
    AWS_USE_DUALSTACK_ENDPOINT: "true",
    AWS_USE_FIPS_ENDPOINT: "true",
  });
  const { config } = awsClient(KMSClient, "kms", sovereign);
  assert.equal((await config.endpoint!()).hostname, "kms.eusc-de-east-1.amazonaws.eu");
  assert.deepEqual(
    [await config.region(), await config.useDualstackEndpoint(), await config.useFipsEndpoint()],
    ["eusc-de-east-1", false, false],
  );
});

test("names the hosts that the SDK's own rules give for the place", () => {
  const asked = { Region: sovereignPlace.region, UseDualStack: false, UseFIPS: false };
  const ofSdk = {
    kms: new KMSClient({ region: sovereignPlace.region }).config.endpointProvider(asked),
    s3: new S3Client({ region: sovereignPlace.region }).config.endpointProvider(asked),
    ssm: new SSMClient({ region: sovereignPlace.region }).config.endpointProvider(asked),
  };
  for (const [service, { url }] of Object.entries(ofSdk)) assert.equal(url.origin, endpointIn(sovereignPlace, service));
});

test("tells a service nothing of its host, system or runtime", async (t) => {
  setEnvironment(t, { AWS_SDK_UA_APP_ID: "hidden", AWS_EXECUTION_ENV: "hidden" });
  const { headers, endpoint } = await listening(t);
  const emulator = { endpoint, credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none" } };
  await awsClient(KMSClient, "kms", { place: sovereignPlace, emulator }).send(new DescribeKeyCommand({ KeyId: "none" }));
  for (const name of ["user-agent", "x-amz-user-agent"] as const)
    assert.match(String(headers()[name] ?? "parcelkeep"), /^parcelkeep(?: m\/[A-Za-z0-9,+/]+)?$/, name);
});

/** A service that answers everything with an empty object. */
async function listening(t: TestContext): Promise<{ readonly headers: () => IncomingHttpHeaders; readonly endpoint: string }> {
  let last: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    last = request.headers;
    request.resume();
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  return { headers: () => last, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
