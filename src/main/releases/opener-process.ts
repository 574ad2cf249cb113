import { closeSync, readFileSync, writeSync } from "node:fs";
import pg from "pg";
import type { ObjectStore } from "../../cloud/object-store.ts";
import { clientConfig } from "../../store/client-config.ts";
import { openerStore, type OpenerStore } from "../../store/opener-store.ts";
import { KeyError, type OpeningKeys } from "../../vault/keys/provider.ts";
import { openRecord } from "../../vault/open-record.ts";
import { openSubject } from "../../vault/open-subject.ts";
import { OpenerError, type OpenerErrorCode, type OpeningGrant } from "../../vault/opening.ts";
import { readConfig } from "../config.ts";
import { readerOf } from "../settings/object-stores.ts";
import { openingKeysOf } from "./opening-keys.ts";
import { readRawEnvelope } from "../intake/raw-envelope.ts";
import type { RoleConnection } from "../role.ts";

/**
 * The opener: a process that is started for one grant. It reads the grant from its standard input, looks at what was approved, uses it up, opens what it names, answers on
 * its fourth descriptor and ends. Beside the database, the keys and the log's heads it reaches nobody, but for a transfer: that one's recipient, and the door at ingress where
 * the recipient's answer goes in. It writes no log of its own and no file, and is started with no more environment than it needs.
 */
export interface OpenerStart {
  readonly grant: OpeningGrant;
  readonly connection: RoleConnection;
  /** For a transfer alone. */
  readonly outside?: TransferOutside;
}

/** What a transfer needs beyond the database and the keys. */
export interface TransferOutside {
  readonly testHosts: readonly string[];
  /** Certificates, PEM; null for the usual ones. */
  readonly authorities: string | null;
  /** Forward proxy for public paths; null: none. */
  readonly proxy: string | null;
  /** Where the carrier's answer is handed in, and the key of that door; null: nowhere. */
  readonly ingress: { readonly url: string; readonly key: string } | null;
}

/** One answer, as JSON. An error has a code and no message: nothing that was opened may leave in one. */
export type OpenerAnswer = { readonly opened: unknown } | { readonly error: OpenerErrorCode; readonly keys?: KeyError["code"] };

const answerDescriptor = 3;

async function answerTo({ grant, connection, outside }: OpenerStart): Promise<OpenerAnswer> {
  if (Date.now() >= grant.expiresAt) return { error: "expired" };
  const config = readConfig();
  const client = new pg.Client({ ...clientConfig(connection), application_name: "parcelkeep-opener" });
  // A connection that breaks while the recipient is called fails the query after it; nobody listening would end the process with a stack, plaintext in flight.
  client.on("error", () => {});
  // Side by side, since somebody waits: what the database answers, the keys, and the code for what is opened.
  const [keys] = await Promise.all([openingKeysOf(config), client.connect(), codeFor(grant.purpose)]);
  try {
    const store = openerStore(client);
    if (grant.purpose === "transfer") {
      const { carriedOut } = await import("./transfer-process.ts");
      return { opened: await carriedOut(grant, client, keys, config, outside!) };
    }
    if (grant.purpose === "access-export" || grant.purpose === "stand-alone-export") {
      const { exported } = await import("./export-process.ts");
      return { opened: await exported(grant, client, keys, config) };
    }
    if (grant.purpose === "replay") return await replayed(grant, store, keys, await readerOf(config));
    if (!(await store.useGrant(grant))) return { error: "used" };
    const groups = await store.groupsToOpen(grant.id);
    if (groups === null) return { error: "too-much" };
    return { opened: await openSubject(grant, groups, keys, config.cell) };
  } finally {
    await client.end();
  }
}

/** Loaded for its purpose alone: the others start the faster for it. What is imported later is there then. */
async function codeFor(purpose: OpeningGrant["purpose"]): Promise<void> {
  if (purpose === "transfer") await import("./transfer-process.ts");
  if (purpose === "access-export" || purpose === "stand-alone-export") await import("./export-process.ts");
}

async function replayed(
  grant: Extract<OpeningGrant, { purpose: "replay" }>,
  store: OpenerStore,
  keys: OpeningKeys,
  objects: Pick<ObjectStore, "getRange">,
): Promise<OpenerAnswer> {
  if (!(await store.useReplayGrant(grant))) return { error: "used" };
  const stored = await store.recordToOpen(grant.id);
  if (stored === null) return { error: "failed" };
  const frame = "frame" in stored ? stored.frame : await objects.getRange(stored.objectKey, stored.offset, stored.bytes);
  if (frame === null) return { error: "failed" };
  const { head, body } = readRawEnvelope(await openRecord(grant.tenant, grant.record, { ...stored, frame: Buffer.from(frame) }, keys));
  const { contentType, contentEncoding } = head;
  return { opened: { purpose: "replay", contentType, contentEncoding, body: body.toString("base64") } };
}

function refusal(error: unknown): OpenerAnswer {
  if (error instanceof OpenerError) return { error: error.code };
  if (error instanceof KeyError) return { error: error.code === "unavailable" ? "unavailable" : "failed", keys: error.code };
  // What the database client throws.
  return { error: typeof (error as { code?: unknown }).code === "string" ? "unavailable" : "failed" };
}

// Sent to a whole group of processes (a Ctrl-C, a task that is stopped): what has begun is finished, or nobody would know what became of it. It ends within a minute anyway.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => {});
const start = JSON.parse(readFileSync(0, "utf8")) as OpenerStart;
const answer = Buffer.from(JSON.stringify(await answerTo(start).catch(refusal)));
for (let at = 0; at < answer.length;) at += writeSync(answerDescriptor, answer, at);
answer.fill(0);
closeSync(answerDescriptor);
process.exit(0);
