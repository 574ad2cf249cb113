import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { bodyBytesMax, buildServer, type Server } from "./server.ts";
import type { Services } from "./services.ts";

const received: Buffer[] = [];
let app: Server;
let port: number;

before(async () => {
  const receiveHook: Services["receiveHook"] = async (_id, { body }) => {
    received.push(body);
    return { receipt: "r", duplicate: false };
  };
  app = await buildServer({ receiveHook } as unknown as Services, pino({ level: "silent" }));
  port = Number(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
});

after(() => app.close());

/** Sends pieces, each when the one before it was taken. @returns the answer's first line, headers and body. */
async function send(head: string, pieces: readonly (string | Buffer)[] = [], connection = "connection: close\r\n"): Promise<string> {
  received.length = 0;
  const socket = connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  // A refusal closes the connection while more is being sent.
  socket.on("error", () => {});
  const closed = once(socket, "close");
  for (const piece of [`POST /v1/hooks/x HTTP/1.1\r\nhost: h\r\n${connection}${head}\r\n`, ...pieces])
    await new Promise((resolve) => socket.write(piece, resolve));
  await closed;
  return answer;
}

const code = (answer: string): string => `${answer.slice(9, 12)} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ""}`;

test("a body arrives as it was sent, in one piece or in several, of any type or none", async () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  for (const type of ["content-type: application/json\r\n", "content-type: text/weird; x=1\r\n", ""]) {
    assert.match(await send(`${type}content-length: 3\r\n`, [Buffer.from([0, 255, 10])]), /^HTTP\/1.1 202 /);
    assert.deepEqual(received, [Buffer.from([0, 255, 10])]);
    assert.match(
      await send(`${type}content-length: ${bytes.length}\r\n`, [bytes.subarray(0, 7), bytes.subarray(7, 150_000), bytes.subarray(150_000)]),
      /^HTTP\/1.1 202 /,
    );
    assert.deepEqual(received, [bytes]);
    assert.match(await send(`${type}transfer-encoding: chunked\r\n`, ["2\r\nab\r\n", "1\r\nc\r\n", "0\r\n\r\n"]), /^HTTP\/1.1 202 /);
    assert.deepEqual(received, [Buffer.from("abc")]);
  }
});

test("an empty body and none are empty bodies", async () => {
  for (const head of ["content-length: 0\r\n", "content-type: application/json\r\ncontent-length: 0\r\n", ""]) {
    assert.match(await send(head), /^HTTP\/1.1 202 /);
    assert.deepEqual(received, [Buffer.alloc(0)]);
  }
});

test("a body that is too long is refused, announced or not, and the connection is closed", async () => {
  const announced = await send(`content-type: application/json\r\ncontent-length: ${bodyBytesMax + 1}\r\n`, [], "");
  assert.equal(code(announced), "413 body_too_large");
  assert.match(announced, /\r\nconnection: close\r\n/i);
  const half = "x".repeat(bodyBytesMax / 2);
  const piece = `${half.length.toString(16)}\r\n${half}\r\n`;
  const told = await send("content-type: application/json\r\ntransfer-encoding: chunked\r\n", [piece, piece, "1\r\nx\r\n"], "");
  assert.equal(code(told), "413 body_too_large");
  assert.deepEqual(received, []);
});

test("a body of exactly the bound is taken", async () => {
  const body = "x".repeat(bodyBytesMax);
  assert.match(await send(`content-type: application/json\r\ncontent-length: ${body.length}\r\n`, [body]), /^HTTP\/1.1 202 /);
  assert.equal(received[0]!.length, bodyBytesMax);
});

test("a body that is shorter than its sender said is received by nobody", async () => {
  received.length = 0;
  const headers = { "content-type": "application/json", "content-length": "9" };
  const answer = await app.inject({ method: "POST", url: "/v1/hooks/x", headers, payload: "{}" });
  assert.deepEqual([answer.statusCode, answer.json().code], [400, "malformed_request"]);
  assert.deepEqual(received, []);
});
