import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Candidate, detectCarriers, type Hints } from "../carriers/detection/detect.ts";
import type { ProblemBody, ProblemCode } from "../ingress/problems.ts";
import type { CarrierAccountView, CarrierView, NewCarrierAccountInput } from "../ingress/services.ts";
import { embeddedPostgresStatus } from "../store/embedded/status.ts";
import { ownerRole } from "../store/roles.ts";
import { exportLog } from "./audit-export.ts";
import { type Config, readConfig, readConnections, readOwnersDatabase } from "./config.ts";
import { holdFolder, migrateDatabase, runningProgram } from "./data-folder.ts";
import { startDemo } from "./demo.ts";
import { describeKeys, initKeys, type KeysReport } from "./keys.ts";
import { keyPath, operatorKeyPath } from "./key-paths.ts";
import { type KeyStatus, keyStatus, retireEpoch, rotateIndex, type RotationOrder, rotateWraps } from "./key-rotation.ts";
import { startProgram } from "./program.ts";
import type { DriveOrder, ServeOrder } from "./simulate.ts";
import { newCarrier, NewCarrierError } from "./new-carrier.ts";
import { ProgramError } from "./program-error.ts";
import { platformHost, type RoleName, rolePowers } from "./role.ts";
import { codecs, unknownSource } from "./sources.ts";

export type Answers = Readonly<Record<string, string>>;

