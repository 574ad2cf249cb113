import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Assertion } from "../../approvals/assertion.ts";
import { type Approval, credentialsOf, liveApprovals, signerOf, verifiedApprovers } from "../../approvals/evidence.ts";
import { type ApprovalPolicy, readPolicy } from "../../approvals/policy.ts";
import { readScope } from "../../approvals/scope.ts";
import { nothingForbidden } from "../../domain/release-decision.ts";
import { clientConfig } from "../../store/client-config.ts";
import { approvalsChannel, type ApprovalRow, type ClaimedReview, type GranterStore, granterStore } from "../../store/approval-store.ts";
import { Listener } from "../../store/listener.ts";
import { registerStore } from "../../store/register-store.ts";
import { workflowStore } from "../../store/workflow-store.ts";
import type { OpenSubject } from "../../vault/opening.ts";
import { whyNotApplied } from "./approved-change.ts";
import { type Config, readConfig } from "../config.ts";
import { grantedRecipient, isAutomatic, type RecipientParts } from "./granted-recipient.ts";
import { GrantRefused } from "./signed-grant.ts";
import { errorKind, programLog, type ProgramLog } from "../log.ts";
import type { Openers } from "./openers.ts";
import { ProcessOpeners } from "./process-openers.ts";
import type { RoleHost } from "../role.ts";
import { Rounds } from "../rounds.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import { tracedOpener } from "../telemetry/traced-opener.ts";
import { WorkflowOpeners } from "./workflow-openers.ts";

/** Clocks are looked at this often, and what a wake-up was lost of. */
const pollMs = 2_000;
/** An opener is ended by whoever started it after a minute; one that has said nothing for longer has crashed. */
const silentMs = 90_000;
const takenMax = 50;
const wordsMax = 500;
const dayMs = 24 * 60 * 60_000;

/**
 * Looks at what passkeys signed and grants what is approved; has an opener started for each grant; lets clocks run out. It faces nobody and holds no key: whoever talks to
 * the network can ask and hand in signatures, and cannot grant.
 */
export async function runGranter(host: RoleHost<"parcelkeep_granter">): Promise<void> {
  const config = readConfig();
  const log = programLog(config.logLevel, "granter");
  const connection = host.connections.parcelkeep_granter;
  const pool = new pg.Pool({ ...clientConfig(connection), max: 3, application_name: "parcelkeep-granter" });
  pool.on("error", (error) => log.warn(errorKind(error), "database connection lost"));
  const telemetry = await startTelemetry(config, "granter", log);
  const store = granterStore(pool);
  const register = registerStore(pool);
  const rounds: Rounds = new Rounds(async () => {
    await granter.turn().catch((error: unknown) => log.error(errorKind(error), "approvals cannot be read; tried again"));
    return pollMs;
  });
  const openers = await openersOf(config, pool, store, tracedOpener(telemetry.spans, host.open), log, () => rounds.ring());
  const granter = new Granter(
    store,
    {
      registerOf: (tenant) => register.of(tenant),
      policyOf: async (tenant) => (await register.policy(tenant))?.content ?? nothingForbidden,
      now: () => new Date(),
    },
    openers,
    log,
    async () => ((await store.personalDays()) ?? config.retention.personalDays) * dayMs,
  );
  const listener = new Listener({ ...clientConfig(connection), application_name: "parcelkeep-granter-wake" }, approvalsChannel, {
    heard: () => rounds.ring(),
    missed: () => rounds.ring(),
    failed: (error) => log.warn(errorKind(error), "approvals are not heard; they are looked for now and then"),
  });
  await listener.start();
  host.announceReady({});

  rounds.start();
  host.onStop(async () => {
    await rounds.stop();
    await openers.stop();
    await listener.stop();
    await telemetry.stop();
    await pool.end();
  });
}

/** By the workflow that the settings name, or by whoever looks after this process. */
async function openersOf(
  { aws, workflow }: Config,
  pool: pg.Pool,
  store: GranterStore,
  open: OpenSubject,
  log: ProgramLog,
  ring: () => void,
): Promise<Openers> {
  if (workflow === null) return new ProcessOpeners(store, open, log, ring);
  const { AwsReleaseWorkflow } = await import("../../cloud/aws-release-workflow.ts");
  return new WorkflowOpeners(workflowStore(pool), new AwsReleaseWorkflow({ connection: aws, ...workflow }), log, ring);
}

export class Granter {
  readonly #store: GranterStore;
  readonly #openers: Openers;
  readonly #log: ProgramLog;
  readonly #wordsMs: () => Promise<number>;
  readonly #recipients: RecipientParts;

