import { closeSync, readFileSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { openerStore, type OpenerStore } from "../store/opener-store.ts";
import { KeyError, type OpeningKeys } from "../vault/keys/provider.ts";
import { openRecord } from "../vault/open-record.ts";
import { openSubject } from "../vault/open-subject.ts";
import { OpenerError, type OpenerErrorCode, type OpeningGrant } from "../vault/opening.ts";
import { readConfig } from "./config.ts";
import { objectFolder } from "./object-folder.ts";
import { openingKeysOf } from "./opening-keys.ts";
import { readRawEnvelope } from "./raw-envelope.ts";
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

async function answerTo({ grant, connection }: OpenerStart): Promise<OpenerAnswer> {
  if (Date.now() >= grant.expiresAt) return { error: "expired" };
  const config = readConfig();
  const keys = await openingKeysOf(config);
  const client = new pg.Client({ ...connection, application_name: "parcelkeep-opener" });
  await client.connect();
  try {
    const store = openerStore(client);
    if (grant.purpose === "replay") return await replayed(grant, store, keys, objectFolder(config));
    if (!(await store.useGrant(grant))) return { error: "used" };
    const groups = await store.groupsToOpen(grant.id);
    if (groups === null) return { error: "too-much" };
    return { opened: await openSubject(grant, groups, keys, config.cell) };
  } finally {
    await client.end();
  }
}

async function replayed(
  grant: Extract<OpeningGrant, { purpose: "replay" }>,
  store: OpenerStore,
  keys: OpeningKeys,
  objects: string,
): Promise<OpenerAnswer> {
  if (!(await store.useReplayGrant(grant))) return { error: "used" };
  const stored = await store.recordToOpen(grant.id);
  if (stored === null) return { error: "failed" };
  const frame = "frame" in stored ? stored.frame : await frameInSegment(objects, stored);
  const { head, body } = readRawEnvelope(await openRecord(grant.tenant, grant.record, { ...stored, frame }, keys));
  const { contentType, contentEncoding } = head;
  return { opened: { purpose: "replay", contentType, contentEncoding, body: body.toString("base64") } };
}

async function frameInSegment(
  folder: string,
  { objectKey, offset, bytes }: { objectKey: string; offset: number; bytes: number },
): Promise<Buffer> {
  const file = await open(join(folder, objectKey), "r");
  try {
    const frame = Buffer.alloc(bytes);
    await file.read(frame, 0, bytes, offset);
    return frame;
  } finally {
    await file.close();
  }
}

function refusal(error: unknown): OpenerAnswer {
  if (error instanceof OpenerError) return { error: error.code };
  if (error instanceof KeyError) return { error: error.code === "unavailable" ? "unavailable" : "failed", keys: error.code };
  // What the database client throws.
  return { error: typeof (error as { code?: unknown }).code === "string" ? "unavailable" : "failed" };
}

const start = JSON.parse(readFileSync(0, "utf8")) as OpenerStart;
const answer = Buffer.from(JSON.stringify(await answerTo(start).catch(refusal)));
for (let at = 0; at < answer.length;) at += writeSync(answerDescriptor, answer, at);
answer.fill(0);
closeSync(answerDescriptor);
process.exit(0);
