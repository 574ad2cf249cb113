import type { Approval } from "../../approvals/evidence.ts";
import { readScope, scopeSha256, type TransferScope } from "../../approvals/scope.ts";
import { handoverRequest } from "../../carriers/handover.ts";
import type { Category } from "../../domain/category.ts";
import { KeyedHash } from "../../domain/keyed-hash.ts";
import { type Egress, EgressError } from "../../outbound/egress.ts";
import type { TenantEntry } from "../../store/register-store.ts";
import type { GrantedGroup, GrantRow, TransferUse } from "../../store/transfer-use.ts";
import { KeyError, type OpeningKeys } from "../../vault/keys/provider.ts";
import { parseToken } from "../../vault/token.ts";
import { keyPurposeOf } from "../../vault/tokenise.ts";
import { openGroup } from "../../vault/seal-group.ts";
import { SealError } from "../../vault/sealing.ts";
import type { CapturedIngress } from "../intake/captured-ingress.ts";
import { grantedRecipient, isAutomatic, type RecipientParts } from "./granted-recipient.ts";
import { GrantRefused, type Policies, refuseIfOver, refuseUnlessApproved, standingApprovals, trustedPolicies } from "./signed-grant.ts";

/** Everything that a transfer touches outside this process. */
export interface TransferParts extends RecipientParts {
  /** Whose grant it has to be. */
  readonly tenant: string;
  readonly use: TransferUse;
  /** Waits until the entry stands under a signed head of the log. */
  readonly isLogged: (entry: string) => Promise<boolean>;
  readonly keys: Pick<OpeningKeys, "unwrap">;
  /** Lets pass what this one transfer covers. */
  readonly egressFor: (scope: TransferScope, entry: TenantEntry["entry"]) => Egress;
  readonly ingress: CapturedIngress;
}

export interface TransferResult {
  /** `not-used`: the grant was used, is over, or is none. */
  readonly state: "delivered" | "failed" | "unknown" | "not-used";
  readonly outcome: string;
}

/**
 * Carries one granted transfer out: looks at what was signed, uses the grant up, waits until the log says so, opens exactly the granted values, hands them to the egress call and to
 * nobody else, and says what became of it. What the carrier answers goes in at ingress, sealed.
 */
export async function carryOut(grant: string, parts: TransferParts): Promise<TransferResult> {
  const row = await parts.use.read(grant);
  // One of another tenant's stays as it is: whoever named it has no word in it.
  if (row === null || (tenantOf(row) ?? parts.tenant) !== parts.tenant) return { state: "not-used", outcome: "no-such-grant" };
  let checked: CheckedGrant;
  try {
    checked = await checkedGrant(row, parts);
  } catch (error) {
    if (!(error instanceof GrantRefused)) throw error;
    await parts.use.refuse(grant, error.code);
    return { state: "failed", outcome: error.code };
  }
  const entry = await parts.use.use(grant, scopeSha256(row.scope));
  if (entry === null) return { state: "not-used", outcome: "used-or-over" };
  return withOutcome(row, grant, entry, checked, parts);
}

/** As the scope says, which is what was signed; null where it is none. */
function tenantOf({ scope }: GrantRow): string | null {
  try {
    return readScope(scope).tenant;
  } catch {
    return null;
  }
}

interface Progress {
  opened: number;
  bytes: number;
  /** From here on something may have arrived. */
  isSent: boolean;
}

async function withOutcome(
  row: GrantRow,
  grant: string,
  entry: string,
  checked: CheckedGrant,
  parts: TransferParts,
): Promise<TransferResult> {
  const progress: Progress = { opened: 0, bytes: 0, isSent: false };
  const end = async (state: "delivered" | "failed" | "unknown", outcome: string, status: number | null): Promise<TransferResult> => {
    await parts.use.end(grant, { state, outcome, status, bytes: progress.bytes, opened: progress.opened });
    return { state, outcome };
  };
  try {
    if (!(await parts.isLogged(entry))) return await end("failed", "log-unreachable", null);
    // The log may have taken its time: a passkey that was revoked meanwhile has approved nothing, and a recipient that was refused gets nothing.
    await checkedGrant(row, parts);
    const values = await openedValues(grant, checked.scope, parts, progress);
    if (values === null) return await end("failed", "values-gone", null);
    const { status, isTakenIn } = await handOver(checked, values, parts, progress);
    const isAccepted = status >= 200 && status < 300;
    if (!isAccepted) return await end("failed", isTakenIn ? "carrier-refused" : "carrier-refused-answer-lost", status);
    return await end("delivered", isTakenIn ? "delivered" : "delivered-answer-lost", status);
  } catch (error) {
    const outcome = codeOf(error);
    return await end(progress.isSent && !neverSent.has(outcome) ? "unknown" : "failed", outcome, null);
  }
}

/** Refused by the guard or before a connection stood: nothing has left. */
const neverSent: ReadonlySet<string> = new Set(["host-not-registered", "address-refused", "leak", "tls"]);

function codeOf(error: unknown): string {
  if (error instanceof EgressError || error instanceof GrantRefused) return error.code;
  if (error instanceof KeyError) return `keys-${error.code}`;
  return error instanceof SealError ? "does-not-open" : "broken-off";
}

