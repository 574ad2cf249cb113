import { hash } from "node:crypto";
import pg from "pg";
import { sessionTimes } from "../../identity/session-rules.ts";
import { advanceErasure, type ErasureSteps } from "../../process/erase.ts";
import { type Retention, sweepExpired } from "../../process/retain.ts";
import { clientConfig } from "../../store/client-config.ts";
import { type ErasureFacts, erasuresChannel, type KeeperStore, keeperStore } from "../../store/keeper-store.ts";
import { Listener } from "../../store/listener.ts";
import { type ErasureProbe, type ErasureProof, keyCommitments, signProof } from "../../vault/erasure-proof.ts";
import type { SigningKeys } from "../../vault/keys/provider.ts";
import { OpenerError, type OpenSubject } from "../../vault/opening.ts";
import { readConfig } from "../config.ts";
import { ConfigError } from "../settings/setting.ts";
import { errorKind, programLog } from "../log.ts";
import { objectStoreOf } from "../settings/object-stores.ts";
import type { RoleHost } from "../role.ts";
import { signingKeysOf } from "../releases/opening-keys.ts";
import { Tombstones } from "./tombstones.ts";
import { Rounds } from "../rounds.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { tracedOpener } from "../telemetry/traced-opener.ts";

/** Looks for erasures at least this often, should a wake-up get lost. */
const pollMs = 5_000;
/** What has come to the end of its term goes within this time. */
const retentionEveryMs = 60 * 60 * 1000;
/** Sessions, challenges and codes that nobody can use any more go within this time, at most so many at once. */
const tidyEveryMs = 60_000;
const tidiedMax = 10_000;
const dayMs = 24 * 60 * 60 * 1000;
/** Ids of one person that are probed each by an opener of its own; more than a few are a sign of a wrong link. */
const probedSubjectsMax = 32;

/** Destroys what is to be destroyed. Holds the key that signs its proofs and none that opens. */
export async function runKeeper(host: RoleHost<"parcelkeep_keeper">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "keeper");
  const connection = host.connections.parcelkeep_keeper;
  const pool = new pg.Pool({ ...clientConfig(connection), max: 2, application_name: "parcelkeep-keeper" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const store = keeperStore(pool);
  const tombstones = new Tombstones(await objectStoreOf(config));
  // Before anything is served: a database that was restored must not give back who was erased.
  const reapplied = await tombstones.reapply(store);
  if (reapplied > 0) log.warn({ reapplied }, "the database was older than these erasures; they were done again");
  const signing = await signingKeysOf(config).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    log.warn("no key that signs is named: what is due is destroyed, and erasures wait for their proofs");
    return null;
  });
  const telemetry = await startTelemetry(config, "keeper", log);
  const steps = erasureSteps(store, tombstones, signing, tracedOpener(telemetry.spans, host.open));
  let sweptAt = -Infinity;
  let tidiedAt = -Infinity;
  const terms = async (): Promise<Retention> => {
    const { personalDays, textDays } = config.retention;
    const { personal = personalDays, text = textDays } = await store.retentionTerms({ personal: personalDays, text: textDays });
    if (personal !== personalDays || text !== textDays)
      log.warn({ personal, text }, "retention goes by what was approved; the settings say something else");
    return { personalDays: personal, textDays: text };
  };
  const tidy = async (): Promise<void> => {
    if (rounds.isStopped || performance.now() - tidiedAt < tidyEveryMs) return;
    const { personalDays } = await terms();
    const draftsBefore = new Date(Date.now() - personalDays * dayMs);
    const swept = await store.sweepSignIns(sessionTimes.idleS, sessionTimes.lifeS, draftsBefore, tidiedMax);
    tidiedAt = performance.now();
    if (Object.values(swept).some((count) => count > 0)) log.debug(swept, "what sign-ins had left behind is gone");
  };
  const retain = async (): Promise<void> => {
    if (rounds.isStopped || performance.now() - sweptAt < retentionEveryMs) return;
    const swept = await sweepExpired(await terms(), new Date(), { ...store, isStopped: () => rounds.isStopped });
    sweptAt = performance.now();
    if (swept.texts + swept.records + swept.values > 0)
      log.info(swept, "values, texts and keys of records were destroyed at the end of their term");
  };
  const round = async (): Promise<void> => {
    for (const erasure of await store.openErasures(steps.canProbe())) {
      if (rounds.isStopped) return;
      await advanceErasure(erasure, steps).catch((error: unknown) =>
        log.error({ erasure: erasure.id, ...errorKind(error) }, "an erasure was not finished and is tried again"),
      );
    }
  };
  const rounds = new Rounds(async () => {
    await round().catch((error: unknown) => log.error(errorKind(error), "erasures cannot be read; tried again"));
    await retain().catch((error: unknown) => log.error(errorKind(error), "a retention sweep was not finished and is begun again"));
    await tidy().catch((error: unknown) => log.error(errorKind(error), "sign-ins' leftovers were not swept; tried again"));
    return pollMs;
  });
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-keeper-wake" }, erasuresChannel, {
    heard: () => rounds.ring(),
    missed: () => rounds.ring(),
    failed: (error) => log.warn(errorKind(error), "requests are not heard; they are looked for now and then"),
  });
  await listener.start();
  host.announceReady({});
  rounds.start();
  host.onStop(async () => {
    await rounds.stop();
    await listener.stop();
    await telemetry.stop();
    await pool.end();
  });
}

