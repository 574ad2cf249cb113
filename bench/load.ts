import { connect, type Socket } from "node:net";
import { type BodyMix, signedBodies } from "./bodies.ts";

/**
 * A load generator in a process of its own, over plain sockets with requests made beforehand: so light that the server and not the
 * generator is what a leg measures (autocannon reached its own limit before a bare Fastify did). Answers are expected with a content length.
 */
export interface LegOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, sent on schedule whatever the answers do; absent: each connection sends again as soon as it is answered. */
  readonly rate?: number;
  /** Absent: GET. */
  readonly mix?: BodyMix;
  /** Send the bodies again when all were sent; without it the leg ends then. */
  readonly repeat?: boolean;
}

export interface Leg {
  /** Accepted requests a second. */
  readonly rate: number;
  /** Milliseconds; with a rate, counted from the time at which the request was due. */
  readonly p50: number;
  readonly p99: number;
  readonly accepted: number;
  readonly refused: number;
  readonly payloadBytes: number;
  /** Processor time of the generator while the leg ran, in microseconds. */
  readonly generatorUsed: number;
}

interface Connection {
  readonly socket: Socket;
  /** The part of an answer's head that came without its end; mostly it comes whole. */
  head: Buffer | null;
  bodyLeft: number;
  status: number;
  dueAt: number;
  bytes: number;
  read: (chunk: Buffer) => void;
}

/** Every answer is read into the same bytes, and looked at before the next one is: a buffer for each would be half of the generator's work. */
const answerBytesMax = 64 * 1024;
const answerBuffer = Buffer.alloc(answerBytesMax);

async function runLeg(order: LegOrder): Promise<Leg> {
  const { hostname, port, host, pathname } = new URL(order.url);
  const requests = order.mix === undefined ? null : prepared(order, host);
  const get = Buffer.from(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  const connections = await Promise.all(Array.from({ length: order.connections }, () => open(Number(port), hostname)));
  const latencies: number[] = [];
  const idle: Connection[] = [];
  let accepted = 0;
  let refused = 0;
  let payloadBytes = 0;
  let next = 0;
  let due = 0;
  let over = false;
  const usedBefore = process.cpuUsage();
  const started = performance.now();
  const end = started + order.seconds * 1000;

  const send = (connection: Connection, dueAt: number): void => {
    connection.dueAt = dueAt;
    if (requests === null) {
      connection.socket.write(get);
      return;
    }
    if (order.repeat === true && next === requests.length) next = 0;
    const request = requests[next++];
    if (request === undefined) {
      finish();
      return;
    }
    connection.bytes = request.payloadBytes;
    connection.socket.write(request.bytes);
  };
  const dispatch = (): void => {
    if (order.rate === undefined) return;
    const elapsed = performance.now() - started;
    while (idle.length > 0 && due * (1000 / order.rate) <= elapsed && !over) send(idle.pop()!, started + due++ * (1000 / order.rate));
  };
  const answered = (connection: Connection): void => {
    const now = performance.now();
    latencies.push(now - connection.dueAt);
    if (connection.status >= 200 && connection.status < 300) {
      accepted++;
      payloadBytes += connection.bytes;
    } else refused++;
    if (over) return;
    if (order.rate === undefined) send(connection, now);
    else idle.push(connection);
  };
  for (const connection of connections) connection.read = (chunk) => read(connection, chunk, answered);
  let finish: () => void = () => {};
  await new Promise<void>((resolve) => {
    finish = (): void => {
      over = true;
      resolve();
    };
    if (order.rate === undefined) for (const connection of connections) send(connection, performance.now());
    else idle.push(...connections);
    const tick = (): void => {
      dispatch();
      if (performance.now() >= end) finish();
      else if (!over) setTimeout(tick, order.rate === undefined ? 20 : 1);
    };
    tick();
  });
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(usedBefore);
  for (const { socket } of connections) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 100) / 100;
  return { rate: accepted / seconds, p50: at(0.5), p99: at(0.99), accepted, refused, payloadBytes, generatorUsed: used.user + used.system };
}

interface Prepared {
  readonly bytes: Buffer;
  readonly payloadBytes: number;
}

function prepared(order: LegOrder, host: string): readonly Prepared[] {
  const requests: Prepared[] = [];
  const bodies = signedBodies(order.mix!);
  for (let index = 0; index < order.mix!.count; index++) {
    const { path, body, headers } = bodies.next().value!;
    const lines = Object.entries<string>(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const payloadBytes = Buffer.byteLength(body);
    const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${payloadBytes}\r\n${lines.join("")}\r\n`;
    requests.push({ bytes: Buffer.from(head + body), payloadBytes });
  }
  return requests;
}

function open(port: number, host: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const callback = (bytes: number): boolean => {
      connection.read(answerBuffer.subarray(0, bytes));
      return true;
    };
    const socket = connect({ port, host, noDelay: true, onread: { buffer: answerBuffer, callback } });
    const connection: Connection = { socket, head: null, bodyLeft: 0, status: 0, dueAt: 0, bytes: 0, read: () => {} };
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.on("error", () => {});
      resolve(connection);
    });
  });
}

/** One answer is under way on a connection at a time; it may come in pieces. */
function read(connection: Connection, chunk: Buffer, answered: (connection: Connection) => void): void {
  if (connection.bodyLeft > 0) {
    connection.bodyLeft -= chunk.length;
  } else {
    const come = connection.head === null ? chunk : Buffer.concat([connection.head, chunk]);
    const end = come.indexOf(headEnd);
    connection.head = end < 0 ? Buffer.from(come) : null;
    if (end < 0) return;
    connection.status = numberAt(come, 9);
    connection.bodyLeft = contentLength(come, end) - (come.length - end - headEnd.length);
  }
  if (connection.bodyLeft === 0) answered(connection);
}

const headEnd = Buffer.from("\r\n\r\n");
const lengthNames = ["\r\ncontent-length: ", "\r\nContent-Length: "].map((name) => Buffer.from(name));

function contentLength(answer: Buffer, headBytes: number): number {
  for (const name of lengthNames) {
    const at = answer.indexOf(name);
    if (at >= 0 && at < headBytes) return numberAt(answer, at + name.length);
  }
  return 0;
}

/** The digits that stand there. */
function numberAt(bytes: Buffer, at: number): number {
  let value = 0;
  for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[++at]! - 48) value = value * 10 + digit;
  return value;
}

process.once("message", (order) => {
  void runLeg(order as LegOrder).then((leg) => process.send!(leg, () => process.exit(0)));
});
