import { randomUUID } from "node:crypto";
import { clientConfig } from "../../store/client-config.ts";
import { Listener } from "../../store/listener.ts";
import { evictionsChannel, type PersonStore } from "../../store/person-store.ts";
import type { RoleConnection } from "../role.ts";
import { Rounds } from "../rounds.ts";

/** Asks at least this often, should a word be lost; whoever has not asked for 15 seconds is not waited for. */
const askEveryMs = 4_000;

export interface Evictions {
  stop(): Promise<void>;
}

/**
 * Has everything forgotten that this process remembers of persons who are being erased, and says so to the database.
 * @param forget resolves when nothing of these subjects is remembered.
 */
export async function followEvictions(
  connection: RoleConnection,
  store: Pick<PersonStore, "pendingEvictions" | "acknowledgeEvictions">,
  forget: (subjects: readonly string[]) => Promise<void>,
  failed: (error: unknown) => void,
): Promise<Evictions> {
  const holder = randomUUID();
  const round = async (): Promise<void> => {
    const pending = await store.pendingEvictions(holder);
    if (pending.length === 0) return;
    await forget(pending.flatMap(({ subjects }) => subjects));
    await store.acknowledgeEvictions(
      holder,
      pending.map(({ erasure }) => erasure),
    );
  };
  const rounds = new Rounds(async () => {
    await round().catch(failed);
    return askEveryMs;
  });
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-evictions" }, evictionsChannel, {
    heard: () => rounds.ring(),
    missed: () => rounds.ring(),
    failed,
  });
  await round();
  await listener.start();
  rounds.start();
  return {
    stop: async () => {
      await rounds.stop();
      await listener.stop();
    },
  };
}
