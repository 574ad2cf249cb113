import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { pino } from "pino";
import { Registry } from "prom-client";
import { defaultTransport, Transport } from "../../outbound/transport.ts";
import { granterStore } from "../../store/approval-store.ts";
import { testDatabase } from "../../../test/support/database.ts";
import { HandoverCarrier } from "../../../test/support/handover-carrier.ts";
import { MailServer } from "../../../test/support/mail-server.ts";
import { localCertificate } from "../../../test/support/test-certificate.ts";
import { startNoticeSender } from "./notice-sender.ts";

describe("telling approvers", async () => {
  const database = await testDatabase({ after: (work) => after(async () => (await ended(), work())) });
  const ended = async (): Promise<void> => {
    await sender.stop();
    await Promise.all([receiver.stop(), mail.stop()]);
  };
  const owner = database.pool("parcelkeep_owner");
  const granter = granterStore(database.pool("parcelkeep_granter"));
  const receiver = new HandoverCarrier();
  const mail = new MailServer();
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  let sender: { stop(): Promise<void> };

  before(async () => {
    receiver.answer = () => ({ status: 204, body: "" });
    await Promise.all([receiver.start(), mail.start()]);
    await owner.query("insert into parcelkeep.approval_policies (version, content, sha256) values (1, '{}', '')");
    sender = await startNoticeSender({
      pool: database.pool("parcelkeep_outbound"),
      connection: database.connection("parcelkeep_outbound"),
      settings: {
        webhook: { url: `https://${receiver.host}/approvals`, secret },
        mail: { url: `smtp://${mail.host}`, from: "parcelkeep@example.eu", to: ["privacy@example.eu"] },
      },
      testHosts: new Set([receiver.host, mail.host]),
      transport: new Transport({ ...defaultTransport, authorities: localCertificate.cert }),
      registry: new Registry(),
      log: pino({ level: "silent" }),
    });
  });
  const request = async (more: string = "now() + interval '1 hour'"): Promise<string> => {
    const id = randomUUID();
    await owner.query(
      `insert into parcelkeep.approval_requests (id, tenant, kind, requester, scope, scope_sha256, policy, rule, needed, reason, recipient, approve_by, execute_within)
       values ($1, gen_random_uuid(), 'transfer', 'key:x', '{}', '', 1, 'transfer', 1, 'emergency', 'fedex', ${more}, '5 minutes')`,
      [id],
    );
    return id;
  };
  const heard = async (id: string, kind: string) => {
    for (let look = 0; look < 500; look++) {
      const found = receiver.taken.find(({ text }) => text.includes(id) && text.includes(`"parcelkeep.approval.${kind}"`));
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`nobody told of ${kind}`);
  };

  test("tells of a request that waits, by a signed webhook and by e-mail, in codes and ids", async () => {
    const id = await request();
    const { text, headers } = await heard(id, "awaiting");
    const { request: named, state, recipient, reason } = JSON.parse(text);
    assert.deepEqual([named, state, recipient, reason], [id, "requested", "fedex", "emergency"]);
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${text}`;
    const mac = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
      .update(signed)
      .digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${mac}`);
    for (let look = 0; mail.mails.length === 0 && look < 500; look++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(mail.mails[0]!.to, ["privacy@example.eu"]);
    assert.match(mail.mails[0]!.text, new RegExp(`Subject: Parcelkeep: a request waits for approval[^]*transfer ${id}`));
  });

  test("tells when it is about to expire, once, and when it was decided", async () => {
    const id = await request("now() + interval '1 minute'");
    await owner.query("update parcelkeep.approval_requests set requested_at = now() - interval '10 minutes' where id = $1", [id]);
    await granter.noteTimes();
    await granter.noteTimes();
    await heard(id, "expiring");
    await owner.query("update parcelkeep.approval_requests set state = 'denied' where id = $1", [id]);
    assert.equal(JSON.parse((await heard(id, "decided")).text).state, "denied");
    assert.equal(receiver.taken.filter(({ text }) => text.includes(id) && text.includes("expiring")).length, 1);
  });

  test("tells of a review that is due and of one that is overdue", async () => {
    const id = await request();
    await owner.query(
      "update parcelkeep.approval_requests set review_due_at = now() - interval '1 second', break_glass = true where id = $1",
      [id],
    );
    await heard(id, "review-due");
    await granter.noteTimes();
    assert.equal(JSON.parse((await heard(id, "review-overdue")).text).breakGlass, true);
  });

  test("tries again where a receiver does not take it", async () => {
    receiver.answer = () => ({ status: 503, body: "" });
    const id = await request();
    await heard(id, "awaiting");
    const waiting = async () =>
      (
        await owner.query(
          "select attempts, sent_at, next_at > now() as later, next_at < now() + interval '20 seconds' as settled from parcelkeep.approval_notices where request = $1",
          [id],
        )
      ).rows[0];
    // Held for a minute by whoever sends it; then due again in seconds.
    for (let look = 0; !((await waiting()).attempts > 0 && (await waiting()).settled) && look < 500; look++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual([(await waiting()).sent_at, (await waiting()).later], [null, true]);
    receiver.answer = () => ({ status: 204, body: "" });
    await owner.query("update parcelkeep.approval_notices set next_at = now() where request = $1", [id]);
    await owner.query("notify parcelkeep_notices");
    for (let look = 0; (await waiting()).sent_at === null && look < 500; look++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.notEqual((await waiting()).sent_at, null);
  });
});