interface CheckedGrant {
  readonly scope: TransferScope;
  readonly entry: TenantEntry["entry"];
}

/** @throws {GrantRefused} */
async function checkedGrant(row: GrantRow, parts: TransferParts): Promise<CheckedGrant> {
  const scope = transferScope(row);
  refuseIfOver(scope, parts.now());
  await refuseUnlessSigned(row, scope, parts);
  const { entry } = await grantedRecipient(scope, parts);
  return { scope, entry };
}

function transferScope(row: GrantRow): TransferScope {
  try {
    const scope = readScope(row.scope);
    if (scope.kind !== "transfer" || scope.request !== row.id || scope.tokens.length !== scope.fields.length)
      throw new GrantRefused("scope-changed");
    const areOfFields = scope.tokens.every((token, at) => parseToken(token)?.category === scope.fields[at]);
    if (!areOfFields) throw new GrantRefused("scope-changed");
    return scope;
  } catch {
    throw new GrantRefused("scope-changed");
  }
}

/** By passkeys that may sign now, as the policy asks: this transfer, or the lane that it goes under. Nobody signs what the policy grants by itself. @throws {GrantRefused} */
async function refuseUnlessSigned(row: GrantRow, scope: TransferScope, { use, now }: TransferParts): Promise<void> {
  if (isAutomatic(scope)) {
    if (scope.lane !== null || scope.derogation !== null || scope.breakGlass) throw new GrantRefused("scope-changed");
    return;
  }
  const policies = await trustedPolicies(use);
  const approvals = await standingApprovals(scope.lane === null ? row.approvals : row.laneApprovals, use);
  if (scope.lane === null) refuseUnlessApproved(row.scope, scope, policies, approvals);
  else refuseOutsideLane(row, scope, policies, approvals, now());
}

function refuseOutsideLane(row: GrantRow, scope: TransferScope, policies: Policies, approvals: readonly Approval[], now: Date): void {
  if (row.laneScope === null) throw new GrantRefused("outside-lane");
  const lane = readScope(row.laneScope);
  if (lane.kind !== "lane" || lane.request !== scope.lane) throw new GrantRefused("outside-lane");
  refuseUnlessApproved(row.laneScope, lane, policies, approvals);
  const isWithin =
    lane.tenant === scope.tenant &&
    JSON.stringify(lane.recipient) === JSON.stringify(scope.recipient) &&
    lane.purpose === scope.purpose &&
    lane.basis === scope.basis &&
    lane.derogation === scope.derogation &&
    scope.fields.every((field) => lane.fields.includes(field)) &&
    now.getTime() < Date.parse(lane.endsAt);
  if (!isWithin) throw new GrantRefused("outside-lane");
}

/** @returns null where one of them is not kept any more: what was asked for is whole or nothing. */
async function openedValues(
  grant: string,
  { tenant, tokens, fields }: TransferScope,
  { use, keys }: TransferParts,
  progress: Progress,
): Promise<Partial<Record<Category, string>> | null> {
  const groups = new Map((await use.groups(grant)).map((group) => [group.token, group]));
  const values: Partial<Record<Category, string>> = {};
  const bySession = Map.groupBy(groups.values(), ({ session, purpose }) => `${session}/${purpose}`);
  for (const ofSession of bySession.values()) {
    using key = await unwrapped(keys, tenant, ofSession[0]!);
    for (const group of ofSession) {
      const field = fields[tokens.indexOf(group.token)];
      const opened = openGroup(key, group.session, tenant, group.groupId, group);
      const value = opened.find(({ position, category }) => position === group.place && category === field)?.value;
      if (value === undefined) return null;
      values[field as Category] = value;
      progress.opened++;
    }
  }
  return fields.every((field) => Object.hasOwn(values, field)) ? values : null;
}

async function unwrapped(keys: Pick<OpeningKeys, "unwrap">, tenant: string, { wrapped, epoch, purpose }: GrantedGroup): Promise<KeyedHash> {
  const key = await keys.unwrap(wrapped, { tenant, purpose: keyPurposeOf(purpose), epoch });
  try {
    return new KeyedHash(key);
  } finally {
    key.fill(0);
  }
}

async function handOver(
  { scope, entry }: CheckedGrant,
  values: Partial<Record<Category, string>>,
  { egressFor, ingress }: TransferParts,
  progress: Progress,
): Promise<{ readonly status: number; readonly isTakenIn: boolean }> {
  const request = handoverRequest(scope.recipient.url, { reference: scope.request, purpose: scope.purpose, values });
  const body = Buffer.from(request.body ?? "");
  const covered = Object.values(values).map((value) => ({ kind: "release", release: scope.request, value }) as const);
  const call = {
    tenant: scope.tenant,
    recipient: scope.recipient.source,
    method: request.method,
    url: request.url,
    headers: request.headers,
  };
  progress.bytes = body.length;
  progress.isSent = true;
  try {
    const answer = await egressFor(scope, entry).send({ ...call, body, covered });
    // It may name the person; it goes in as every answer does, and nobody reads it here.
    const isTakenIn = answer.body.length === 0 || (await ingress.take(scope.tenant, scope.recipient.source, answer.body));
    answer.body.fill(0);
    return { status: answer.status, isTakenIn };
  } finally {
    body.fill(0);
  }
}
