import type { RegionReport } from "../aws/region-report.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Candidate, detectCarriers, type Hints } from "../carriers/detection/detect.ts";
import type { Agreement } from "../domain/agreement.ts";
import type { ApprovalView } from "../ingress/approval-services.ts";
import type { Invitation, InvitationInput, OperatorChangeInput, OperatorView } from "../ingress/operators.ts";
import type {
  AgreementView,
  CarrierAccountView,
  CarrierView,
  NewCarrierAccountInput,
  TransferPolicyInput,
  TransferPolicyView,
} from "../ingress/carrier-services.ts";
import type { ApiKeyView, Page } from "../ingress/services.ts";
import type { DeadLetterFilter, DeadLetterView, RetriedDeadLetters } from "../ingress/dead-letter-services.ts";
import { embeddedPostgresStatus } from "../store/embedded/status.ts";
import { ownerRole } from "../store/roles.ts";
import { exportLog } from "./audit/audit-export.ts";
import { type Config, readConfig, readConnections, readOwnersDatabase } from "./config.ts";
import { CommandError, hintWhereRunning } from "./command-error.ts";
import { holdFolder, migrateDatabase } from "./data-folder.ts";
import { startDemo } from "./simulate/demo.ts";
import { describeKeys, initKeys, type KeysReport } from "./keys/keys.ts";
import { keyPath, operatorKeyPath } from "./keys/key-paths.ts";
import { type KeyStatus, keyStatus, retireEpoch, rotateIndex, type RotationOrder, rotateWraps } from "./keys/key-rotation.ts";
import { startProgram } from "./program.ts";
import type { DriveOrder, ServeOrder } from "./simulate/simulate.ts";
import { newCarrier, NewCarrierError } from "./new-carrier.ts";
import { withProgram } from "./program-api.ts";
import type { QueueReport } from "./worker/queue-report.ts";
import { platformHost, type RoleName, rolePowers } from "./role.ts";

/** Requests that a list on the command line has at most. */
const listedMax = 1_000;

export { operatorRoles } from "../domain/operator.ts";
export { scopes } from "../domain/scope.ts";

