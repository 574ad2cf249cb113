import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, test } from "node:test";
import { KMSClient } from "@aws-sdk/client-kms";
import { answer, type KeyProperties, type Request } from "./handler.ts";
import { handlerSource } from "./key-maker.ts";

const arn = "arn:aws-eusc:kms:eusc-de-east-1:200000000002:key/11111111-1111-4111-8111-111111111111";
const wanted: KeyProperties = {
  Origin: "EXTERNAL_KEY_STORE",
  CustomKeyStoreId: "cks-1234567890abcdef0",
  XksKeyId: "vault-1",
  Alias: "alias/parcelkeep-wrapping",
  Description: "wraps",
  Policy: '{"Version":"2012-10-17","Statement":[]}',
};

/** KMS as far as the handler goes, over HTTP as the SDK speaks it; knows one store and its keys by alias. */
class FakeKms {
  connection = "CONNECTED";
  readonly aliases = new Map<string, string>();
  readonly created: Record<string, unknown>[] = [];
  readonly asked: string[] = [];

  respond(operation: string, input: Record<string, unknown>): [status: number, body: object] {
    this.asked.push(operation);
    switch (operation) {
      case "DescribeKey": {
        const found = this.aliases.get(String(input["KeyId"]));
        return found === undefined ? [400, { __type: "NotFoundException" }] : [200, { KeyMetadata: { KeyId: "1", Arn: found } }];
      }
      case "DescribeCustomKeyStores":
        return [200, { CustomKeyStores: [{ CustomKeyStoreId: input["CustomKeyStoreId"], ConnectionState: this.connection }] }];
      case "CreateKey":
        this.created.push(input);
        return [200, { KeyMetadata: { KeyId: "1", Arn: arn } }];
      case "CreateAlias":
        this.aliases.set(String(input["AliasName"]), String(input["TargetKeyId"]));
        return [200, {}];
      default:
        return [400, { __type: "UnsupportedOperationException" }];
    }
  }
}

interface Answer {
  readonly Status: "SUCCESS" | "FAILED";
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
  readonly Data?: { readonly Arn: string };
}

const servers: { close(): void }[] = [];
after(() => servers.forEach((server) => server.close()));

async function serve(handle: (request: IncomingMessage, body: string, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => handle(request, Buffer.concat(chunks).toString(), response));
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Sends one request through the handler, and gives what CloudFormation was told. */
async function ask(kms: FakeKms, change: Partial<Request>): Promise<Answer> {
  const told: Answer[] = [];
  const cloudFormation = await serve((request, body, response) => {
    assert.equal(request.method, "PUT");
    told.push(JSON.parse(body) as Answer);
    response.end();
  });
  const endpoint = await serve((request, body, response) => {
    const operation = String(request.headers["x-amz-target"]).replace("TrentService.", "");
    const [status, answered] = kms.respond(operation, JSON.parse(body) as Record<string, unknown>);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answered));
  });
  const client = new KMSClient({
    region: "eusc-de-east-1",
    endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  const request: Request = {
    RequestType: "Create",
    ResponseURL: `${cloudFormation}/answer`,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Key",
    ResourceProperties: wanted,
    ...change,
  };
  await answer(request, client);
  client.destroy();
  assert.equal(told.length, 1);
  return told[0]!;
}

describe("the maker of keys in a custom store", () => {
  test("makes the key in its store, with its final policy, under its alias", async () => {
    const kms = new FakeKms();
    const told = await ask(kms, {});
    assert.deepEqual([told.Status, told.PhysicalResourceId, told.Data], ["SUCCESS", arn, { Arn: arn }]);
    assert.deepEqual(kms.created, [
      {
        Origin: "EXTERNAL_KEY_STORE",
        CustomKeyStoreId: "cks-1234567890abcdef0",
        XksKeyId: "vault-1",
        Description: "wraps",
        Policy: wanted.Policy,
        BypassPolicyLockoutSafetyCheck: true,
      },
    ]);
    assert.equal(kms.aliases.get(wanted.Alias), arn);
  });

  test("finds what the first attempt made when it is asked again", async () => {
    const kms = new FakeKms();
    await ask(kms, {});
    assert.equal((await ask(kms, {})).PhysicalResourceId, arn);
    assert.equal(kms.created.length, 1);
  });

  test("makes nothing in a store that is not connected, and says in which state it is", async () => {
    const kms = new FakeKms();
    kms.connection = "DISCONNECTED";
    const told = await ask(kms, {});
    assert.equal(told.Status, "FAILED");
    assert.match(told.Reason!, /must be connected, and is: DISCONNECTED/);
    assert.equal(kms.created.length, 0);
  });

  test("refuses to delete a key, without asking KMS anything", async () => {
    const kms = new FakeKms();
    const told = await ask(kms, { RequestType: "Delete", PhysicalResourceId: arn });
    assert.equal(told.Status, "FAILED");
    assert.match(told.Reason!, /a stack does not delete keys/);
    assert.deepEqual(kms.asked, []);
  });

  test("lets a failed creation be taken back", async () => {
    const kms = new FakeKms();
    kms.connection = "FAILED";
    const { PhysicalResourceId } = await ask(kms, {});
    assert.equal((await ask(kms, { RequestType: "Delete", PhysicalResourceId })).Status, "SUCCESS");
  });

  test("changes nothing of a key: neither its store nor who may use it", async () => {
    const kms = new FakeKms();
    await ask(kms, {});
    for (const change of [{ Policy: "{}" }, { CustomKeyStoreId: "cks-other" }, { XksKeyId: "vault-2" }, { Alias: "alias/other" }]) {
      const told = await ask(kms, {
        RequestType: "Update",
        PhysicalResourceId: arn,
        OldResourceProperties: wanted,
        ResourceProperties: { ...wanted, ...change },
      });
      assert.equal(told.Status, "FAILED");
      assert.match(told.Reason!, new RegExp(Object.keys(change)[0]!));
      assert.equal(told.PhysicalResourceId, arn);
    }
  });

  test("takes another description for no change", async () => {
    const kms = new FakeKms();
    await ask(kms, {});
    const told = await ask(kms, {
      RequestType: "Update",
      PhysicalResourceId: arn,
      OldResourceProperties: wanted,
      ResourceProperties: { ...wanted, Description: "wraps, still" },
    });
    assert.equal(told.Status, "SUCCESS");
  });

  test("fits into a template, and brings no SDK along", () => {
    const source = handlerSource();
    assert.ok(source.length < 8_192, `${source.length} bytes`);
    assert.equal(source, handlerSource());
  });
});