class CommandError extends Error {
  override readonly name = "CommandError";
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

interface Api {
  readonly url: string;
  call(path: string, options: { method?: "GET" | "PUT"; body?: unknown; raw?: Buffer; tenant?: string }): Promise<Record<string, string>>;
  /** @returns null where there is nothing. */
  read(path: string, bytesMax: number): Promise<Buffer | null>;
}

/** What the commands do; `cli/` parses and prints. A command talks to the program that holds the data folder, and where none does it starts one for its time. */
export const commands = {
  start: async ({ demo }: { demo: boolean }): Promise<void> => {
    const config = readConfig();
    const program = await startProgram(config).catch(hintWhereRunning("stop it first, or set PARCELKEEP_DATA to another folder"));
    const lines = [
      `Parcelkeep is running: ${program.url}`,
      `  API reference   ${program.url}/docs`,
      `  metrics         ${program.url}/metrics`,
      `  data folder     ${config.dataDir}`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
    const stopDemo = demo
      ? await startDemo(program.url, program.operatorKey, config.dataDir, (line) => process.stdout.write(`${line}\n`))
      : () => {};
    process.stdout.write("Stop with Ctrl-C.\n");
    const ended = new Promise<null>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve(null));
    });
    const failure = await Promise.race([ended, program.failed]);
    stopDemo();
    await program.stop();
    if (failure !== null) throw new CommandError(failure, "parcelkeep start");
    process.exit(0);
  },

  /** Nothing of the program is needed for it. */
  detect: (number: string, hints: Hints): readonly Candidate[] => {
    if (number.trim() === "") throw new CommandError("the number is empty", "parcelkeep detect 1Z999AA10123456784");
    return detectCarriers(number, hints);
  },

  /** Runs one role's process in this one until a signal ends it. The platform names its database and starts it again when it ends by itself. */
  serve: async (role: RoleName): Promise<void> => {
    const connections = readConnections<(typeof rolePowers)[RoleName][number]>(rolePowers[role]);
    if (role === "front") refuseWithoutSecrets(readConfig());
    // Loaded here, since the other commands need none of what the roles are made of.
    const { runRole } = await import("./run-role.ts");
    const announceReady = ({ url }: Readonly<Record<string, string>>): void =>
      void process.stdout.write(`${role} is ready${url === undefined ? "" : `: ${url}`}\n`);
    await runRole(role, platformHost({ connections }, announceReady));
  },

  /** @returns the names of the migrations that were applied. */
  migrate: async (): Promise<readonly string[]> => {
    const database = readOwnersDatabase();
    if (database !== null) return migrateDatabase(database);
    const folder = await holdFolder(readConfig().dataDir, () => {}).catch(
      hintWhereRunning("stop it first; a program brings its database up to date by itself when it starts"),
    );
    await folder.release();
    return folder.applied;
  },

  createTenant: (name: string): Promise<Answers> => withProgram((api) => api.call("/v1/tenants", { body: { name } })),

  createEndpoint: ({
    tenant,
    source,
    secret,
    clientId,
    jwks,
    auth,
    allowFrom,
  }: {
    tenant: string;
    source: string;
    secret?: string;
    clientId?: string;
    /** An https address, or the text of a key set. */
    jwks?: string;
    auth?: string;
    allowFrom?: string[];
  }): Promise<Answers> =>
    withProgram((api) =>
      api.call("/v1/endpoints", {
        tenant,
        body: {
          source,
          ...(secret === undefined ? {} : { secret }),
          ...(clientId === undefined ? {} : { clientId }),
          ...(jwks === undefined ? {} : { jwks: jwks.startsWith("https://") ? jwks : parsedKeySet(jwks) }),
          ...(auth === undefined ? {} : { auth }),
          ...(allowFrom === undefined ? {} : { allowFrom }),
        },
      }),
    ),

  /** @param beacons each `category:distinct values:subjects`, with `:partitions` where it is not the usual number. */
  setVaultPolicy: ({ tenant, mask, beacons }: { tenant: string; mask?: string[]; beacons?: string[] }): Promise<Answers> =>
    withProgram(async (api) => {
      const shapes = (beacons ?? []).map((text) => {
        const [category, ...numbers] = text.split(":");
        const [distinctValues, subjects, partitions] = numbers.map(Number);
        return { category, distinctValues, subjects, ...(partitions === undefined ? {} : { partitions }) };
      });
      const policy = await api.call("/v1/vault-policy", { tenant, body: { masked: mask ?? [], beacons: shapes } });
      return { masked: JSON.stringify(policy["masked"]), beacons: JSON.stringify(policy["beacons"]) };
    }),

  ingest: (
    tenant: string,
    source: string,
    files: readonly string[],
    report: (file: string, receipt: string) => void,
    read: (file: string) => Promise<Buffer>,
  ): Promise<void> =>
    withProgram(async (api) => {
      for (const file of files) {
        const raw = await read(file).catch((cause: unknown) => {
          throw new CommandError(`${file} cannot be read (${String((cause as { code?: unknown }).code)})`, undefined, { cause });
        });
        const answer = await api.call(`/v1/captured?tenant=${encodeURIComponent(tenant)}&source=${encodeURIComponent(source)}`, { raw });
        report(file, answer["receipt"]!);
      }
    }),

  /** Lays out a new source in this checkout. @returns what was written. */
  newCarrier: (source: string, title: string): Promise<readonly string[]> =>
    newCarrier(join(import.meta.dirname, "..", ".."), source, title).catch((error: unknown) => {
      throw error instanceof NewCarrierError
        ? new CommandError(error.message, 'parcelkeep carriers new sample-post --title "Sample Post"')
        : error;
    }),

  /** The carrier register, with a tenant's agreements where one is named. */
  carriers: (tenant?: string): Promise<readonly CarrierView[]> =>
    withProgram(async (api) => {
      const answer = await api.call("/v1/carriers", { method: "GET", ...(tenant === undefined ? {} : { tenant }) });
      return answer["items"] as unknown as readonly CarrierView[];
    }),

  /** Copies the audit log into a folder. @returns entries in it. */
  exportAudit: (folder: string, report: (done: number, all: number) => void): Promise<number> =>
    withProgram((api) => exportLog((path, bytesMax) => api.read(path, bytesMax), folder, report)),

  addCarrierAccount: (tenant: string, account: NewCarrierAccountInput): Promise<CarrierAccountView> =>
    withProgram(async (api) => (await api.call("/v1/carrier-accounts", { tenant, body: account })) as unknown as CarrierAccountView),

  carrierAccounts: (tenant: string): Promise<readonly CarrierAccountView[]> =>
    withProgram(async (api) => {
      const answer = await api.call("/v1/carrier-accounts", { method: "GET", tenant });
      return answer["items"] as unknown as readonly CarrierAccountView[];
    }),

  /** Makes the root keys where there are none. @returns the current epoch. */
  initKeys: (): Promise<number> => initKeys(readConfig()),

  keyProvider: (): string => readConfig().keys,

  /** What is real of the root keys. */
  keysPreflight: (): Promise<KeysReport> => describeKeys(readConfig()),

  rotateWraps: (kind: "epoch" | "root", retire: boolean, order: RotationOrder): Promise<void> =>
    rotateWraps(readConfig(), kind, retire, order),

  rotateIndex: (tenant: string | null, order: RotationOrder): Promise<void> => rotateIndex(readConfig(), tenant, order),

  retireEpoch: (epoch: number, order: Pick<RotationOrder, "operator" | "report">): Promise<void> => retireEpoch(readConfig(), epoch, order),

  keyStatus: (): Promise<KeyStatus> => keyStatus(readConfig()),

  serveSimulator: async (order: ServeOrder, print: (line: string) => void): Promise<void> => {
    const { serveSimulator } = await import("./simulate.ts");
    await serveSimulator(order, print);
  },

  driveProduct: async (order: DriveOrder, print: (text: string) => void, progress: (line: string) => void): Promise<void> => {
    const { driveProduct } = await import("./simulate.ts");
    await driveProduct(order, print, progress);
  },

  databaseUrl: async (): Promise<string> => {
    const status = await embeddedPostgresStatus(readConfig().dataDir);
    if (status.state !== "running") throw new CommandError("the embedded database is not running", "parcelkeep start");
    return status.url(ownerRole);
  },
};

