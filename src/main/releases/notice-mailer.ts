import { createTransport } from "nodemailer";
import type { Notice } from "../../outbound/notices.ts";
import { noticeMail } from "../../outbound/notices.ts";

export interface MailSettings {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly url: string;
  readonly from: string;
  readonly to: readonly string[];
  /** A server of a test may speak without TLS. */
  readonly isTestHost: boolean;
}

const timeoutMs = 15_000;

/** @returns what sends a notice by e-mail, and says whether the server took it. */
export function noticeMailer({ url, from, to, isTestHost }: MailSettings): (notice: Notice) => Promise<boolean> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const isWrapped = protocol === "smtps:";
  const transport = createTransport({
    host: hostname,
    port: port === "" ? (isWrapped ? 465 : 587) : Number(port),
    secure: isWrapped,
    requireTLS: !isWrapped && !isTestHost,
    ignoreTLS: isTestHost,
    ...(username === "" ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return async (notice) => {
    try {
      await transport.sendMail({ from, to: [...to], messageId: `<${notice.id}@parcelkeep>`, ...noticeMail(notice) });
      return true;
    } catch {
      return false;
    }
  };
}
