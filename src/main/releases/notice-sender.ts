import type pg from "pg";
import { Counter, type Registry } from "prom-client";
import { changeReasons, requestStates, transferReasons } from "../../domain/approval-terms.ts";
import { type Egress, type EgressCall, EgressError } from "../../outbound/egress.ts";
import { GuardedEgress, type GuardParts } from "../../outbound/guarded-egress.ts";
import { learnedRules } from "../../outbound/guard/learn.ts";
import { commonRules, type GuardRules, joinedRules } from "../../outbound/guard/rules.ts";
import { type Notice, noticeBody, noticeType, sendNotice } from "../../outbound/notices.ts";
import { type ClaimedNotice, noticesChannel, noticeStore, type NoticeStore } from "../../store/notice-store.ts";
import { Listener } from "../../store/listener.ts";
import { findTokens } from "../../vault/find-tokens.ts";
import type { NoticeSettings } from "../config.ts";
import { errorKind, type ProgramLog } from "../log.ts";
import { noticeMailer } from "./notice-mailer.ts";
import { clientConfig } from "../../store/client-config.ts";
import type { RoleConnection } from "../role.ts";
import { codecs } from "../intake/sources.ts";
import { Rounds } from "../rounds.ts";

const claimedMax = 20;
const leaseMs = 60_000;
const idleMs = 30_000;
/** Tried for about a day, then given up: the request itself is over by then. */
const attemptsMax = 12;
const pauseMinMs = 5_000;
const pauseMaxMs = 4 * 60 * 60_000;

/** One way to tell of a notice. @returns whether it was taken. */
type Channel = (notice: Notice) => Promise<boolean>;

export interface NoticeSenderParts {
  readonly pool: pg.Pool;
  readonly connection: RoleConnection;
  readonly settings: NoticeSettings;
  readonly testHosts: ReadonlySet<string>;
  readonly transport: GuardParts["transport"];
  readonly registry: Registry;
  readonly log: ProgramLog;
}

/** Tells approvers of requests, by webhook and e-mail, until it is stopped. Nothing where neither is set. */
export async function startNoticeSender(parts: NoticeSenderParts): Promise<{ stop(): Promise<void> }> {
  const channels = channelsOf(parts);
  if (channels.length === 0) return { stop: async () => {} };
  const store = noticeStore(parts.pool);
  const outcomes = new Counter({
    name: "parcelkeep_approval_notices_total",
    help: "Attempts to tell approvers of a request, by what became of them",
    labelNames: ["outcome"],
    registers: [parts.registry],
  });
  const rounds = new Rounds(async () => {
    const sent = await sendDue(store, channels, (outcome) => outcomes.inc({ outcome })).catch((error: unknown) => {
      parts.log.error(errorKind(error), "notices are not sent; tried again");
      return 0;
    });
    return sent === 0 ? idleMs : 0;
  });
  const listener = new Listener({ ...clientConfig(parts.connection), application_name: "parcelkeep-notices-wake" }, noticesChannel, {
    heard: () => rounds.ring(),
    missed: () => rounds.ring(),
    failed: (error) => parts.log.warn(errorKind(error), "notices are not heard; they are looked for now and then"),
  });
  await listener.start();
  rounds.start();
  return {
    stop: async () => {
      await rounds.stop();
      await listener.stop();
    },
  };
}

/** @returns how many were tried. */
async function sendDue(store: NoticeStore, channels: readonly Channel[], counted: (outcome: string) => void): Promise<number> {
  const due = await store.claim(claimedMax, leaseMs);
  for (const row of due) {
    const notice = noticeOf(row);
    // A receiver that took it may get it again where the other did not: its id tells.
    const taken = await Promise.all(channels.map((channel) => channel(notice)));
    const isDone = taken.every(Boolean) || row.attempts >= attemptsMax;
    counted(taken.every(Boolean) ? "sent" : isDone ? "given-up" : "retried");
    await store.settle(row.id, isDone ? null : new Date(Date.now() + Math.min(pauseMaxMs, pauseMinMs * 3 ** (row.attempts - 1))));
  }
  return due.length;
}

function noticeOf(row: ClaimedNotice): Notice {
  return {
    id: row.id,
    kind: row.kind,
    request: row.request,
    requestKind: row.request_kind,
    state: row.state,
    tenant: row.tenant,
    recipient: row.recipient,
    reason: row.reason,
    rule: row.rule,
    breakGlass: row.break_glass,
    madeAt: row.made_at.toISOString(),
    approveBy: row.approve_by.toISOString(),
    reviewDueAt: row.review_due_at?.toISOString() ?? null,
  };
}

function channelsOf({ settings, testHosts, transport, log }: NoticeSenderParts): readonly Channel[] {
  const channels: Channel[] = [];
  const { webhook, mail } = settings;
  if (webhook !== null) {
    const egress = noticeEgress(webhook.url, { testHosts, transport, log });
    channels.push((notice) => sendNotice(egress, webhook.url, webhook.secret, notice, new Date()));
  }
  if (mail !== null) channels.push(noticeMailer({ ...mail, isTestHost: testHosts.has(new URL(mail.url).host) }));
  return channels;
}

const nobody = "00000000-0000-4000-8000-000000000000";

/** To the one address that the settings name, which may be in the owner's own network; and with codes, ids and times only. */
function noticeEgress(url: string, { testHosts, transport, log }: Pick<NoticeSenderParts, "testHosts" | "transport" | "log">): Egress {
  const rules = noticeRules(url);
  return new GuardedEgress({
    recipientOf: async () => ({ hosts: [new URL(url).host], path: "private", rules, label: "approvals" }),
    knownOf: () => Promise.reject(new EgressError("leak", "a notice says nothing that the vault could know")),
    tokensIn: findTokens,
    record: { refused: async ({ code, findings }) => log.error({ refused: code, findings }, "a notice was not sent") },
    transport,
    testHosts,
    counted: () => {},
    recordFailed: () => {},
  });
}

function noticeRules(url: string): GuardRules {
  const at = new Date(0).toISOString();
  const sample: Notice = {
    id: nobody,
    kind: "awaiting",
    request: nobody,
    requestKind: "transfer",
    state: "requested",
    tenant: nobody,
    recipient: "x",
    reason: "emergency",
    rule: "transfer",
    breakGlass: true,
    madeAt: at,
    approveBy: at,
    reviewDueAt: at,
  };
  const call: EgressCall = {
    tenant: "",
    recipient: "",
    method: "POST",
    url,
    headers: { "content-type": "application/json", "webhook-id": nobody, "webhook-timestamp": "0", "webhook-signature": nobody },
    body: Buffer.from(noticeBody(sample)),
    covered: [nobody, "0"].map((value) => ({ kind: "credential", value })),
  };
  const kinds = ["awaiting", "expiring", "decided", "ended", "review-due", "review-overdue"] as const;
  const words = ["transfer", "lane", "change", "derogation", "review", "true", "false"];
  // Ids of requests, notices and tenants are random, and made here: they are not asked for in the vault.
  const withoutIds = { ...commonRules, formats: commonRules.formats.filter(({ name }) => name !== "uuid") };
  return joinedRules(withoutIds, learnedRules([call], findTokens), {
    texts: new Set([...requestStates, ...transferReasons, ...changeReasons, ...kinds.map(noticeType), ...words, ...codecs.keys()]),
    formats: [
      { name: "id", pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, isNarrow: true },
      { name: "unix-time", pattern: /^[12]\d{9}$/, places: ["header-value"], isNarrow: true },
    ],
  });
}
