import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  type Opened,
  OpenerError,
  type OpeningGrant,
  type OpeningRequest,
  type OpenSubject,
  type TransferOpening,
} from "../../vault/opening.ts";
import { type Config, environmentWith, withoutAwsIdentity } from "../config.ts";
import type { OpenerAnswer, OpenerStart, TransferOutside } from "./opener-process.ts";
import { ingressKeyOf } from "../settings/door-settings.ts";
import { openerKeyPowers } from "../keys/key-powers.ts";
import type { RoleConnection } from "../role.ts";
import { openerPermissions, transferPermissions } from "../role-permissions.ts";
import { withoutTelemetry } from "../settings/telemetry-settings.ts";
import { withoutCoreDump } from "../without-core-dump.ts";

/** An opener that has not begun with its grant by then leaves it: whoever had it started may have given up. */
const grantMs = 30_000;
/** An opener that has not answered by then is killed. */
const answerMs = 60_000;
const answerBytesMax = 64 * 1024 * 1024;
const heapMegabytes = 512;

/**
 * Starts an opener for each request. Probes after an erasure tell nothing; a replay's record goes back to the ingress that it came through and to nobody else; of transfers and
 * exports the opener itself looks at what was approved.
 * @param ingress address of this installation's own, now; null while there is none.
 */
export function localOpener(config: Config, connection: RoleConnection, ingress: () => string | null = () => null): OpenSubject {
  return async (request) => {
    const id = randomUUID();
    if (request.purpose !== "transfer")
      return runOpener(config, { grant: { ...request, id, expiresAt: Date.now() + grantMs }, connection });
    return openTransfer({ ...config, ingressUrl: config.ingressUrl ?? ingress() }, connection, { ...request, id });
  };
}

/**
 * Starts the opener of one transfer.
 * @param session variables that say in the cloud who it is, instead of those of this process. @throws {OpenerError}
 */
export async function openTransfer(
  config: Config,
  connection: RoleConnection,
  request: TransferOpening & { readonly id: string },
  session: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  const grant = { ...request, expiresAt: Date.now() + grantMs };
  return runOpener(config, { grant, connection, outside: await outsideOf(config) }, {}, session);
}

export interface OpenerLimits {
  readonly heapMegabytes: number;
  readonly answerMs: number;
}

const openerProgram = join(import.meta.dirname, "opener-process.ts");

/** The process and its walls: what it may read, no environment but its settings, no core dump, nobody who hears it but its starter. Tests try another program in it. */
export function startOpener(
  config: Config,
  program: string = openerProgram,
  permissions = openerPermissions(config),
  limits: Partial<OpenerLimits> = {},
  session: Readonly<Record<string, string>> = {},
): ChildProcess {
  const heap = `--max-old-space-size=${limits.heapMegabytes ?? heapMegabytes}`;
  const [command, args] = withoutCoreDump(process.execPath, [...permissions, heap, program]);
  return spawn(command, args, {
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    env: environment(config, session),
    timeout: limits.answerMs ?? answerMs,
    killSignal: "SIGKILL",
  });
}

/** Read by whoever starts an opener: it is given texts, and no more files to read. */
async function outsideOf(config: Config): Promise<TransferOutside> {
  const { ingressUrl: url } = config;
  const key = await ingressKeyOf(config).catch(() => null);
  return {
    testHosts: [...config.egressTestHosts],
    proxy: config.egressProxy,
    authorities: config.egressAuthorities === null ? null : await readFile(config.egressAuthorities, "utf8"),
    ingress: url === null || key === null ? null : { url, key },
  };
}

/** What is opened when the log has said so, and out of the database alone. */
const waitsForLog: ReadonlySet<OpeningGrant["purpose"]> = new Set(["transfer", "access-export", "stand-alone-export"]);

/** @param limits of the process; tests make them smaller. @param session as {@link openTransfer} has it. @throws {OpenerError} */
export async function runOpener(
  config: Config,
  start: OpenerStart,
  limits: Partial<OpenerLimits> = {},
  session: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  const permissions = waitsForLog.has(start.grant.purpose) ? transferPermissions(config) : openerPermissions(config);
  const child = startOpener(config, openerProgram, permissions, limits, session);
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
function environment(config: Config, session: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  if (config.keys === "local" && config.objects.kind === "files") return { PARCELKEEP_DATA: config.dataDir, PARCELKEEP_CELL: config.cell };
  const given = withoutTelemetry(environmentWith(openerKeyPowers));
  // Whoever has a session of its grant has no way back to who started it.
  return Object.keys(session).length === 0 ? given : { ...withoutAwsIdentity(given), ...session };
}