function parsedKeySet(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError("the key set is not JSON", "--jwks takes a file with a JSON Web Key Set, or its https address");
  }
}

const hints: Partial<Record<ProgramError["code"], string>> = {
  "address-in-use": "set PARCELKEEP_HTTP to another host:port; port 0 lets the system choose",
  "folder-unusable": "set PARCELKEEP_DATA to a folder of yours",
};

function hintWhereRunning(hint: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ProgramError)) throw error;
    throw new CommandError(error.message, error.code === "already-running" ? hint : hints[error.code]);
  };
}

/** A front that made a root key of its own would give tokens that no other front gives. */
function refuseWithoutSecrets({ dataDir, keys }: Config): void {
  for (const path of [...(keys === "local" ? [keyPath(dataDir, "sealing")] : []), operatorKeyPath(dataDir)]) {
    if (!existsSync(path))
      throw new CommandError(`the front needs ${path}`, "parcelkeep start makes it in a new data folder; every front gets the same file");
  }
}

async function withProgram<Result>(work: (api: Api) => Promise<Result>): Promise<Result> {
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
          ...(method === "GET" ? {} : { "content-type": raw === undefined ? "application/json" : "application/octet-stream" }),
          ...(tenant === undefined ? {} : { "parcelkeep-tenant": tenant }),
        },
        ...(method === "GET" ? {} : { body: raw === undefined ? JSON.stringify(body) : new Uint8Array(raw) }),
      }).catch((cause: unknown) => {
        throw new CommandError("the program does not answer", "look at what it printed, and ask again", { cause });
      });
      if (!answer.ok) throw refusal((await answer.json()) as ProblemBody);
      return (await answer.json()) as Record<string, string>;
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
  busy: "ask again in a moment",
};

function refusal({ code, title, errors }: ProblemBody): CommandError {
  const fields = (errors ?? []).map(({ pointer, detail }) => `${pointer.replace(/^#\/?/, "")} ${detail}`.trim());
  return new CommandError(`${code}: ${[title, ...fields].join("; ")}`, problemHints[code]);
}
