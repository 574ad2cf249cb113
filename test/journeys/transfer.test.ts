import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { leaks } from "../samples/scanner.ts";
import { number, person, recipientFields, ReleasingProgram } from "../support/releasing-program.ts";

/** The worked example of the guide: a carrier in a third country that needs the full address. */
describe("a carrier in a third country that needs the full address", () => {
  const release = new ReleasingProgram();
  const folder = mkdtempSync(join(tmpdir(), "pk-transfer-"));
  let catalogues = new Map<string, string>();
  let transfer = "";
  before(async () => {
    await release.start();
    catalogues = filesOf(release.program.dataDir);
    await release.addShipment();
  });
  after(async () => {
    await release.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is asked for with a reason, flagged, and waits: nothing leaves", async () => {
    const { evidence: _, ...incomplete } = {
      evidence: 0,
      shipment: release.shipment,
      recipient: "fedex",
      fields: ["name"],
      purpose: "delivery",
    };
    const without = await release.program.call("/v1/transfers", {
      key: release.key,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(incomplete),
    });
    assert.deepEqual([without.status, without.json().code], [400, "invalid_field"]);
    const view = await release.asked();
    transfer = view.id;
    assert.deepEqual([view.state, view.flag, view.rule, view.approvalsNeeded], ["requested", "full-PII outbound", "transfer", 1]);
    assert.deepEqual(JSON.parse(view.scope).fields, recipientFields);
    assert.equal(release.carrier.taken.length, 0);
  });

  test("goes to the carrier when a person has approved exactly this with their passkey", async () => {
    const approved = await release.approve(await release.view(transfer));
    assert.equal(approved.status, 200, approved.text);
    const view = await release.until(transfer, "delivered", "failed", "unknown");
    assert.deepEqual([view.state, view.outcome, view.answerStatus], ["delivered", "delivered", 200]);
    const [handed] = release.carrier.taken;
    const { name, street, postalCode, city, phone } = person;
    assert.deepEqual(JSON.parse(handed!.text), {
      reference: transfer,
      purpose: "delivery",
      parcel: { trackingNumber: number },
      recipient: { city, name, phone, postalCode, street },
    });
    assert.equal(handed!.headers["idempotency-key"], transfer);
    assert.equal(release.carrier.taken.length, 1);
  });

  test("stands in the log before and after, with receipts that are checked offline", async () => {
    const items = await release.program.until(async () => {
      const { items } = (await release.program.call("/v1/audit/entries?limit=200", { key: release.key })).json() as {
        items: { index: number; entry: Record<string, unknown> }[];
      };
      return items.some(({ entry }) => entry["type"] === "transfer.executed") ? items : null;
    }, "the outcome in the log");
    const types = items.toReversed().map(({ entry }) => String(entry["type"]));
    const expected = [
      "transfer.requested",
      "transfer.approved",
      "transfer.granted",
      "opening.intended",
      "opening.done",
      "transfer.executed",
    ];
    assert.deepEqual(
      types.filter((type) => expected.includes(type)),
      expected,
    );
    const [key] = (await release.program.call("/v1/audit/keys")).text.trim().split("\n");
    for (const type of ["opening.intended", "transfer.executed"]) {
      const { index } = items.find(({ entry }) => entry["type"] === type)!;
      const proof = await release.program.until(async () => {
        const answer = await release.program.call(`/v1/audit/entries/${index}/proof`, { key: release.key });
        return answer.status === 200 ? answer.text : null;
      }, `the receipt of ${type}`);
      const entry = await release.program.call(`/v1/audit/entries/${index}`, { key: release.key });
      writeFileSync(join(folder, `${type}.tlog-proof`), proof);
      writeFileSync(join(folder, `${type}.json`), entry.text);
      const verified = release.program.command(
        "audit",
        "verify",
        join(folder, `${type}.tlog-proof`),
        "--key",
        key!,
        "--entry",
        join(folder, `${type}.json`),
      );
      assert.match(verified, new RegExp(`^verified: entry ${index} of log\\.example\\.eu`));
    }
  });

  test("lets the carrier's answer in at ingress, sealed", async () => {
    const letter = await release.program.until(async () => {
      const { items } = (await release.program.call("/v1/dead-letters", { key: release.key })).json();
      return items.find(({ source }: { source: string }) => source === "fedex") ?? null;
    }, "the carrier's answer");
    assert.equal(letter.kind, "quarantined");
  });

  test("left the address with the carrier and nowhere else", async () => {
    release.program.command("audit", "export", join(folder, "log"));
    const answers: string[] = [];
    for (const path of ["/metrics", "/v1/audit/entries?limit=500", "/v1/transfers", "/v1/shipments", "/v1/dead-letters", "/v1/carriers"])
      answers.push(
        (await release.program.call(path, { key: release.program.operatorKey, headers: { "parcelkeep-tenant": release.tenant } })).text,
      );
    const shown = release.program.command("transfers", "show", transfer, "--json");
    const tables = await release.query<{ name: string }>(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname = 'parcelkeep'",
    );
    const rows: string[] = [];
    for (const { name } of tables) {
      const held = await release.query<{ row: string }>(`select t::text as row from ${name} t`);
      rows.push(...held.map(({ row }) => row));
    }
    assert.ok(rows.length > 50);
    const after = new Map(
      [...filesOf(release.program.dataDir), ...filesOf(folder)].filter(([name, text]) => catalogues.get(name) !== text),
    );
    const places = new Map([
      ...after,
      ["the database", rows.join("\n")],
      ["what it printed", release.program.output],
      ["what it answered", answers.join("\n")],
      ["the command line", shown],
    ]);
    const words = ["The courier cannot find the house", "Master agreement 2026, clause 7"];
    // Files of the database are large: what is sure to stand in them by no chance is looked for there, and everything in what is text.
    const texts = new Map([...places].filter(([, text]) => !text.includes("\u0000")));
    const everywhere: readonly string[] = [person.name, person.street, number];
    for (const value of [...Object.values(person), number])
      assert.deepEqual(leaks({ path: "recipient", value }, everywhere.includes(value) ? places : texts), [], value);
    // The reason's words are shown to whoever decides, and kept sealed.
    for (const value of words) {
      const where = leaks({ path: "words", value }, texts);
      assert.deepEqual(
        where.filter((place) => place !== "what it answered" && place !== "the command line"),
        [],
        value,
      );
    }
    assert.ok(leaks({ path: "carrier", value: person.name }, new Map([["carrier", release.carrier.taken[0]!.text]])).length > 0);
  });
});

function filesOf(folder: string, found = new Map<string, string>()): Map<string, string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) filesOf(path, found);
    else if (stats?.isFile() === true) found.set(path, readFileSync(path, "latin1"));
  }
  return found;
}
