import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ApprovalView } from "../../src/ingress/approval-services.ts";
import { number, person, ReleasingProgram } from "../support/releasing-program.ts";

const json = { "content-type": "application/json" };

describe("what is kept about a person, opened for them", () => {
  const release = new ReleasingProgram();
  let subject = "";
  before(async () => {
    await release.start();
    await release.addShipment();
    subject = (await release.query<{ subject: string }>("select distinct subject from parcelkeep.sealed_groups"))[0]!.subject;
  });
  after(() => release.stop());

  const ask = (more: object = {}, key = release.key) =>
    release.program.call("/v1/exports", {
      key,
      headers: { ...json, ...(key === release.key ? {} : { "parcelkeep-tenant": release.tenant }) },
      body: JSON.stringify({
        subject,
        recipient: "data-subject",
        reason: "access-request",
        text: "Wrote to us on Monday",
        identityCheck: "ticket 4711, order number and postcode",
        ...more,
      }),
    });
  const collect = (id: string, key = release.key) =>
    release.program.call(`/v1/exports/${id}/collect`, {
      key,
      method: "POST",
      headers: key === release.key ? {} : { "parcelkeep-tenant": release.tenant },
    });
  const granted = async (): Promise<ApprovalView> => {
    const view = (await ask()).json() as ApprovalView;
    assert.equal((await release.approve(view, release.privacy, "exports")).status, 200);
    return release.program.until(async () => {
      const seen = await release.view(view.id, "exports");
      return seen.state === "granted" ? seen : null;
    }, "the grant");
  };

  test("is not to be had by the operator's key alone: approvals have begun, and nobody may say any more that one person operates this", async () => {
    const alone = await release.program.call(`/v1/subjects/${subject}/export`, {
      key: release.program.operatorKey,
      method: "POST",
      headers: { "parcelkeep-tenant": release.tenant },
    });
    assert.deepEqual([alone.status, alone.json().code], [403, "grant_required"]);
    assert.throws(() => release.program.command("approvals", "stand-alone"), /approvals have begun/);
  });

  test("waits for an approval, and is collected once, by whoever asked, with the intent in the log before", async () => {
    const asked = await ask();
    assert.equal(asked.status, 201, asked.text);
    const view = asked.json() as ApprovalView;
    assert.deepEqual([view.kind, view.state, view.askedBy], ["export", "requested", release.asker.person]);
    assert.equal((await collect(view.id)).json().code, "grant_required");
    assert.equal((await release.approve(view, release.privacy, "exports")).status, 200);
    await release.program.until(async () => (await release.view(view.id, "exports")).state === "granted", "the grant");
    assert.equal((await collect(view.id, release.program.operatorKey)).json().code, "not_allowed");
    const collected = await collect(view.id);
    assert.equal(collected.status, 200, collected.text);
    assert.equal(collected.headers.get("cache-control"), "no-store");
    const values = new Set((collected.json().values as { value: string }[]).map(({ value }) => value));
    for (const value of [person.name, person.street, number]) assert.ok(values.has(value), "everything of the person");
    assert.equal((await collect(view.id)).json().code, "request_closed");
    const done = await release.view(view.id, "exports");
    assert.deepEqual([done.state, done.outcome], ["delivered", "handed-out"]);
    const { items } = (await release.program.call("/v1/audit/entries?limit=500", { key: release.program.operatorKey })).json();
    const intended = (items as { entry: Record<string, unknown> }[]).find(({ entry }) => entry["type"] === "opening.intended");
    assert.deepEqual([intended?.entry["purpose"], intended?.entry["subject"]], ["access-export", subject]);
    assert.doesNotMatch(release.program.output, new RegExp(`${person.name}|${person.street}|Wrote to us`));
  });

  test("is collected once by whoever comes first, however many come at the same time", async () => {
    const { id } = await granted();
    const all = await Promise.all([1, 2, 3].map(() => collect(id)));
    assert.equal(all.filter(({ status }) => status === 200).length, 1);
    // 503: its opener had not begun in time, on a machine that does much else.
    assert.ok(
      all.every(({ status }) => [200, 409, 503].includes(status)),
      all.map(({ text }) => text).join(),
    );
  });

  test("is written by the command line into a new file of the operator's own, and leaves none where there is nothing to collect", async () => {
    const folder = mkdtempSync(join(release.program.dataDir, "out-"));
    const asked = (await ask({}, release.program.operatorKey)).json() as ApprovalView;
    const collectTo = (name: string) =>
      release.program.command("exports", "collect", asked.id, "--tenant", release.tenant, "--out", join(folder, name));
    assert.throws(() => collectTo("early.json"));
    assert.deepEqual(readdirSync(folder), []);
    for (const by of [release.privacy, release.other]) await release.approve(asked, by, "exports");
    await release.program.until(async () => (await release.view(asked.id, "exports")).state === "granted", "the grant");
    collectTo("out.json");
    assert.deepEqual(readdirSync(folder), ["out.json"]);
    assert.equal(statSync(join(folder, "out.json")).mode & 0o777, 0o600);
    assert.ok(JSON.parse(readFileSync(join(folder, "out.json"), "utf8")).values.length > 0);
  });

  test("opens nothing once the passkey that approved it was revoked, or a day has passed", async () => {
    const late = await granted();
    await release.query("update parcelkeep.approval_requests set execute_by = now() - interval '1 second' where id = $1", [late.id]);
    assert.match((await collect(late.id)).json().code, /^(request_closed|opening_failed)$/);
    const revoked = await granted();
    await release.query("update parcelkeep.passkeys set revoked_at = now() where person = $1", [release.privacy.person]);
    assert.equal((await collect(revoked.id)).json().code, "grant_required");
    assert.deepEqual((await release.view(revoked.id, "exports")).outcome, "not-approved");
  });

  test("is not asked for of somebody about whom the tenant keeps nothing", async () => {
    assert.equal((await ask({ subject: crypto.randomUUID() })).json().code, "not_found");
  });
});
