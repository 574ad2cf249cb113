import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRegisterFiles } from "../../src/main/outbound/register-files.ts";
import type { RoleName } from "../../src/main/role.ts";
import { loadRegister } from "../../src/store/register-store.ts";
import { ownerRole } from "../../src/store/roles.ts";
import { createLocalKeys } from "../../src/vault/keys/local/key-folder.ts";
import type { TestDatabase } from "./database.ts";
import { RunningProgram } from "./running-program.ts";
import { type ServedRole, serveRole } from "./served-role.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

/** The product as a platform runs it: each role a process of its own under `serve`, and a database by its address. */
export class ServedProgram extends RunningProgram {
  readonly #database: TestDatabase;
  readonly #roles: readonly RoleName[];
  readonly #served = new Map<RoleName, ServedRole>();

  /** @param roles beside the front, which starts last. */
  constructor(database: TestDatabase, roles: readonly RoleName[], env: NodeJS.ProcessEnv) {
    super(env);
    this.#database = database;
    this.#roles = roles;
  }

  override async start(): Promise<void> {
    await createLocalKeys(join(this.dataDir, "keys"));
    mkdirSync(join(this.dataDir, "secrets"), { mode: 0o700 });
    for (const [name, prefix] of Object.entries({ operator: "pko", ingress: "pkc" }))
      writeFileSync(join(this.dataDir, "secrets", `${name}.key`), `${prefix}_invented\n`, { mode: 0o600 });
    const owner = await this.#database.pool(ownerRole).connect();
    await loadRegister(owner, readRegisterFiles()).finally(() => owner.release());
    for (const role of this.#roles) await this.serve(role);
    this.url = (await this.serve("front")).url;
  }

  async serve(role: RoleName, more: NodeJS.ProcessEnv = {}): Promise<ServedRole> {
    const served = await serveRole(role, {
      ...this.env,
      PARCELKEEP_DATABASE_URL: this.#database.url(role === "front" ? "parcelkeep_ingress" : `parcelkeep_${role}`),
      ...(role === "front" ? { PARCELKEEP_API_DATABASE_URL: this.#database.url("parcelkeep_api") } : {}),
      ...more,
    });
    this.#served.set(role, served);
    return served;
  }

  async end(role: RoleName): Promise<number | null> {
    return (await this.#served.get(role)?.end()) ?? null;
  }

  override async stop(): Promise<number | null> {
    const codes = await Promise.all(Array.from(this.#served.values(), (served) => served.end()));
    return codes.find((code) => code !== 0) ?? 0;
  }

  /** By the database's owner, as whoever deploys does it. */
  override command(...args: string[]): string {
    if (args.join(" ") === "db url") return this.#database.url(ownerRole);
    return execFileSync(process.execPath, [cli, ...args], {
      env: { ...this.env, PARCELKEEP_DATABASE_URL: this.#database.url(ownerRole) },
      encoding: "utf8",
    });
  }
}
