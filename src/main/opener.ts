import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Opened, OpenerError, type OpeningGrant, type OpeningRequest, type OpenSubject } from "../vault/opening.ts";
import { type Config, environmentWith } from "./config.ts";
import type { OpenerAnswer, OpenerStart } from "./opener-process.ts";
import { openerKeyPowers } from "./key-powers.ts";
import type { RoleConnection } from "./role.ts";
import { openerPermissions } from "./role-permissions.ts";
import { withoutCoreDump } from "./without-core-dump.ts";

/** A grant of the local policy is good for this long; the opener takes a second. */
const grantMs = 30_000;
/** An opener that has not answered by then is killed. */
const answerMs = 60_000;
const answerBytesMax = 64 * 1024 * 1024;
const heapMegabytes = 512;

/**
 * Starts an opener for each request that the local policy allows. Probes after an erasure tell nothing and are always allowed; so is a replay, whose
 * record goes back to the ingress that it came through and to nobody else. An export only where the operator has switched it on, until approvals exist.
 */
export function localOpener(config: Config, connection: RoleConnection): OpenSubject {
  return async (request) => {
    if (request.purpose === "access-export" && config.localRelease !== "operator") {
      throw new OpenerError("not-permitted", "no policy allows an export without an approval");
    }
    const grant: OpeningGrant = { ...request, id: randomUUID(), expiresAt: Date.now() + grantMs };
    return runOpener(config, { grant, connection });
  };
}

const openerProgram = join(import.meta.dirname, "opener-process.ts");

/** The process and its walls: what it may read, no environment but its settings, no core dump, nobody who hears it but its starter. Tests try another program in it. */
export function startOpener(config: Config, program: string = openerProgram, permissions = openerPermissions(config)): ChildProcess {
  const [command, args] = withoutCoreDump(process.execPath, [...permissions, `--max-old-space-size=${heapMegabytes}`, program]);
  return spawn(command, args, {
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    env: environment(config),
    timeout: answerMs,
    killSignal: "SIGKILL",
  });
}

/** @throws {OpenerError} */
export async function runOpener(config: Config, start: OpenerStart): Promise<Opened> {
  const child = startOpener(config);
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(new OpenerError("unavailable", "the opener could not be started", { cause: error })));
    child.once("exit", () => resolve());
  });
  // A process that has ended already takes no input.
  child.stdin!.on("error", () => {});
  child.stdin!.end(JSON.stringify(start));
  const [text] = await Promise.all([readAnswer(child.stdio[3] as Readable, () => child.kill("SIGKILL")), ended]);
  return answerOf(start.grant, text);
}

function answerOf(grant: OpeningRequest, text: string): Opened {
  let answer: OpenerAnswer;
  try {
    answer = JSON.parse(text) as OpenerAnswer;
  } catch {
    throw new OpenerError("failed", "the opener ended without an answer");
  }
  if ("error" in answer) {
    const { error, keys = null } = answer;
    throw new OpenerError(error, `the opener refused the grant for ${grant.purpose}: ${error}`, { keys });
  }
  return answer.opened as Opened;
}

async function readAnswer(pipe: Readable, stop: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of pipe as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) {
      stop();
      throw new OpenerError("too-much", "the opener's answer is larger than it may be");
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  for (const chunk of chunks) chunk.fill(0);
  return text;
}

/** The settings that an opener reads. An HSM's module or a cloud's client may need more of this process's environment, but no other power's login. */
function environment(config: Config): NodeJS.ProcessEnv {
  return config.keys === "local" ? { PARCELKEEP_DATA: config.dataDir, PARCELKEEP_CELL: config.cell } : environmentWith(openerKeyPowers);
}
