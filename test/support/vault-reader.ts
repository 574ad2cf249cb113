import type pg from "pg";
import { readSegment } from "../../src/archive/segment.ts";
import { KeyedHash } from "../../src/domain/keyed-hash.ts";
import { type Config, readConfig } from "../../src/main/config.ts";
import { readerOf } from "../../src/main/settings/object-stores.ts";
import { readRawEnvelope } from "../../src/main/intake/raw-envelope.ts";
import { type IngestSession, sessionPurposes } from "../../src/vault/ingest-session.ts";
import { openGroup } from "../../src/vault/seal-group.ts";
import { openRawRecord, SealError } from "../../src/vault/sealing.ts";
import { ProgramKeys } from "./program-keys.ts";

/** All that the keys of a program open: what somebody would see who has everything. */
export class VaultReader {
  readonly #config: Config;
  readonly #keys: ProgramKeys;
  readonly #owner: pg.Client;

  /** @param env of the program. */
  constructor(env: NodeJS.ProcessEnv, owner: pg.Client) {
    this.#config = readConfig(env);
    this.#keys = new ProgramKeys(env);
    this.#owner = owner;
  }

  /** Every sealed value, by subject. */
  async values(): Promise<ReadonlyMap<string, readonly string[]>> {
    const sessions = await this.#sessions();
    const { rows } = await this.#owner.query("select * from parcelkeep.sealed_groups");
    const values = new Map<string, string[]>();
    for (const { id, tenant, subject, session, purpose, salt, commitment, sealed } of rows) {
      const keyPurpose = purpose === "n" ? "tracking-numbers" : "personal-values";
      const group = { purpose: keyPurpose, salt, commitment, sealed } as const;
      const opened = openGroup(sessions.get(session)!.keys[keyPurpose], session, tenant, id, group).map(({ value }) => value);
      values.set(subject, [...(values.get(subject) ?? []), ...opened]);
    }
    return values;
  }

  /** The raw record out of its segment as text, or the code of why it does not open; null where it is in no segment. */
  async raw(record: string): Promise<string | null> {
    const sessions = await this.#sessions();
    const { rows } = await this.#owner.query("select tenant, salt, session from parcelkeep.records where id = $1", [record]);
    const [{ tenant, salt, session }] = rows as [{ tenant: string; salt: Buffer | null; session: number }];
    for (const segment of (await this.segments()).values()) {
      for (const each of readSegment(segment)) {
        if (Buffer.from(each.recordId).toString("hex") !== record.replaceAll("-", "")) continue;
        try {
          const plain = openRawRecord(sessions.get(session)!.keys["raw-records"], salt, tenant, each.recordId, each.sealed);
          return readRawEnvelope(plain).body.toString("utf8");
        } catch (error) {
          if (!(error instanceof SealError)) throw error;
          return error.code;
        }
      }
    }
    return null;
  }

  /** Bytes of each segment by its key. */
  async segments(): Promise<ReadonlyMap<string, Buffer>> {
    const objects = await readerOf(this.#config);
    const segments = new Map<string, Buffer>();
    for await (const key of objects.list("segments/")) segments.set(key, Buffer.from((await objects.get(key))!));
    return segments;
  }

  async #sessions(): Promise<ReadonlyMap<number, IngestSession>> {
    const opening = await this.#keys.opening();
    const { rows } = await this.#owner.query("select * from parcelkeep.ingest_sessions");
    const sessions = new Map<number, IngestSession>();
    for (const row of rows) {
      const wraps = { "raw-records": row.wrapped_raw, "personal-values": row.wrapped_values, "tracking-numbers": row.wrapped_numbers };
      const keys = await Promise.all(
        sessionPurposes.map(async (purpose) => {
          const key = await opening.unwrap(wraps[purpose], { tenant: row.tenant, purpose, epoch: row.epoch });
          return [purpose, new KeyedHash(key)] as const;
        }),
      );
      sessions.set(row.id, { id: row.id, keys: Object.fromEntries(keys) as unknown as IngestSession["keys"] });
    }
    return sessions;
  }
}
