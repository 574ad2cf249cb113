import type pg from "pg";
import { uuidBytes, uuidText } from "./binary-array.ts";

/** A shipment that readers may have copies of. */
export interface ChangedShipment {
  readonly id: string;
  readonly publicId: string;
  readonly tenant: string;
}

/** Too many to name are "all". */
export type Changes = readonly ChangedShipment[] | "all";

export const changesChannel = "parcelkeep_changed";

/** PostgreSQL takes payloads of less than 8,000 bytes (NOTIFY, notes). */
const payloadBytesMax = 7_999;
/** 22 characters of base64url for each of id, public id and tenant. */
const idCharacters = 22;
const entryCharacters = 3 * idCharacters;

/**
 * Tells readers which shipments have changed. Call it after the commit and not in it: a notifying transaction holds a lock that all others that notify
 * queue for until it is flushed.
 */
export async function announceChanges(pool: pg.Pool, changes: Changes): Promise<void> {
  await pool.query({
    name: "announce_changes",
    text: `select pg_notify('${changesChannel}', payload) from unnest($1::text[]) payload`,
    values: [changesAsPayloads(changes)],
  });
}

export function changesAsPayloads(changes: Changes): string[] {
  if (changes === "all") return ["all"];
  const perPayload = Math.floor(payloadBytesMax / entryCharacters);
  const payloads: string[] = [];
  for (let at = 0; at < changes.length; at += perPayload) {
    const some = changes.slice(at, at + perPayload);
    payloads.push(some.map(({ id, publicId, tenant }) => shortId(id) + publicId + shortId(tenant)).join(""));
  }
  return payloads;
}

/** @returns "all" for what is not understood, since forgetting too much is harmless. */
export function changesInPayload(payload: string): Changes {
  if (payload.length % entryCharacters !== 0 || !/^[\w-]+$/.test(payload)) return "all";
  const changes: ChangedShipment[] = [];
  for (let at = 0; at < payload.length; at += entryCharacters) {
    const [id, publicId, tenant] = [0, 1, 2].map((part) => payload.slice(at + part * idCharacters, at + (part + 1) * idCharacters));
    changes.push({ id: longId(id!), publicId: publicId!, tenant: longId(tenant!) });
  }
  return changes;
}

function shortId(id: string): string {
  return uuidBytes(id).toString("base64url");
}

function longId(text: string): string {
  return uuidText(Buffer.from(text, "base64url"));
}
