import assert from "node:assert/strict";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { testCertificate } from "../../test/support/test-certificate.ts";
import type { EgressCall } from "./egress.ts";
import { defaultTransport, type Resolve, type Route, Transport, type TransportOptions } from "./transport.ts";

const testRoute: Route = { path: "public", isTestHost: true };
const publicRoute: Route = { path: "public", isTestHost: false };

test("sends the call as it is and gives the answer, whatever its status", async (t) => {
  const url = await serverOf(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(404, {
        "X-Got": `${request.method} ${request.url} ${String(request.headers["x-sent"])} ${Buffer.concat(chunks).toString()}`,
      });
      response.end("nothing");
    });
  });
  const answer = await transportOf(t).send(
    { ...callTo(`${url}/a?b=c`), method: "POST", headers: { "X-Sent": "yes" }, body: Buffer.from("body") },
    testRoute,
  );
  assert.deepEqual([answer.status, answer.headers["x-got"], Buffer.from(answer.body).toString()], [404, "POST /a?b=c yes body", "nothing"]);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`does not follow a redirect: ${status}`, async (t) => {
    let calls = 0;
    const url = await serverOf(t, (_, response) => {
      calls++;
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    await assert.rejects(transportOf(t).send(callTo(url), testRoute), { code: "redirect-refused" });
    assert.equal(calls, 1);
  });
}

test("refuses a private address, by name and as it stands", async (t) => {
  const url = await serverOf(t, (_, response) => response.end("reached"), "https");
  const transport = transportOf(t, { resolve: resolvingTo("127.0.0.1") });
  await assert.rejects(transport.send(callTo(`https://${testCertificate.host}:${new URL(url).port}/`), publicRoute), {
    code: "address-refused",
  });
  await assert.rejects(transport.send(callTo(url.replace("localhost", "127.0.0.1")), publicRoute), { code: "address-refused" });
  await assert.rejects(transport.send(callTo(`https://[::1]:${new URL(url).port}/`), publicRoute), { code: "address-refused" });
  await assert.rejects(transport.send(callTo(`https://[::ffff:127.0.0.1]:${new URL(url).port}/`), publicRoute), {
    code: "address-refused",
  });
});

