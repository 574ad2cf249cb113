import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { RunningProgram } from "../support/running-program.ts";

describe("addresses that are told of changes", async () => {
  const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  after(() => receiver.close());
  const receiverHost = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const program = new RunningProgram({ PARCELKEEP_EGRESS_TEST_HOSTS: receiverHost });
  let [key, anotherKey] = ["", ""];

  before(async () => {
    await program.start();
    key = JSON.parse(program.command("tenants", "create", "--name", "Shop", "--json")).apiKey;
    anotherKey = JSON.parse(program.command("tenants", "create", "--name", "Another", "--json")).apiKey;
  });
  after(() => program.remove());

  const call = (method: string, path: string, body?: object, by = key) =>
    program.call(`/v1/webhook-endpoints${path}`, {
      method,
      key: by,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const url = "https://shop.example/hooks/parcelkeep";

  test("are made, and show their secret once", async () => {
    const made = await call("POST", "", { url });
    assert.equal(made.status, 201, made.text);
    const { id, secret, signature, state } = made.json();
    assert.match(secret, /^whsec_/);
    assert.deepEqual([signature, state], ["hmac", "active"]);
    const shown = await call("GET", `/${id}`);
    assert.deepEqual([shown.status, shown.json().url, shown.json().secrets], [200, url, 1]);
    assert.ok(!(await call("GET", "")).text.includes("whsec_"));
    await call("DELETE", `/${id}`);
  });

  test("are told of a parcel that was registered, signed and without a word of the person", async () => {
    const { secret, id } = (await call("POST", "", { url: `http://${receiverHost}/hooks` })).json();
    const shipment = { carrier: "gls", trackingNumber: "42424242421", recipient: { name: "Ida Musterweg", email: "ida@beispiel.example" } };
    const registered = await program.call("/v1/shipments", {
      key,
      body: JSON.stringify(shipment),
      headers: { "content-type": "application/json" },
    });
    assert.equal(registered.status, 202, registered.text);
    const { headers, body } = await program.until(async () => received[0], "the webhook");
    const text = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const expected = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
      .update(text)
      .digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${expected}`);
    const event = JSON.parse(body);
    assert.deepEqual([event.specversion, event.type, event.data.status], ["1.0", "parcelkeep.shipment.changed", "info_received"]);
    const shown = (await program.call(`/v1/shipments/${event.subject}`, { key })).json();
    assert.equal(event.data.trackingNumber, shown.trackingNumber);
    for (const word of ["42424242421", "Ida", "Musterweg", "beispiel"]) assert.ok(!body.includes(word), word);
    await program.until(async () => (await call("GET", `/${id}`)).json().lastCode === "200", "the endpoint's state");
    await call("DELETE", `/${id}`);
  });

  test("sign with a public key where that is wanted", async () => {
    const made = (await call("POST", "", { url, signature: "ed25519" })).json();
    assert.equal(made.secret, undefined);
    assert.match(made.publicKeys[0], /^whpk_/);
    const rotated = (await call("POST", `/${made.id}/rotate`, {})).json();
    assert.deepEqual([rotated.publicKeys.length, rotated.publicKeys[1]], [2, made.publicKeys[0]]);
    assert.equal((await call("POST", `/${made.id}/rotate`, { overlapHours: 0 })).json().publicKeys.length, 1);
  });

  test("are changed, replayed to, and removed", async () => {
    const { id } = (await call("POST", "", { url })).json();
    assert.deepEqual((await call("PATCH", `/${id}`, { state: "disabled" })).json().disabledReason, "by-request");
    assert.equal((await call("PATCH", `/${id}`, { state: "active", url: `${url}/2` })).json().url, `${url}/2`);
    const replayed = await call("POST", `/${id}/replay`, { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" });
    assert.deepEqual([replayed.status, replayed.json()], [202, { events: 0 }]);
    assert.deepEqual((await call("GET", `/${id}/dead-letters`)).json(), { items: [], next: null });
    assert.equal((await call("DELETE", `/${id}`)).status, 204);
    assert.equal((await call("GET", `/${id}`)).status, 404);
  });

  test("belong to their tenant", async () => {
    const { id } = (await call("POST", "", { url })).json();
    const event = "0192f0c1-7c00-7000-8000-000000000003";
    const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" };
    const tried: readonly (readonly [string, string, object?])[] = [
      ["GET", `/${id}`],
      ["PATCH", `/${id}`, { state: "disabled" }],
      ["DELETE", `/${id}`],
      ["POST", `/${id}/rotate`, {}],
      ["POST", `/${id}/replay`, range],
      ["POST", `/${id}/dead-letters/${event}/retry`, {}],
    ];
    for (const [method, path, body] of tried) assert.equal((await call(method, path, body, anotherKey)).status, 404, `${method} ${path}`);
    assert.deepEqual((await call("GET", "", undefined, anotherKey)).json().items, []);
    assert.equal((await call("GET", `/${id}`)).json().state, "active");
  });

  test("are public ones", async () => {
    for (const bad of ["http://shop.example/", "https://127.0.0.1/", "https://intern/", "https://a:b@shop.example/"])
      assert.deepEqual(
        [(await call("POST", "", { url: bad })).status, (await call("POST", "", { url: bad })).json().code],
        [400, "invalid_field"],
        bad,
      );
    const { id } = (await call("POST", "", { url })).json();
    assert.equal((await call("POST", `/${id}/replay`, { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" })).status, 400);
    assert.equal((await call("POST", `/${id}/replay`, { from: "yesterday", to: "today" })).status, 400);
  });
});