/**
 * @param signing null where no key is named: erasures then wait for their proofs.
 * @param open where it permits no probe, erasures stay destroyed, with a proof that says so; asked again by the next process.
 */
export function erasureSteps(
  store: KeeperStore,
  tombstones: Tombstones,
  signing: Pick<SigningKeys, "sign"> | null,
  open: OpenSubject,
): ErasureSteps & { canProbe(): boolean } {
  let isPermitted = true;
  return {
    canProbe: () => isPermitted,
    freeze: store.freeze,
    missingEvictions: store.missingEvictions,
    destroy: store.destroy,
    writeTombstone: async (id) => {
      const { tombstone_at: writtenAt, ...facts } = await store.facts(id);
      if (writtenAt !== null) return;
      await tombstones.write({
        erasure: facts.id,
        tenant: facts.tenant,
        subject: facts.subject,
        subjects: facts.subjects,
        reason: facts.reason,
        requestedAt: facts.requested_at.toISOString(),
      });
      await store.noteTombstone(id);
    },
    probe: async ({ id, tenant }) => {
      if (!isPermitted) return false;
      const { subjects } = await store.facts(id);
      try {
        await store.noteProbe(id, await probeBy(open, tenant, subjects.slice(0, probedSubjectsMax)));
        return true;
      } catch (error) {
        if (!(error instanceof OpenerError) || error.code !== "not-permitted") throw error;
        isPermitted = false;
        return false;
      }
    },
    prove: async (id) => {
      if (signing === null) return;
      const facts = await store.facts(id);
      // Without a probe there is nothing new to say.
      if (facts.state === "destroyed" && facts.proof !== null) return;
      const { proof, signature } = await signProof(signing, proofOf(facts));
      await store.noteProof(id, proof, signature);
    },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

async function probeBy(open: OpenSubject, tenant: string, subjects: readonly string[]): Promise<ErasureProbe> {
  let opened = 0;
  const refused: Record<string, number> = {};
  for (const subject of subjects) {
    const answer = await open({ tenant, subject, purpose: "erasure-probe" });
    if (answer.purpose !== "erasure-probe") throw new TypeError("the opener answered for another purpose");
    opened += answer.opened;
    for (const [reason, count] of Object.entries(answer.refused)) refused[reason] = (refused[reason] ?? 0) + count;
  }
  return { result: opened === 0 ? "nothing-opens" : "something-opens", opened, refused };
}

function proofOf(facts: ErasureFacts): ErasureProof {
  return {
    version: 1,
    erasure: facts.id,
    tenant: facts.tenant,
    subjectSha256: hash("sha256", facts.subject, "hex"),
    reason: facts.reason,
    reapplied: facts.reapplied,
    subjects: facts.subjects.length,
    destroyed: {
      valueGroups: Number(facts.values_groups),
      indexEntries: Number(facts.index_entries),
      rawRecordKeys: Number(facts.raw_records),
    },
    keyCommitments: keyCommitments(facts.commitments),
    segments: facts.segments,
    batchesNotArchived: Number(facts.unarchived),
    caches: { evicted: Number(facts.evictions), silent: Number(facts.evictions_missing) },
    steps: {
      requested: facts.requested_at.toISOString(),
      frozen: facts.frozen_at.toISOString(),
      destroyed: facts.destroyed_at.toISOString(),
      probed: facts.probed_at?.toISOString() ?? null,
    },
    probe: (facts.probe as ErasureProbe | null) ?? { result: "not-run" },
  };
}