test("goes through the proxy on a public path, with TLS to the recipient itself, and directly on a private one", async (t) => {
  const url = await serverOf(t, (_, response) => response.end("reached"), "https");
  const asked: string[] = [];
  const proxy = createHttpServer().on("connect", (request, socket) => {
    asked.push(String(request.url));
    const through = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    for (const end of [socket, through]) end.on("error", () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => proxy.close());
  const transport = transportOf(t, {
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    authorities: testCertificate.cert,
    resolve: resolvingTo("10.0.0.1"),
  });
  const answer = await transport.send(callTo(`https://${testCertificate.host}/`), publicRoute);
  assert.deepEqual([Buffer.from(answer.body).toString(), asked], ["reached", [`${testCertificate.host}:443`]]);
  const foreign = transport.send(callTo("https://other.example/"), publicRoute);
  await assert.rejects(foreign, { code: "tls" }, "whoever the proxy leads to has to be the recipient");
  const direct = transport.send(
    callTo(`https://${testCertificate.host}/`),
    { path: "private", isTestHost: false },
    AbortSignal.timeout(50),
  );
  await assert.rejects(direct);
  assert.equal(asked.length, 2);
});

test("refuses a name of which one address is private", async (t) => {
  const transport = transportOf(t, { resolve: resolvingTo("203.0.112.7", "10.0.0.1") });
  await assert.rejects(transport.send(callTo("https://carrier.example/"), publicRoute), { code: "address-refused" });
});

test("connects to the address that was looked at and asks for no other", async (t) => {
  const url = await serverOf(t, (_, response) => response.end("the one"));
  let asked = 0;
  // A name that turns to another address when it is asked again, as in DNS rebinding.
  const resolve: Resolve = async () => [{ address: asked++ === 0 ? "127.0.0.1" : "192.0.2.1", family: 4 }];
  const transport = transportOf(t, { resolve });
  const answer = await transport.send(callTo(`http://no-such-name.example:${new URL(url).port}/`), testRoute);
  assert.deepEqual([Buffer.from(answer.body).toString(), asked], ["the one", 1]);
});

test("speaks TLS only, but for a host of a test", async (t) => {
  const url = await serverOf(t, (_, response) => response.end());
  await assert.rejects(transportOf(t).send(callTo(url), publicRoute), { code: "tls" });
  await assert.rejects(transportOf(t).send(callTo("ftp://carrier.example/"), testRoute), { code: "tls" });
});

test("verifies the certificate: its issuer and the name in it", async (t) => {
  const { port } = new URL(await serverOf(t, (_, response) => response.end("verified"), "https"));
  const resolve = resolvingTo("127.0.0.1");
  const trusting = transportOf(t, { resolve, authorities: testCertificate.cert });
  const answer = await trusting.send(callTo(`https://${testCertificate.host}:${port}/`), testRoute);
  assert.equal(Buffer.from(answer.body).toString(), "verified");
  await assert.rejects(trusting.send(callTo(`https://another.example:${port}/`), testRoute), { code: "tls" });
  await assert.rejects(transportOf(t, { resolve }).send(callTo(`https://${testCertificate.host}:${port}/`), testRoute), { code: "tls" });
});

test("an answer has a bound, also one that grows when it is decompressed", async (t) => {
  const url = await serverOf(t, (request, response) => {
    if (request.url === "/long") return void response.end(Buffer.alloc(2000));
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(request.url === "/bomb" ? 100_000 : 500)));
  });
  const transport = transportOf(t, { answerBytesMax: 1000 });
  await assert.rejects(transport.send(callTo(`${url}/long`), testRoute), { code: "answer-too-large" });
  await assert.rejects(transport.send(callTo(`${url}/bomb`), testRoute), { code: "answer-too-large" });
  assert.equal((await transport.send(callTo(`${url}/short`), testRoute)).body.length, 500);
});

test("a call has a time, to its answer's last byte", async (t) => {
  const url = await serverOf(t, (request, response) => {
    if (request.url === "/begun") response.write("a beginning");
  });
  const transport = transportOf(t, { timeoutMs: 100 });
  await assert.rejects(transport.send(callTo(`${url}/never`), testRoute), { code: "timeout" });
  await assert.rejects(transport.send(callTo(`${url}/begun`), testRoute), { code: "timeout" });
});

test("ends a call when the caller does not want it any more", async (t) => {
  const url = await serverOf(t, () => {});
  const abort = new AbortController();
  const sent = transportOf(t).send(callTo(url), testRoute, abort.signal);
  abort.abort();
  await assert.rejects(sent, { code: "timeout" });
});

test("says when nobody is there", async (t) => {
  const url = await serverOf(t, (request) => request.socket.destroy());
  await assert.rejects(transportOf(t).send(callTo(url), testRoute), { code: "unreachable" });
  const gone = transportOf(t, { resolve: () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" })) });
  await assert.rejects(gone.send(callTo("https://carrier.example/"), publicRoute), { code: "unreachable" });
});

function callTo(url: string): EgressCall {
  return { tenant: "t", recipient: "r", method: "GET", url, headers: {}, body: null, covered: [] };
}

function transportOf(t: TestContext, options: Partial<TransportOptions> = {}): Transport {
  const transport = new Transport({ ...defaultTransport, timeoutMs: 5_000, ...options });
  t.after(() => transport.close());
  return transport;
}

function resolvingTo(...addresses: readonly string[]): Resolve {
  return async () => addresses.map((address) => ({ address, family: 4 }));
}

async function serverOf(t: TestContext, answer: RequestListener, protocol: "http" | "https" = "http"): Promise<string> {
  const server: Server = protocol === "http" ? createHttpServer(answer) : createHttpsServer(testCertificate, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${protocol}://localhost:${(server.address() as AddressInfo).port}`;
}
