import { type Egress, EgressError } from "./egress.ts";
import { signatures } from "./webhooks/signature.ts";

/** Something that somebody has to hear of a request for a release: codes, ids and times. */
export interface Notice {
  readonly id: string;
  readonly kind: "awaiting" | "expiring" | "decided" | "ended" | "review-due" | "review-overdue";
  readonly request: string;
  readonly requestKind: "transfer" | "lane" | "change";
  readonly state: string;
  readonly tenant: string | null;
  readonly recipient: string | null;
  readonly reason: string;
  readonly rule: string;
  readonly breakGlass: boolean;
  /** RFC 3339 UTC. */
  readonly madeAt: string;
  readonly approveBy: string;
  readonly reviewDueAt: string | null;
}

const sayings: Readonly<Record<Notice["kind"], string>> = {
  awaiting: "a request waits for approval",
  expiring: "a request is about to expire without approval",
  decided: "a request was decided",
  ended: "a granted release did not end as it should",
  "review-due": "break-glass was used and waits for its review",
  "review-overdue": "the review of a use of break-glass is overdue",
};

export const noticeType = (kind: Notice["kind"]): string => `parcelkeep.approval.${kind}`;

/** The body of the webhook. */
export function noticeBody({ kind, ...facts }: Notice): string {
  return JSON.stringify({ type: noticeType(kind), ...facts });
}

/** As an e-mail. What the request is about is shown to whoever signs in, and not here. */
export function noticeMail(notice: Notice): { readonly subject: string; readonly text: string } {
  const { kind, request, requestKind, state, recipient, reason, approveBy, reviewDueAt, breakGlass } = notice;
  const lines = [
    `${requestKind} ${request}`,
    `state: ${state}`,
    ...(recipient === null ? [] : [`recipient: ${recipient}`]),
    `reason: ${reason}`,
    ...(breakGlass ? ["break-glass: yes"] : []),
    ...(kind === "awaiting" || kind === "expiring" ? [`to be approved before ${approveBy}`] : []),
    ...(reviewDueAt === null ? [] : [`to be reviewed before ${reviewDueAt}`]),
  ];
  return { subject: `Parcelkeep: ${sayings[kind]}`, text: `${lines.join("\n")}\n` };
}

/** One webhook, signed as the merchants' are (`docs/webhooks-out.md`). @returns whether the receiver took it. */
export async function sendNotice(egress: Egress, url: string, secret: string, notice: Notice, now: Date): Promise<boolean> {
  const body = noticeBody(notice);
  const timestampS = Math.floor(now.getTime() / 1000);
  const signature = signatures([secret], notice.id, timestampS, body);
  try {
    const { status } = await egress.send({
      tenant: "",
      recipient: "approvals",
      method: "POST",
      url,
      headers: {
        "content-type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": String(timestampS),
        "webhook-signature": signature,
      },
      body: Buffer.from(body),
      covered: [{ kind: "credential", value: signature }],
    });
    return status >= 200 && status < 300;
  } catch (error) {
    if (error instanceof EgressError) return false;
    throw error;
  }
}
