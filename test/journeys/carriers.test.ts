import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RunningProgram } from "../support/running-program.ts";

describe("the carrier register", () => {
  const program = new RunningProgram();
  let [tenant, key] = ["", ""];

  before(async () => {
    await program.start();
    ({ tenant, apiKey: key } = JSON.parse(program.command("tenants", "create", "--name", "Register", "--json")));
  });
  after(() => program.remove());

  const agree = (by: string, source: string, body: object) =>
    program.call(`/v1/carriers/${source}/agreement`, {
      method: "PUT",
      key: by,
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", "parcelkeep-tenant": tenant },
    });
  const carrier = async (source: string) => {
    const { items } = (await program.call("/v1/carriers", { key })).json();
    return items.find((each: { source: string }) => each.source === source);
  };

  test("is what the files say, from the first start", async () => {
    const gls = await carrier("gls");
    assert.deepEqual(
      [gls.country, gls.role, gls.hosts, gls.version, gls.contract, gls.agreementVersion],
      ["NL", "carrier", ["api.gls-group.net"], 1, null, null],
    );
  });

  test("is listed on the command line", () => {
    const lines = program.command("carriers", "list").trim().split("\n");
    assert.match(
      lines.find((line) => line.startsWith("ups"))!,
      /carrier +US +US +derogation-only +no contract +onlinetools\.ups\.com/,
    );
    const first = JSON.parse(program.command("carriers", "list", "--json").split("\n")[0]!);
    assert.equal(typeof first.legalName, "string");
  });

  test("takes a tenant's agreement from the operator, and not from the tenant's key", async () => {
    const contract = { reference: "GLS-2026-17", date: "2026-03-01" };
    assert.equal((await agree(key, "gls", { contract })).status, 403);
    const agreed = await agree(program.operatorKey, "gls", { contract, fieldsAllowed: ["trackingNumber", "postalCode"] });
    assert.deepEqual([agreed.status, agreed.json().contract, agreed.json().agreementVersion], [200, contract, 1]);
    assert.deepEqual((await carrier("gls")).fieldsAllowed, ["trackingNumber", "postalCode"]);
    const listed = program.command("carriers", "list", "--tenant", tenant);
    assert.match(listed, /^gls .*contract GLS-2026-17 of 2026-03-01/m);
    assert.doesNotMatch(program.command("carriers", "list"), /GLS-2026-17/);
  });

  test("shows an agreement with its versions, and takes it from the command line", async () => {
    const args = ["--tenant", tenant, "--source", "ups"];
    program.command(
      "carriers",
      "agreement",
      "set",
      ...args,
      "--contract",
      "UPS-1",
      "--date",
      "2026-01-05",
      "--tool",
      "standard-contractual-clauses",
    );
    program.command("carriers", "agreement", "set", ...args, "--contract", "UPS-2", "--date", "2026-06-01", "--field", "trackingNumber");
    const { items } = (await program.call("/v1/carriers/ups/agreement", { key })).json();
    assert.deepEqual(
      items.map((each: any) => [
        each.version,
        each.contract.reference,
        each.transferTool,
        each.fieldsAllowed,
        each.changedBy,
        each.approval,
      ]),
      [
        [2, "UPS-2", null, ["trackingNumber"], "operator", null],
        [1, "UPS-1", "standard-contractual-clauses", null, "operator", null],
      ],
    );
    assert.match(program.command("carriers", "agreement", "show", ...args), /^version 2 .*UPS-2 of 2026-06-01/);
    assert.deepEqual((await program.call("/v1/carriers/bring/agreement", { key })).json().items, []);
    assert.equal((await program.call("/v1/carriers/no-such-carrier/agreement", { key })).status, 404);
  });

  test("takes from the operator whom a tenant refuses; whoever is refused cannot be given an account", async () => {
    const json = { "content-type": "application/json" };
    const set = (by: string, body: object) =>
      program.call("/v1/transfer-policy", {
        method: "PUT",
        key: by,
        body: JSON.stringify(body),
        headers: { ...json, "parcelkeep-tenant": tenant },
      });
    const account = () =>
      program.call("/v1/carrier-accounts", {
        key,
        headers: json,
        body: JSON.stringify({ source: "ups", credentials: { clientId: "c", clientSecret: "s" } }),
      });
    const policy = { refusesOwnersOutsideEea: true, refusedRecipients: ["gls"] };
    assert.equal((await program.call("/v1/transfer-policy", { key })).json().change, null);
    assert.equal((await set(key, policy)).status, 403);
    assert.equal((await set(program.operatorKey, { ...policy, refusedRecipients: ["no-such-carrier"] })).json().code, "unknown_source");
    assert.equal((await set(program.operatorKey, policy)).status, 200);
    const held = (await program.call("/v1/transfer-policy", { key })).json();
    assert.deepEqual([held.refusesOwnersOutsideEea, held.refusedRecipients, held.change.version], [true, ["gls"], 1]);
    assert.equal((await account()).json().code, "grant_required", "the owner of UPS sits in the United States");
    assert.match(program.command("carriers", "policy", "show", "--tenant", tenant), /version 1 .*EEA refused.*refused: gls/);
    program.command("carriers", "policy", "set", "--tenant", tenant);
    assert.equal((await account()).status, 201);
  });

  test("refuses an agreement about nobody, and a category that is none", async () => {
    assert.equal((await agree(program.operatorKey, "no-such-carrier", {})).status, 404);
    assert.equal((await agree(program.operatorKey, "gls", { fieldsAllowed: ["shoeSize"] })).status, 400);
  });
});