export type Answers = Readonly<Record<string, string>>;

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
    const { loadRole } = await import("./run-role.ts");
    const announceReady = ({ url }: Readonly<Record<string, string>>): void =>
      void process.stdout.write(`${role} is ready${url === undefined ? "" : `: ${url}`}\n`);
    await (
      await loadRole(role)
    )(platformHost({ connections }, announceReady));
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

  /** Opens what one grant names and hands it over. @returns the exit code. */
  open: async (grant: { readonly grant: string; readonly tenant: string }): Promise<number> =>
    (await import("./releases/open-grant.ts")).openGrant(grant),

  /** Of the managed database's first user. @returns the roles that were made. */
  makeIamRoles: async (): Promise<readonly string[]> => {
    const database = readOwnersDatabase();
    if (database === null)
      throw new CommandError(
        "PARCELKEEP_DATABASE_URL names no database",
        "postgresql://USER@HOST/parcelkeep; its password may stand in PGPASSWORD",
      );
    const { makeIamRoles } = await import("./iam-roles.ts");
    return makeIamRoles(database);
  },

  createTenant: (name: string, owner: string | undefined): Promise<Answers> =>
    withProgram((api) => api.call("/v1/tenants", { body: { name, ...(owner === undefined ? {} : { owner }) } })),

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

  /** A tenant's agreements with a recipient, the newest first. */
  agreements: (tenant: string, source: string): Promise<readonly AgreementView[]> =>
    withProgram(async (api) => {
      const answer = await api.call(`/v1/carriers/${encodeURIComponent(source)}/agreement`, { method: "GET", tenant });
      return answer["items"] as unknown as readonly AgreementView[];
    }),

  /** @param agreement what is left out is as the register says. */
  agree: (tenant: string, source: string, agreement: Partial<Agreement>): Promise<CarrierView> =>
    withProgram(async (api) => {
      const path = `/v1/carriers/${encodeURIComponent(source)}/agreement`;
      return (await api.call(path, { method: "PUT", tenant, body: agreement })) as unknown as CarrierView;
    }),

  /** @param state waiting, open, acknowledged, dismissed or all. */
  deadLetters: (tenant: string, state: string): Promise<readonly DeadLetterView[]> =>
    withProgram(async (api) => {
      const letters: DeadLetterView[] = [];
      for (let cursor: string | null = null; ;) {
        const query = `state=${encodeURIComponent(state)}&limit=200${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
        const page = (await api.call(`/v1/dead-letters?${query}`, { method: "GET", tenant })) as unknown as Page<DeadLetterView>;
        letters.push(...page.items);
        if (page.next === null) return letters;
        cursor = page.next;
      }
    }),

  /** @returns how many letters it was said of. */
  triageDeadLetters: (tenant: string, said: object): Promise<number> =>
    withProgram(async (api) => Number((await api.call("/v1/dead-letters/triage", { tenant, body: said }))["changed"])),

  retryDeadLetters: (tenant: string, filter: DeadLetterFilter): Promise<RetriedDeadLetters> =>
    withProgram(async (api) => (await api.call("/v1/dead-letters/retry", { tenant, body: filter })) as unknown as RetriedDeadLetters),

  transferPolicy: (tenant: string): Promise<TransferPolicyView> =>
    withProgram(async (api) => (await api.call("/v1/transfer-policy", { method: "GET", tenant })) as unknown as TransferPolicyView),

  setTransferPolicy: (tenant: string, policy: TransferPolicyInput): Promise<TransferPolicyView> =>
    withProgram(
      async (api) => (await api.call("/v1/transfer-policy", { method: "PUT", tenant, body: policy })) as unknown as TransferPolicyView,
    ),

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

  /** The first approval policy, by the database's owner. @throws {CommandError} where there is one, or the file holds none. */
  beginApprovals: async (text: string): Promise<void> => {
    const { beginWithPolicy } = await import("./releases/begin-approvals.ts");
    const refused = await beginWithPolicy(readOwnersDatabase() ?? { connectionString: await commands.databaseUrl() }, text);
    if (refused !== null) throw new CommandError(refused.message, refused.hint);
  },

  /** One person operates this installation alone, until approvals begin. @throws {CommandError} where they have. */
  standAlone: async (): Promise<void> => {
    const { beginAlone } = await import("./releases/begin-approvals.ts");
    const refused = await beginAlone(readOwnersDatabase() ?? { connectionString: await commands.databaseUrl() });
    if (refused !== null) throw new CommandError(refused.message, refused.hint);
  },

  /** Asks for something that people decide about. @param path of its collection, such as `transfers`. @param tenant undefined for what is everybody's. */
  requestApproval: (path: string, tenant: string | undefined, input: object): Promise<ApprovalView> =>
    withProgram(async (api) => {
      const options = { body: input, ...(tenant === undefined ? {} : { tenant }) };
      return (await api.call(`/v1/${path}`, options)) as unknown as ApprovalView;
    }),

  /** @param tenant undefined for all. */
  approvalRequests: (path: string, tenant: string | undefined, state: string | undefined): Promise<readonly ApprovalView[]> =>
    withProgram(async (api) => {
      const all: ApprovalView[] = [];
      for (let cursor: string | null = ""; cursor !== null && all.length < listedMax;) {
        const asked = new URLSearchParams({ ...(state === undefined ? {} : { state }), ...(cursor === "" ? {} : { cursor }) });
        const page = await api.call(`/v1/${path}?${asked.toString()}`, { method: "GET", ...(tenant === undefined ? {} : { tenant }) });
        all.push(...(page["items"] as unknown as ApprovalView[]));
        cursor = page["next"] as unknown as string | null;
      }
      return all;
    }),

  approvalRequest: (path: string, id: string): Promise<ApprovalView> =>
    withProgram(async (api) => (await api.call(`/v1/${path}/${encodeURIComponent(id)}`, { method: "GET" })) as unknown as ApprovalView),

  withdrawRequest: (path: string, id: string): Promise<ApprovalView> =>
    withProgram(async (api) => (await api.call(`/v1/${path}/${encodeURIComponent(id)}/withdraw`, { body: {} })) as unknown as ApprovalView),

  /** Where a person decides with their passkey: nothing on a command line can sign for them. @returns the page's address, and the request as it is now. */
  decisionPage: (path: string, id: string): Promise<{ readonly url: string; readonly view: ApprovalView }> =>
    withProgram(async (api) => {
      const view = (await api.call(`/v1/${path}/${encodeURIComponent(id)}`, { method: "GET" })) as unknown as ApprovalView;
      return { url: `${readConfig().operatorsUrl ?? api.url}/operators/decide#${path}/${view.id}`, view };
    }),

  collectExport: (tenant: string, id: string): Promise<object> =>
    withProgram(
      async (api) => (await api.call(`/v1/exports/${encodeURIComponent(id)}/collect`, { tenant, body: {} })) as unknown as object,
    ),

  /** For options that do not go together. */
  misuse: (message: string, hint: string): Error => new CommandError(message, hint),

  operators: (): Promise<readonly OperatorView[]> =>
    withProgram(async (api) => {
      const answer = await api.call("/v1/operators", { method: "GET" });
      return answer["items"] as unknown as readonly OperatorView[];
    }),

  inviteOperator: (input: InvitationInput): Promise<Invitation> =>
    withProgram(async (api) => (await api.call("/v1/operators/invitations", { body: input })) as unknown as Invitation),

  changeOperator: (operator: string, change: OperatorChangeInput): Promise<void> =>
    withProgram(async (api) => {
      const path = `/v1/operators/${encodeURIComponent(operator)}`;
      if (change.change === "grant") await api.call(`${path}/roles`, { body: { role: change.role } });
      else if (change.change === "revoke") await api.call(`${path}/roles/${change.role}`, { method: "DELETE" });
      else if (change.change === "revoke-passkey")
        await api.call(`${path}/passkeys/${encodeURIComponent(change.passkey)}`, { method: "DELETE" });
      else await api.call(`${path}/${change.change}`, {});
    }),

  createApiKey: (tenant: string, scopes: readonly string[], owner: string | undefined): Promise<Answers> =>
    withProgram((api) => api.call("/v1/api-keys", { tenant, body: { scopes, ...(owner === undefined ? {} : { owner }) } })),

  apiKeys: (tenant: string): Promise<readonly ApiKeyView[]> =>
    withProgram(async (api) => {
      const answer = await api.call("/v1/api-keys", { method: "GET", tenant });
      return answer["items"] as unknown as readonly ApiKeyView[];
    }),

  revokeApiKey: (tenant: string, key: string): Promise<void> =>
    withProgram(async (api) => void (await api.call(`/v1/api-keys/${encodeURIComponent(key)}`, { method: "DELETE", tenant }))),

  /** Makes the root keys where there are none. @returns the current epoch. */
  initKeys: (): Promise<number> => initKeys(readConfig()),

  keyProvider: (): string => readConfig().keys,

  /** What is real of the root keys. */
  keysPreflight: (): Promise<KeysReport> => describeKeys(readConfig()),

  queueReport: async (): Promise<QueueReport> => (await import("./worker/queue-report.ts")).queueReport(),

  redriveQueue: async (): Promise<number | null> => (await import("./worker/queue-report.ts")).redriveQueue(),

  rotateWraps: (kind: "epoch" | "root", retire: boolean, order: RotationOrder): Promise<void> =>
    rotateWraps(readConfig(), kind, retire, order),

  rotateIndex: (tenant: string | null, order: RotationOrder): Promise<void> => rotateIndex(readConfig(), tenant, order),

  retireEpoch: (epoch: number, order: Pick<RotationOrder, "operator" | "report">): Promise<void> => retireEpoch(readConfig(), epoch, order),

  keyStatus: (): Promise<KeyStatus> => keyStatus(readConfig()),

  serveSimulator: async (order: ServeOrder, print: (line: string) => void): Promise<void> => {
    const { serveSimulator } = await import("./simulate/simulate.ts");
    await serveSimulator(order, print);
  },

  driveProduct: async (order: DriveOrder, print: (text: string) => void, progress: (line: string) => void): Promise<void> => {
    const { driveProduct } = await import("./simulate/simulate.ts");
    await driveProduct(order, print, progress);
  },

  /** Which services the region has. @throws {CommandError} where no list of it is at hand. */
  checkRegion: async (refresh: boolean): Promise<RegionReport> => {
    const { checkRegion } = await import("./region-check.ts");
    const report = await checkRegion(readConfig(), refresh, new Date());
    if (report === null) throw new CommandError("no list of this region's services is at hand", "parcelkeep check region --refresh");
    return report;
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

/** A front that made a root key of its own would give tokens that no other front gives. */
function refuseWithoutSecrets({ dataDir, keys, operatorKey }: Config): void {
  const files = [...(keys === "local" ? [keyPath(dataDir, "sealing")] : []), ...(operatorKey === null ? [operatorKeyPath(dataDir)] : [])];
  for (const path of files) {
    if (!existsSync(path))
      throw new CommandError(`the front needs ${path}`, "parcelkeep start makes it in a new data folder; every front gets the same file");
  }
}
