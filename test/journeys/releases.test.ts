import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, describe, test } from "node:test";
import type { SignedDecision } from "../../src/approvals/scope.ts";
import type { ApprovalView } from "../../src/ingress/approval-services.ts";
import { person, recipientFields, ReleasingProgram } from "../support/releasing-program.ts";
import { SoftwareAuthenticator } from "../support/software-authenticator.ts";
import { TestApprover, testPolicy, testRelyingParty } from "../support/test-approver.ts";

const json = { "content-type": "application/json" };
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

describe("releases other than one at a time", () => {
  const release = new ReleasingProgram();
  const operator = (): { key: string; headers: Record<string, string> } => ({
    key: release.program.operatorKey,
    headers: { ...json, "parcelkeep-tenant": release.tenant },
  });
  before(async () => {
    await release.start({}, { breakGlass: { holders: [release.privacy.person], reviewHours: 72 } });
    await release.addShipment();
  });
  after(() => release.stop());

  const entriesOf = async (type: string) => {
    const { items } = (await release.program.call(`/v1/audit/entries?limit=500&type=${type}`, { key: release.program.operatorKey })).json();
    return items.map(({ entry }: { entry: Record<string, unknown> }) => entry) as Record<string, unknown>[];
  };

  test("one asked for twice with the same key is one; another body under that key is refused", async () => {
    const key = { "idempotency-key": "first" };
    const [once, twice] = [await release.ask({}, key), await release.ask({}, key)];
    assert.deepEqual([once.status, twice.json().id], [201, once.json().id]);
    assert.equal((await release.ask({ fields: ["name"] }, key)).json().code, "idempotency_key_reused");
  });

  test("the command line asks, lists, shows and withdraws", () => {
    const asked = JSON.parse(
      release.program.command(
        ...["transfers", "request", "--tenant", release.tenant, "--shipment", release.shipment, "--recipient", "fedex"],
        ...["--fields", "name,street", "--purpose", "delivery", "--reason", "delivery-problem", "--text", "The bell has no name"],
        ...["--basis", "contract", "--evidence", "contract-clause", "--reference", "clause 7", "--json"],
      ),
    );
    assert.deepEqual([asked.state, asked.requester], ["requested", "operator"]);
    const listed = release.program.command("transfers", "list", "--tenant", release.tenant, "--state", "requested");
    assert.match(listed, new RegExp(`^${asked.id}  requested .* fedex +delivery-problem$`, "m"));
    assert.match(release.program.command("transfers", "show", asked.id), /^flag +full-PII outbound$/m);
    assert.equal(JSON.parse(release.program.command("transfers", "withdraw", asked.id, "--json")).state, "withdrawn");
    assert.throws(() => release.program.command("transfers", "withdraw", asked.id), /request_closed/);
  });

  test("is denied by one approver, with a reason, and nothing leaves", async () => {
    const view = await release.asked();
    const signed = release.other.decide(view.scope, "deny");
    assert.equal((await release.decide(view.id, "approve", signed)).json().code, "not_verified", "a denial is no approval");
    assert.equal((await release.decide(view.id, "deny", signed)).json().state, "denied");
    assert.equal((await release.approve(view)).json().code, "request_closed");
    assert.equal(release.carrier.taken.length, 0);
  });

  test("goes to a carrier in the EEA under its contract by the policy's own grant, with everything in the log and nobody's approval", async () => {
    const view = await release.asked({ recipient: "gls" });
    assert.deepEqual([view.rule, view.approvalsNeeded, view.decisions], ["automatic", 0, []]);
    const done = await release.until(view.id, "delivered", "failed", "unknown");
    assert.deepEqual([done.state, done.outcome], ["delivered", "delivered"]);
    assert.equal(JSON.parse(release.carrier.taken.at(-1)!.text).recipient.street, person.street);
    const [{ grant_id: grant } = { grant_id: "" }] = await release.query<{ grant_id: string }>(
      "select grant_id from parcelkeep.approval_requests where id = $1",
      [view.id],
    );
    const intended = await release.program.until(
      async () => (await entriesOf("opening.intended")).find((entry) => entry["grant"] === grant),
      "the entry",
    );
    assert.equal(intended["recipient"], "gls");
    release.carrier.taken.length = 0;
  });

  test("the command line asks for lanes and emergencies, prints the page for what a passkey signs, and says what is wrong", async () => {
    const json = (...args: readonly string[]) => JSON.parse(release.program.command(...args, "--json"));
    const asked = [
      ...["--tenant", release.tenant, "--recipient", "fedex", "--fields", "name,street", "--purpose", "delivery", "--text", "Every day"],
      ...["--basis", "contract", "--evidence", "contract-clause", "--reference", "clause 7"],
    ];
    const lane = json(
      ...["transfers", "lanes", "request", ...asked, "--reason", "carrier-needs-address", "--quota-per-day", "3", "--ends-at", inDays(9)],
    );
    assert.deepEqual([lane.kind, lane.state, lane.approvalsNeeded], ["lane", "requested", 2]);
    assert.match(release.program.command("transfers", "lanes", "list"), new RegExp(`^${lane.id}  requested .* fedex`, "m"));
    const page = json("transfers", "lanes", "approve", lane.id);
    assert.equal(page.url, `https://localhost:8443/operators/decide#lanes/${lane.id}`);
    assert.equal(json("transfers", "lanes", "withdraw", lane.id).state, "withdrawn");
    assert.throws(
      () => release.program.command("transfers", "lanes", "veto", lane.id),
      /error: it is withdrawn, and can be decided so no more\nhint: parcelkeep transfers lanes show/,
    );
    const emergency = json("transfers", "break-glass", "request", ...asked, "--shipment", release.shipment);
    assert.deepEqual([emergency.reason, JSON.parse(emergency.scope).breakGlass], ["emergency", true]);
    assert.match(release.program.command("transfers", "break-glass", "use", emergency.id), /^open +https:.*#transfers\//m);
    assert.throws(() => release.program.command("transfers", "break-glass", "review", emergency.id), /error: no review of it is due/);
    assert.equal(json("transfers", "withdraw", emergency.id).state, "withdrawn");
  });

  describe("a standing lane", () => {
    let lane: ApprovalView;
    const send = (headers: Record<string, string> = {}) =>
      release.program.call(`/v1/lanes/${lane.id}/transfers`, {
        key: release.key,
        headers: { ...json, ...headers },
        body: JSON.stringify({ shipment: release.shipment }),
      });

    test("is asked for and approved like everything else, and sends nothing before", async () => {
      const asked = await release.program.call("/v1/lanes", {
        key: release.key,
        headers: json,
        body: JSON.stringify({
          recipient: "fedex",
          fields: recipientFields,
          purpose: "delivery",
          reason: "carrier-needs-address",
          text: "Every parcel of this carrier",
          basis: "contract",
          evidence: { kind: "contract-clause", reference: "clause 7" },
          quotaPerDay: 2,
          endsAt: inDays(30),
        }),
      });
      assert.equal(asked.status, 201, asked.text);
      lane = asked.json();
      assert.equal((await send()).json().code, "request_closed");
      assert.equal((await release.approve(lane, release.privacy, "lanes")).status, 200);
      await release.program.until(async () => (await release.view(lane.id, "lanes")).state === "granted", "the lane to open");
    });

    test("sends so many a day and no more, each with a use of its own in the log", async () => {
      const first = await send({ "idempotency-key": "one" });
      assert.equal(first.status, 201, first.text);
      assert.equal((await send({ "idempotency-key": "one" })).json().id, first.json().id);
      const racing = await Promise.all([send(), send(), send()]);
      assert.deepEqual(
        racing.map(({ status }) => status).toSorted((one, other) => one - other),
        [201, 429, 429],
      );
      assert.equal(racing.find(({ status }) => status === 429)!.json().code, "quota_spent");
      const done = await release.until(first.json().id, "delivered", "failed", "unknown");
      assert.deepEqual([done.state, done.lane, done.rule], ["delivered", lane.id, "lane"]);
      assert.equal(JSON.parse(release.carrier.taken[0]!.text).recipient.street, person.street);
      await release.until(racing.find(({ status }) => status === 201)!.json().id, "delivered");
      await release.program.until(async () => (await entriesOf("lane.opened")).length === 1, "the entry");
    });

    test("counts a day from midnight in UTC, to the moment, however many use it then", async () => {
      const move = (to: string) =>
        release.query(`update parcelkeep.approval_requests set requested_at = date_trunc('day', now(), 'UTC') ${to} where lane = $1`, [
          lane.id,
        ]);
      await move("");
      assert.equal((await send()).json().code, "quota_spent");
      await move("- interval '1 microsecond'");
      const racing = await Promise.all([1, 2, 3, 4].map(() => send()));
      assert.equal(racing.filter(({ status }) => status === 201).length, 2);
      for (const answer of racing) if (answer.status === 201) await release.until(answer.json().id, "delivered");
    });

    test("is closed by whoever asked for it, or by an approver's veto, at once", async () => {
      const veto = await release.decide(lane.id, "veto", release.other.decide(lane.scope, "veto"), {}, "lanes");
      assert.equal(veto.json().state, "vetoed", veto.text);
      assert.equal((await send()).json().code, "request_closed");
      assert.equal((await release.program.until(async () => (await entriesOf("lane.closed"))[0], "the entry"))["reason"], "veto");
    });

    test("is not made for longer than a year", async () => {
      const asked = await release.program.call("/v1/lanes", {
        key: release.key,
        headers: json,
        body: JSON.stringify({
          recipient: "fedex",
          fields: ["name"],
          purpose: "delivery",
          reason: "carrier-needs-address",
          text: "x",
          basis: "contract",
          evidence: { kind: "contract-clause", reference: "x" },
          quotaPerDay: 1,
          endsAt: inDays(400),
        }),
      });
      assert.deepEqual([asked.status, asked.json().errors[0].pointer], [400, "#/endsAt"]);
    });
  });

  describe("break-glass", () => {
    const glass = (view: ApprovalView, by: TestApprover, decision: SignedDecision = "break-glass") => {
      const { credential, askedAt, ...response } = by.decide(view.scope, decision);
      const body = JSON.stringify({ passkey: { id: credential, response }, askedAt });
      return release.program.call(`/v1/transfers/${view.id}/break-glass`, { ...operator(), body });
    };
    const review = (view: ApprovalView, by: TestApprover, outcome: "justified" | "breach") => {
      const { credential, askedAt, ...response } = by.decide(view.scope, `review ${outcome}`);
      const body = JSON.stringify({ outcome, passkey: { id: credential, response }, askedAt });
      return release.program.call(`/v1/transfers/${view.id}/review`, { ...operator(), body });
    };
    const emergency = () => release.asked({ reason: "emergency", breakGlass: true });
    const gauge = async (state: string): Promise<number> => {
      const { text } = await release.program.call("/metrics");
      return Number(new RegExp(`parcelkeep_break_glass_reviews\\{state="${state}"\\} (\\d+)`).exec(text)![1]);
    };

    test("lets one holder act at once, for an emergency only, and says so", async () => {
      assert.equal((await release.ask({ breakGlass: true })).json().code, "invalid_field");
      const ordinary = await release.asked();
      assert.equal((await glass(ordinary, release.privacy)).json().code, "request_closed");
      const view = await emergency();
      assert.equal((await glass(view, release.other)).json().code, "not_a_holder");
      assert.equal((await glass(view, release.privacy, "approve")).json().code, "not_verified", "as one of several is not alone");
      assert.equal((await glass(view, release.privacy)).status, 200);
      const done = await release.until(view.id, "delivered", "failed", "unknown");
      assert.equal(done.state, "delivered");
      assert.ok(Date.parse(done.review!.dueAt) <= Date.now() + 72 * 3_600_000);
      const used = await release.program.until(async () => (await entriesOf("break-glass.used"))[0], "the entry");
      assert.deepEqual([used["transfer"], used["holder"]], [view.id, release.privacy.person]);
      assert.equal(await gauge("due"), 1);
    });

    test("is reviewed by somebody else; overdue, it stops its holder and shows in the metrics", async () => {
      const [used] = await entriesOf("break-glass.used");
      const view = await release.view(String(used!["transfer"]));
      assert.equal((await review(view, release.privacy, "justified")).json().code, "own_request");
      await release.query("update parcelkeep.approval_requests set review_due_at = now() - interval '1 second' where id = $1", [view.id]);
      assert.equal(await gauge("overdue"), 1);
      const next = await emergency();
      assert.equal((await glass(next, release.privacy)).json().code, "review_overdue");
      assert.equal((await review(view, release.other, "justified")).status, 200);
      await release.program.until(async () => (await release.view(view.id)).review!.outcome === "justified", "the review to count");
      assert.equal(await gauge("overdue"), 0);
      assert.equal((await glass(next, release.privacy)).status, 200);
      await release.until(next.id, "delivered");
      assert.equal((await review(next, release.other, "breach")).status, 200);
      assert.equal(
        (await release.program.until(async () => (await entriesOf("break-glass.reviewed"))[0], "the entry"))["outcome"],
        "justified",
      );
    });
  });

  describe("a person who asks and could approve", () => {
    test("does not approve what they ask for, neither in their session nor through the operator's key; a session hands in nobody else's passkey", async () => {
      const origin = testRelyingParty.origins[0]!;
      const authenticator = new SoftwareAuthenticator(origin);
      let cookie = "";
      const call = async (path: string, body: object, headers: Record<string, string> = {}) => {
        const answer = await asBrowser(release.program.url + path, JSON.stringify(body), {
          ...json,
          host: new URL(origin).host,
          origin,
          "sec-fetch-site": "same-origin",
          "parcelkeep-console": "1",
          ...(cookie === "" ? {} : { cookie }),
          ...headers,
        });
        if (answer.cookies.length > 0) cookie = answer.cookies.map((each) => each.split(";")[0]!).join("; ");
        return answer;
      };
      const invited = await release.program.call("/v1/operators/invitations", {
        key: release.program.operatorKey,
        headers: json,
        body: JSON.stringify({ roles: ["operator", "approver"] }),
      });
      const { code, operator: id } = invited.json();
      const { challenge } = (await call("/v1/passkeys/options", { code })).json();
      const enrolled = await call("/v1/passkeys", { code, credential: authenticator.create(challenge) });
      assert.equal(enrolled.status, 204, enrolled.text);
      const credentials = [{ id: authenticator.id, publicKey: authenticator.spki.toString("base64url") }];
      const approver = { person: id, groups: ["privacy"], credentials };
      const before = testPolicy([release.privacy, release.other]);
      const content = {
        ...before,
        approvers: [...before.approvers, approver],
        breakGlass: { holders: [release.privacy.person], reviewHours: 72 },
      };
      const asked = await release.program.call("/v1/changes", {
        ...operator(),
        body: JSON.stringify({ change: "approval-policy", content, reason: "staff-change", text: "A new colleague" }),
      });
      for (const by of [release.privacy, release.other]) await release.approve(asked.json(), by, "changes");
      await release.program.until(async () => (await release.view(asked.json().id, "changes")).outcome === "applied", "the policy");

      const tenant = { "parcelkeep-tenant": release.tenant };
      const requested = await call("/v1/transfers", release.question(), tenant);
      assert.equal(requested.status, 201, requested.text);
      const view = requested.json() as ApprovalView;
      assert.equal(view.requester, `person:${id}`);
      const own = { passkey: authenticator.get(view.challenges.approve) };
      const passkey = { id: own.passkey.id, response: own.passkey.response };
      const signed = { passkey, askedAt: view.askedAt };
      assert.equal((await call(`/v1/transfers/${view.id}/approve`, signed)).json().code, "own_request");
      const byKey = await release.program.call(`/v1/transfers/${view.id}/approve`, { ...operator(), body: JSON.stringify(signed) });
      assert.equal(byKey.json().code, "own_request");
      const { credential, askedAt, ...response } = release.other.decide(view.scope);
      const handedIn = await call(`/v1/transfers/${view.id}/approve`, { passkey: { id: credential, response }, askedAt });
      assert.equal(handedIn.json().code, "not_verified");
      assert.equal((await release.approve(view, release.other)).status, 200);
      await release.until(view.id, "delivered");
    });
  });

  describe("what decides about releases", () => {
    const change = (body: object) =>
      release.program.call("/v1/changes", {
        ...operator(),
        body: JSON.stringify({ reason: "policy-review", text: "As agreed with the board", ...body }),
      });
    const agreement = { transferTool: "standard-contractual-clauses", lawfulBasis: "contract", fieldsAllowed: ["name"] };

    test("changes by nobody alone once there is an approval policy", async () => {
      const direct = await release.program.call("/v1/carriers/fedex/agreement", {
        ...operator(),
        method: "PUT",
        body: JSON.stringify(agreement),
      });
      assert.deepEqual([direct.status, direct.json().code], [403, "approval_required"]);
      const policy = { refusesOwnersOutsideEea: true, refusedRecipients: [] };
      const refused = await release.program.call("/v1/transfer-policy", { ...operator(), method: "PUT", body: JSON.stringify(policy) });
      assert.equal(refused.json().code, "approval_required");
    });

    test("changes when it is approved: an agreement, a transfer policy", async () => {
      const asked = await change({ change: "transfer-policy", content: { refusesOwnersOutsideEea: true, refusedRecipients: [] } });
      assert.equal(asked.status, 201, asked.text);
      for (const by of [release.privacy, release.other]) await release.approve(asked.json(), by, "changes");
      const done = await release.program.until(async () => {
        const view = await release.view(asked.json().id, "changes");
        return view.outcome === null ? null : view;
      }, "the change");
      assert.deepEqual([done.state, done.outcome], ["delivered", "applied"]);
      assert.equal((await release.ask()).json().code, "release_refused");
      const entry = await release.program.until(
        async () => (await entriesOf("policy.changed")).find(({ policy }) => policy === "transfer"),
        "the entry",
      );
      assert.equal(entry["approval"], asked.json().id);
      const narrower = await change({ change: "agreement", recipient: "fedex", content: agreement });
      for (const by of [release.privacy, release.other]) await release.approve(narrower.json(), by, "changes");
      await release.program.until(async () => (await release.view(narrower.json().id, "changes")).outcome === "applied", "the agreement");
    });

    test("changes how long things are kept, whatever the settings say", async () => {
      const read = () => release.program.call("/v1/retention", { key: release.program.operatorKey });
      assert.deepEqual((await read()).json(), { auditDays: 1095, personalDays: 90, textDays: 60 });
      assert.equal((await change({ change: "retention", content: { personalDays: 1000 } })).json().errors[0].pointer, "#/content");
      const asked = await change({ change: "retention", content: { auditDays: 400, textDays: 30 } });
      for (const by of [release.privacy, release.other]) await release.approve(asked.json(), by, "changes");
      await release.program.until(async () => (await release.view(asked.json().id, "changes")).outcome === "applied", "the terms");
      assert.deepEqual((await read()).json(), { auditDays: 400, personalDays: 90, textDays: 30 });
    });

    test("changes to the approval policy only under the policy before it, and the new approvers count from then on", async () => {
      const newcomer = new TestApprover("privacy");
      await release.enrol(newcomer);
      const bad = await change({ change: "approval-policy", content: { ...testPolicy([newcomer]) } });
      assert.equal(bad.json().errors[0].pointer, "#/content", "a policy that nobody could meet");
      const content = testPolicy([release.other, newcomer]);
      const asked = (await change({ change: "approval-policy", content })).json() as ApprovalView;
      const byItself = await release.approve(asked, newcomer, "changes");
      assert.equal(byItself.json().code, "not_verified");
      for (const by of [release.privacy, release.other]) await release.approve(asked, by, "changes");
      await release.program.until(async () => (await release.view(asked.id, "changes")).outcome === "applied", "the policy");
      const policy = (await release.program.call("/v1/approval-policy", { key: release.program.operatorKey })).json();
      assert.deepEqual([policy.version, policy.content], [3, content]);
      const next = (await change({ change: "transfer-policy", content: { refusesOwnersOutsideEea: false, refusedRecipients: [] } })).json();
      assert.equal((await release.approve(next, release.privacy, "changes")).json().code, "not_verified");
      for (const by of [newcomer, release.other]) assert.equal((await release.approve(next, by, "changes")).status, 200);
      await release.program.until(async () => (await release.view(next.id, "changes")).outcome === "applied", "the newcomer's change");
    });
  });
});

/** A call with the headers that a browser sets and `fetch` does not let anybody set. */
function asBrowser(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string; readonly cookies: readonly string[]; json(): any }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode!, text, cookies: answer.headers["set-cookie"] ?? [], json: () => JSON.parse(text) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
