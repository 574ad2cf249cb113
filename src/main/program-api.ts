import type { ProblemBody, ProblemCode } from "../ingress/problems.ts";
import { CommandError, hintWhereRunning } from "./command-error.ts";
import { readConfig } from "./config.ts";
import { runningProgram } from "./data-folder.ts";
import { codecs, unknownSource } from "./intake/sources.ts";
import { startProgram } from "./program.ts";

/** The program's HTTP interface, with the operator's key. */
export interface Api {
  readonly url: string;
  call(
    path: string,
    options: { method?: "GET" | "PUT" | "DELETE"; body?: unknown; raw?: Buffer; tenant?: string },
  ): Promise<Record<string, string>>;
  /** @returns null where there is nothing. */
  read(path: string, bytesMax: number): Promise<Buffer | null>;
}

/** Works on the program that holds the data folder; where none does, one is started for the time. @throws {CommandError} with what the program refuses. */
export async function withProgram<Result>(work: (api: Api) => Promise<Result>): Promise<Result> {
  const config = readConfig();
  const running = await runningProgram(config.dataDir);
  if (running !== null) return work(apiOf(running.url, running.operatorKey));
  process.env["PARCELKEEP_HTTP"] = "127.0.0.1:0";
  const program = await startProgram({ ...config, httpHost: "127.0.0.1", httpPort: 0 }).catch(
    hintWhereRunning("ask again in a moment: the program that holds it does not answer yet"),
  );
  try {
    return await work(apiOf(program.url, program.operatorKey));
  } finally {
    await program.stop();
  }
}

function apiOf(url: string, operatorKey: string): Api {
  return {
    url,
    call: async (path, { method, body, raw, tenant }) => {
      const answer = await fetch(`${url}${path}`, {
        method: method ?? "POST",
        headers: {
          authorization: `Bearer ${operatorKey}`,
          ...(body === undefined && raw === undefined
            ? {}
            : { "content-type": raw === undefined ? "application/json" : "application/octet-stream" }),
          ...(tenant === undefined ? {} : { "parcelkeep-tenant": tenant }),
        },
        ...(body === undefined && raw === undefined ? {} : { body: raw === undefined ? JSON.stringify(body) : new Uint8Array(raw) }),
      }).catch((cause: unknown) => {
        throw new CommandError("the program does not answer", "look at what it printed, and ask again", { cause });
      });
      if (!answer.ok) throw refusal((await answer.json()) as ProblemBody);
      return answer.status === 204 ? {} : ((await answer.json()) as Record<string, string>);
    },
    read: async (path, bytesMax) => {
      const answer = await fetch(`${url}/${path}`, { headers: { authorization: `Bearer ${operatorKey}` } });
      if (answer.status === 404) return null;
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (!answer.ok || bytes.length > bytesMax) throw new CommandError(`the program answered ${answer.status}`);
      return bytes;
    },
  };
}

const problemHints: Partial<Record<ProblemCode, string>> = {
  unknown_tenant: 'parcelkeep tenants create --name "My shop"',
  unknown_source: `one of ${[...codecs.keys()].toSorted().join(", ")}, another carrier's id, or ${unknownSource}`,
  rate_limited: "ask again in a moment",
  last_administrator: "parcelkeep operators invite --role security_officer",
  operator_known: "parcelkeep operators list, then parcelkeep operators invite --operator ID",
  busy: "ask again in a moment",
};

function refusal({ code, title, errors }: ProblemBody): CommandError {
  const fields = (errors ?? []).map(({ pointer, detail }) => `${pointer.replace(/^#\/?/, "")} ${detail}`.trim());
  return new CommandError(`${code}: ${[title, ...fields].join("; ")}`, problemHints[code]);
}
