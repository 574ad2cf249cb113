import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostileProvider, providerClient } from "../support/hostile-provider.ts";
import { Browser, said } from "../support/operator-site.ts";
import { RunningProgram } from "../support/running-program.ts";
import { SoftwareAuthenticator } from "../support/software-authenticator.ts";

const cli = join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");

describe("operators of a stand-alone install", () => {
  const program = new RunningProgram();
  let origin = "";
  let officer: { readonly browser: Browser; readonly authenticator: SoftwareAuthenticator; readonly id: string };

  const browser = (): Browser =>
    new Browser(origin, async (request) => {
      const { method, url, headers, payload } = request as {
        method: string;
        url: string;
        headers: Record<string, string>;
        payload?: object;
      };
      const { host: _host, ...sent } = headers;
      const answer = await fetch(`${origin}${url}`, {
        method,
        redirect: "manual",
        headers: { ...sent, ...(payload === undefined ? {} : { "content-type": "application/json" }) },
        ...(payload === undefined ? {} : { body: JSON.stringify(payload) }),
      });
      const body = await answer.text();
      const cookies = answer.headers.getSetCookie().map((line) => {
        const [name, value] = line.split(";")[0]!.split("=", 2) as [string, string];
        return { name, value, ...(line.includes("Max-Age=0") ? { maxAge: 0 } : {}) };
      });
      return {
        statusCode: answer.status,
        body,
        headers: Object.fromEntries(answer.headers),
        cookies,
        json: () => JSON.parse(body) as never,
      };
    });

  const operator = async (...args: string[]) => {
    const { code, operator: id } = JSON.parse(program.command("operators", "invite", ...args, "--json")) as {
      code: string;
      operator: string;
    };
    const authenticator = new SoftwareAuthenticator(origin);
    const own = browser();
    assert.equal(said(await own.enrol(authenticator, { code })), "204");
    return { browser: own, authenticator, id };
  };

  /** @returns what a command that must fail says. */
  const failing = (...args: string[]): string => {
    try {
      execFileSync(process.execPath, [cli, ...args], { env: program.env, encoding: "utf8", stdio: "pipe" });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
    return "";
  };

  before(async () => {
    await program.start();
    origin = `http://localhost:${new URL(program.url).port}`;
  });
  after(() => program.remove());

  test("the first comes in by a code from the command line, with a passkey and nothing else", async () => {
    officer = await operator("--role", "security_officer");
    const session = await officer.browser.session();
    assert.deepEqual([session.operator, session.roles], [officer.id, ["security_officer"]]);
    assert.match(program.command("operators", "list"), new RegExp(`^${officer.id}  active    security_officer  1 passkeys`, "m"));
  });

  test("the last who can administer cannot be taken away, and the command says what to do", () => {
    for (const args of [
      ["disable", officer.id],
      ["revoke", officer.id, "--role", "security_officer"],
    ])
      assert.match(
        failing("operators", ...args),
        /^error: last_administrator: .*\nhint: parcelkeep operators invite --role security_officer/,
      );
  });

  test("a security officer invites, and disables, from a session", async () => {
    const invited = await officer.browser.call("POST", "/v1/operators/invitations", { roles: ["viewer"] });
    const { code, operator: id } = invited.json<{ code: string; operator: string }>();
    const viewer = browser();
    await viewer.enrol(new SoftwareAuthenticator(origin), { code });
    assert.deepEqual((await viewer.session()).roles, ["viewer"]);
    assert.equal(said(await officer.browser.call("POST", `/v1/operators/${id}/disable`)), "204");
    assert.equal((await viewer.session()).status, 401);
  });

  test("a session reads what its roles cover, of the tenant that it names", async () => {
    const { tenant } = JSON.parse(program.command("tenants", "create", "--name", "Shop", "--json")) as { tenant: string };
    const named = { "parcelkeep-tenant": tenant };
    const viewer = await operator("--role", "viewer");
    assert.equal((await viewer.browser.call("GET", "/v1/shipments", undefined, named)).statusCode, 200);
    assert.equal(said(await viewer.browser.call("POST", "/v1/tokens", { values: [] }, named)), "403 scope_missing");
    assert.equal(said(await viewer.browser.call("GET", "/v1/audit/entries")), "403 not_allowed");
    const auditor = await operator("--role", "auditor");
    assert.equal((await auditor.browser.call("GET", "/v1/audit/entries")).statusCode, 200);
  });

  test("a merchant's key does what its scopes say, and stops when it is revoked", async () => {
    const { tenant } = JSON.parse(program.command("tenants", "create", "--name", "Shop", "--json")) as { tenant: string };
    const create = (...scopes: string[]) =>
      JSON.parse(program.command("tenants", "keys", "create", "--tenant", tenant, "--scope", ...scopes, "--json")) as {
        key: string;
        apiKey: string;
      };
    const { key, apiKey } = create("read");
    assert.equal((await program.call("/v1/shipments", { key: apiKey })).status, 200);
    const refused = await program.call("/v1/tokens", { key: apiKey, body: "{}", headers: { "content-type": "application/json" } });
    assert.deepEqual([refused.status, (refused.json() as { code: string }).code], [403, "scope_missing"]);
    program.command("tenants", "keys", "revoke", "--tenant", tenant, key);
    assert.match(program.command("tenants", "keys", "list", "--tenant", tenant), new RegExp(`^${key}  read  .*revoked`, "m"));
    await program.until(async () => (await program.call("/v1/shipments", { key: apiKey })).status === 401, "the key to stop");
  });

  test("a merchant's key belongs to whoever made it in a session, or to the operator whom the command line names", async () => {
    const { tenant } = JSON.parse(program.command("tenants", "create", "--name", "Shop", "--json")) as { tenant: string };
    const named = { "parcelkeep-tenant": tenant };
    const viewer = await operator("--role", "viewer");
    const made = await officer.browser.call("POST", "/v1/api-keys", { scopes: ["transfers"] }, named);
    assert.deepEqual([made.statusCode, made.json<{ owner: string }>().owner], [201, officer.id]);
    const foisted = await officer.browser.call("POST", "/v1/api-keys", { scopes: ["transfers"], owner: viewer.id }, named);
    assert.equal(said(foisted), "400 invalid_field", "an officer could approve what such a key asks for");
    assert.equal(said(await viewer.browser.call("POST", "/v1/api-keys", { scopes: ["read"] }, named)), "403 not_allowed");
    const { key } = JSON.parse(
      program.command("tenants", "keys", "create", "--tenant", tenant, "--scope", "transfers", "--owner", viewer.id, "--json"),
    ) as { key: string };
    const listed = program.command("tenants", "keys", "list", "--tenant", tenant);
    assert.match(listed, new RegExp(`^${key}  transfers  ${viewer.id}  `, "m"));
    assert.match(listed, /  no owner  /, "the tenant's first, which nobody's name was given for");
    const nobody = "00000000-0000-4000-8000-000000000000";
    assert.match(failing("tenants", "keys", "create", "--tenant", tenant, "--scope", "read", "--owner", nobody), /^error: invalid_field/);
    const entry = await program.until(async () => {
      const { items } = (await officer.browser.call("GET", "/v1/audit/entries?limit=500&type=api-key.created")).json<{
        items: { entry: { key: string; owner: string | null } }[];
      }>();
      return items.find((each) => each.entry.key === key);
    }, "the entry");
    assert.equal(entry.entry.owner, viewer.id);
  });

  test("what was done stands in the audit log, by whom", async () => {
    const entries = async () =>
      (await officer.browser.call("GET", "/v1/audit/entries?limit=500"))
        .json<{ items: { entry: { type: string; operator?: string; by?: string } }[] }>()
        .items.map(({ entry }) => entry);
    const disabled = await program.until(
      async () => (await entries()).find(({ type }) => type === "operator.disabled"),
      "the entry of who was disabled",
    );
    assert.equal(disabled.by, officer.id);
    const types = new Set((await entries()).map(({ type }) => type));
    for (const type of ["operator.invited", "operator.created", "passkey.enrolled", "operator.signed-in", "api-key.revoked"])
      assert.ok(types.has(type), type);
    assert.ok(!types.has("log.unfit"));
  });

  test("sessions and passkeys are there after a restart, now with a provider beside them", async (t) => {
    const port = new URL(origin).port;
    await program.stop();
    const provider = await HostileProvider.start(t);
    const secret = join(program.dataDir, "oidc-secret");
    writeFileSync(secret, providerClient.clientSecret);
    Object.assign(program.env, {
      PARCELKEEP_HTTP: `127.0.0.1:${port}`,
      PARCELKEEP_OIDC_ISSUER: provider.issuer,
      PARCELKEEP_OIDC_CLIENT_ID: providerClient.clientId,
      PARCELKEEP_OIDC_CLIENT_SECRET_FILE: secret,
    });
    await program.start();
    const newcomer = browser();
    const begun = await newcomer.call("GET", "/operators/provider");
    assert.equal(begun.statusCode, 303);
    const query = provider.signIn(String(begun.headers["location"]));
    assert.equal((await newcomer.call("GET", `/operators/provider/back${query}`)).statusCode, 200);
    assert.deepEqual((await newcomer.session()).roles, []);
    assert.equal((await officer.browser.session()).status, 200);
    assert.equal(said(await browser().signIn(officer.authenticator)), "204");
  });
});
