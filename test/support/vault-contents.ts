import pg from "pg";
import { KeyedHash } from "../../src/domain/keyed-hash.ts";
import { sessionPurposes, type SessionKeys } from "../../src/vault/ingest-session.ts";
import { KeyError, type OpeningKeys } from "../../src/vault/keys/provider.ts";
import { openGroup, type SealedGroup } from "../../src/vault/seal-group.ts";
import { SealError } from "../../src/vault/sealing.ts";

/** What an opener that may open all would find: values by what they say, and what does not open by why. */
export interface VaultContents {
  readonly values: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
}

/** @param connectionString of the database's owner. */
export async function openVault(connectionString: string, opening: Pick<OpeningKeys, "unwrap">): Promise<VaultContents> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const values: string[] = [];
    const refused: Record<string, number> = {};
    const refuse = (error: unknown): void => {
      if (!(error instanceof KeyError || error instanceof SealError)) throw error;
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    };
    const { rows: sessions } = await client.query("select * from parcelkeep.ingest_sessions order by id");
    const { rows: groups } = await client.query("select * from parcelkeep.sealed_groups");
    for (const session of sessions) {
      let keys: SessionKeys;
      try {
        const wraps = [session.wrapped_raw, session.wrapped_values, session.wrapped_numbers] as const;
        const opened = await Promise.all(
          sessionPurposes.map(async (purpose, at) => {
            const context = { tenant: session.tenant, purpose, epoch: session.epoch };
            return [purpose, new KeyedHash(await opening.unwrap(wraps[at]!, context))] as const;
          }),
        );
        keys = Object.fromEntries(opened) as SessionKeys;
      } catch (error) {
        refuse(error);
        continue;
      }
      for (const group of groups.filter((each) => each.session === session.id)) {
        const purpose = group.purpose === "n" ? "tracking-numbers" : "personal-values";
        try {
          const sealed: SealedGroup = { purpose, salt: group.salt, commitment: group.commitment, sealed: group.sealed };
          values.push(...openGroup(keys[purpose], session.id, group.tenant, group.id, sealed).map(({ value }) => value));
        } catch (error) {
          refuse(error);
        }
      }
    }
    return { values: values.toSorted(), refused };
  } finally {
    await client.end();
  }
}
