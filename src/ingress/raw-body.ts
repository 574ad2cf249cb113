import type { IncomingMessage } from "node:http";
import { ProblemError } from "./problems.ts";

type Done = (error: Error | null, body?: Buffer) => void;

/**
 * Reads a body as it came. One that came in one piece, as most do, is not copied.
 * @param bytesMax a longer one is refused: at once where its length is announced.
 */
export function readRawBody(payload: IncomingMessage, bytesMax: number, done: Done): void {
  const announced = payload.headers["content-length"];
  const announcedBytes = announced === undefined ? -1 : Number(announced);
  if (announcedBytes > bytesMax) return done(new ProblemError("body_too_large"));
  let first: Buffer | null = null;
  let rest: Buffer[] | null = null;
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      stop();
      done(new ProblemError("body_too_large"));
    } else if (first === null) first = chunk;
    else (rest ??= []).push(chunk);
  };
  const onEnd = (): void => {
    // It was shorter than its sender said.
    if (announcedBytes >= 0 && bytes !== announcedBytes) done(new ProblemError("malformed_request"));
    else if (first === null) done(null, Buffer.alloc(0));
    else done(null, rest === null ? first : Buffer.concat([first, ...rest], bytes));
  };
  const onError = (error: Error): void => {
    stop();
    // Whoever sent it is to blame.
    done(Object.assign(error, { statusCode: 400 }));
  };
  const stop = (): void => {
    payload.removeListener("data", onData);
    payload.removeListener("end", onEnd);
    payload.removeListener("error", onError);
  };
  payload.on("data", onData);
  payload.on("end", onEnd);
  payload.on("error", onError);
}
