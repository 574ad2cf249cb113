import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { localOpeningKeys } from "../../src/vault/keys/local/opening.ts";

/**
 * What somebody would try who runs code of theirs in the front's process. Each attempt says how it failed, or `succeeded`.
 */
interface Given {
  readonly dataDir: string;
  readonly tenant: string;
  readonly leaked: readonly { readonly wrapped: string; readonly epoch: number }[];
  readonly connections: { readonly ingress: string; readonly api: string };
}

const given = JSON.parse(readFileSync(0, "utf8")) as Given;
const outcomes: Record<string, string> = {};

async function attempt(name: string, work: () => unknown): Promise<void> {
  outcomes[name] = await Promise.resolve()
    .then(work)
    .then(
      () => "succeeded",
      (error: { code?: string }) => String(error.code),
    );
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

const keys = join(given.dataDir, "keys");
await attempt("reads the opening keys' file", () => readFileSync(join(keys, "opening.json")));
await attempt("reads the resolving keys' file", () => readFileSync(join(keys, "resolving.json")));
await attempt("reads the database's passwords", () => readFileSync(join(given.dataDir, "secrets", "postgres.json")));
await attempt("starts a process", () => {
  const { error } = spawnSync("/bin/cat", [join(keys, "opening.json")]);
  if (error !== undefined) throw error;
});
await attempt("takes the sealing half for the opening half", async () => {
  const opening = await localOpeningKeys(join(keys, "sealing.json"));
  for (const { wrapped, epoch } of given.leaked) {
    await opening.unwrap(Buffer.from(wrapped, "hex"), { tenant: given.tenant, purpose: "personal-values", epoch });
  }
});
await attempt("reads sealed groups as parcelkeep_ingress", () =>
  query(given.connections.ingress, "select * from parcelkeep.sealed_groups"),
);
await attempt("reads sealed groups as parcelkeep_api", () => query(given.connections.api, "select * from parcelkeep.sealed_groups"));
await attempt("reads wraps as parcelkeep_ingress", () => query(given.connections.ingress, "select * from parcelkeep.ingest_sessions"));
await attempt("uses a grant as parcelkeep_api", () =>
  query(given.connections.api, "select parcelkeep.use_grant(gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'access-export')"),
);
await attempt("grants a request as parcelkeep_api", () =>
  query(given.connections.api, "select parcelkeep.grant_approval(gen_random_uuid(), gen_random_uuid(), '{}')"),
);
await attempt("uses an approved grant as parcelkeep_api", () =>
  query(given.connections.api, "select parcelkeep.use_approval(gen_random_uuid(), '')"),
);
await attempt("writes an approval policy as parcelkeep_api", () =>
  query(given.connections.api, "insert into parcelkeep.approval_policies (version, content, sha256) values (9, '{}', '')"),
);
await attempt("becomes the opener's role", () => query(given.connections.ingress, "set role parcelkeep_opener"));
process.stdout.write(JSON.stringify(outcomes));