  /** @param wordsMs how long a reason's text is kept after its request has ended. */
  constructor(store: GranterStore, recipients: RecipientParts, openers: Openers, log: ProgramLog, wordsMs: () => Promise<number>) {
    this.#recipients = recipients;
    this.#wordsMs = wordsMs;
    this.#store = store;
    this.#openers = openers;
    this.#log = log;
  }

  /** Clocks, then what is approved, then what is granted. */
  async turn(): Promise<void> {
    const swept = await this.#store.sweep(silentMs);
    await this.#store.noteTimes();
    await this.#store.sweepWords(new Date(Date.now() - (await this.#wordsMs())), wordsMax);
    if (swept.unknown > 0) this.#log.error(swept, "openers have said nothing of what became of their transfers");
    for (const request of await this.#store.toGrant(takenMax)) await this.#alone(request.id, this.#look(request));
    for (const review of await this.#store.reviews(takenMax)) await this.#alone(review.id, this.#confirm(review));
    await this.#openers.turn();
  }

  /** One that cannot be looked at holds up no other. */
  async #alone(request: string, work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) =>
      this.#log.error({ request, ...errorKind(error) }, "a request could not be looked at; tried again"),
    );
  }

  async #look(request: ApprovalRow): Promise<void> {
    if (request.kind === "change") return this.#change(request);
    if (request.kind === "transfer" && request.rule === "automatic") return this.#automatic(request);
    return this.#grant(request);
  }

  /** Nobody has signed it: register and policy have to carry it, now and by what is looked at here. */
  async #automatic(request: ApprovalRow): Promise<void> {
    const refusal = await this.#refusal(request);
    const state = await this.#store.grantAutomatic(request.id, randomUUID(), refusal);
    if (refusal !== null)
      this.#log.error({ request: request.id, refusal, state }, "the policy does not carry a transfer that nobody decided about");
  }

  async #refusal({ scope: text }: ApprovalRow): Promise<string | null> {
    const scope = readScope(text);
    if (scope.kind !== "transfer" || !isAutomatic(scope)) return "scope-changed";
    try {
      await grantedRecipient(scope, this.#recipients);
      return null;
    } catch (error) {
      if (error instanceof GrantRefused) return error.code;
      throw error;
    }
  }

  async #grant(request: ApprovalRow): Promise<void> {
    const refused = await this.#refused(request);
    const state = await this.#store.grant(request.id, randomUUID(), refused);
    if (refused.length > 0)
      this.#log.error({ request: request.id, refused: refused.length, state }, "approvals of a request do not verify");
  }

  async #change(request: ApprovalRow): Promise<void> {
    const refused = await this.#refused(request);
    const outcome = await this.#store.applyChange(request.id, refused, whyNotApplied(request));
    this.#log.info({ request: request.id, refused: refused.length, outcome }, "an approved change was looked at");
  }

  async #confirm({ id, scope, person, outcome, evidence }: ClaimedReview): Promise<void> {
    const policy = await this.#policy(null);
    const isLive = (await this.#live([{ person, assertion: evidence as Assertion }])).length > 0;
    const signer = policy === null || !isLive ? null : signerOf(evidence as Assertion, scope, `review ${outcome}`, policy);
    await this.#store.confirmReview(id, person, signer === person);
    if (signer !== person) this.#log.error({ request: id }, "a review does not verify");
  }

  /** Whose evidence does not verify; they may sign again. */
  async #refused(request: ApprovalRow): Promise<readonly string[]> {
    const decisions = await this.#store.decisions(request.id);
    const approvals = decisions.flatMap(({ person, decision, evidence, refused }) =>
      decision === "approve" && !refused ? [{ person, assertion: evidence } as Approval] : [],
    );
    const policy = await this.#policy(request.policy);
    const verified = policy === null ? [] : this.#verified(request, await this.#live(approvals), policy);
    return approvals.map(({ person }) => person).filter((person) => !verified.includes(person));
  }

  /** Who broke the glass has to have signed just that; everybody else has approved as one of several. */
  #verified(request: ApprovalRow, approvals: readonly Approval[], policy: ApprovalPolicy): readonly string[] {
    const holder = request.break_glass ? request.holder : null;
    const [ofHolder, ofOthers] = [true, false].map((is) => approvals.filter(({ person }) => (person === holder) === is));
    return [...verifiedApprovers(ofHolder!, request.scope, policy, "break-glass"), ...verifiedApprovers(ofOthers!, request.scope, policy)];
  }

  /** Those whose passkeys may sign now. */
  async #live(approvals: readonly Approval[]): Promise<readonly Approval[]> {
    return liveApprovals(approvals, await this.#store.livePasskeys(credentialsOf(approvals)));
  }

  /** @param version null for the newest. */
  async #policy(version: number | null): Promise<ApprovalPolicy | null> {
    const row = await this.#store.policy(version);
    try {
      return row === null ? null : readPolicy(row.content);
    } catch {
      return null;
    }
  }
}
