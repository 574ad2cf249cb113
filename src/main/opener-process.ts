import { closeSync, readFileSync, writeSync } from "node:fs";
import pg from "pg";
import { openerStore } from "../store/opener-store.ts";
import { KeyError } from "../vault/keys/provider.ts";
import { openSubject } from "../vault/open-subject.ts";
import { OpenerError, type OpenerErrorCode, type OpeningGrant } from "../vault/opening.ts";
import { readConfig } from "./config.ts";
import { openingKeysOf } from "./opening-keys.ts";
import type { RoleConnection } from "./role.ts";

/**
 * The opener: a process that is started for one grant. It reads the grant from its standard input, uses it up, opens what it names, answers on its
 * fourth descriptor and ends. It has no channel to anybody else, writes no log and no file, and is started with no more environment than it needs.
 */
export interface OpenerStart {
  readonly grant: OpeningGrant;
  readonly connection: RoleConnection;
}

/** One answer, as JSON. An error has a code and no message: nothing that was opened may leave in one. */
export type OpenerAnswer = { readonly opened: unknown } | { readonly error: OpenerErrorCode; readonly keys?: KeyError["code"] };

const answerDescriptor = 3;

async function open({ grant, connection }: OpenerStart): Promise<OpenerAnswer> {
  if (Date.now() >= grant.expiresAt) return { error: "expired" };
  const config = readConfig();
  const keys = await openingKeysOf(config);
  const client = new pg.Client({ ...connection, application_name: "parcelkeep-opener" });
  await client.connect();
  try {
    const store = openerStore(client);
    if (!(await store.useGrant(grant))) return { error: "used" };
    const groups = await store.groupsToOpen(grant.id);
    if (groups === null) return { error: "too-much" };
    return { opened: await openSubject(grant, groups, keys, config.cell) };
  } finally {
    await client.end();
  }
}

function refusal(error: unknown): OpenerAnswer {
  if (error instanceof OpenerError) return { error: error.code };
  if (error instanceof KeyError) return { error: error.code === "unavailable" ? "unavailable" : "failed", keys: error.code };
  // What the database client throws.
  return { error: typeof (error as { code?: unknown }).code === "string" ? "unavailable" : "failed" };
}

const start = JSON.parse(readFileSync(0, "utf8")) as OpenerStart;
const answer = Buffer.from(JSON.stringify(await open(start).catch(refusal)));
for (let at = 0; at < answer.length;) at += writeSync(answerDescriptor, answer, at);
answer.fill(0);
closeSync(answerDescriptor);
process.exit(0);
