import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AdminStore } from "../../store/admin-store.ts";
import type { EndpointRow, ReadStore } from "../../store/read-store.ts";
import { CredentialBox } from "./endpoint-credentials.ts";
import { FrontEndpoints } from "./front-endpoints.ts";

/** Endpoints in memory, on a clock that the test moves. */
function endpoints() {
  let now = Date.UTC(2026, 10, 26);
  const rows = new Map<string, EndpointRow>();
  const reads: Pick<ReadStore, "endpoint" | "keySet" | "missKey"> = {
    endpoint: async (id) => rows.get(id) ?? null,
    keySet: async () => null,
    missKey: async () => {},
  };
  const admin: Pick<AdminStore, "createEndpoint" | "endpointsOf" | "wantKeySet"> = {
    createEndpoint: async ({ id, tenant, source, sealedCredentials, allowFrom }) => {
      const isNew = !rows.has(id);
      rows.set(id, {
        id,
        tenant,
        source,
        sealed_credentials: Buffer.from(sealedCredentials),
        allow_from: allowFrom,
        created_at: new Date(now),
      });
      return isNew;
    },
    endpointsOf: async () => [],
    wantKeySet: async () => {},
  };
  const credentials = new CredentialBox(Buffer.alloc(32, 1), Buffer.alloc(32, 2));
  const front = new FrontEndpoints({ reads, admin, credentials, publicUrl: () => "https://front.example", now: () => now });
  return { front, later: (ms: number) => void (now += ms) };
}

const tenant = "00000000-0000-4000-8000-0000000000aa";
const body = Buffer.from("{}");

/** UPS fetches a token from our token address and sends it with its client id (UPS Track Alert). */
describe("an endpoint for UPS", () => {
  async function made() {
    const { front, later } = endpoints();
    const { id, clientId, secret } = await front.create(tenant, { source: "ups" }, null);
    const accepts = async (token: string | undefined, apiKey = clientId!): Promise<boolean> => {
      const endpoint = await front.of(id);
      assert.ok(endpoint !== "none");
      return endpoint.verify({ headers: { authorization: `Bearer ${token}`, "x-api-key": apiKey }, body, query: "", remoteAddress: "" });
    };
    return { front, later, id, clientId: clientId!, secret: secret!, accepts };
  }

  test("takes a token that our token address gave out, for an hour and not longer", async () => {
    const { front, later, clientId, secret, accepts } = await made();
    const issued = await front.issueAccessToken(clientId, secret);
    assert.equal(issued!.expiresInS, 3600);
    assert.equal(await accepts(issued!.token), true);
    later(3_599_000);
    assert.equal(await accepts(issued!.token), true);
    later(1_000);
    assert.equal(await accepts(issued!.token), false);
    assert.equal(await accepts((await front.issueAccessToken(clientId, secret))!.token), true, "a new one is given out");
  });

  test("takes no token whose expiry somebody has moved, of another endpoint, or with another client id", async () => {
    const { front, clientId, secret, accepts } = await made();
    const { token } = (await front.issueAccessToken(clientId, secret))!;
    const [endpoint, expiry, mac] = token.split(".");
    assert.equal(await accepts(`${endpoint}.${Number(expiry) + 3_600_000}.${mac}`), false);
    assert.equal(await accepts(`${token}.x`), false);
    assert.equal(await accepts(undefined), false);
    assert.equal(await accepts(token, "somebody-else"), false);
    const other = await front.create(tenant, { source: "ups" }, null);
    assert.equal(await accepts((await front.issueAccessToken(other.clientId!, other.secret!))!.token), false);
  });

  test("gives no token for a wrong secret or client", async () => {
    const { front, clientId, secret } = await made();
    assert.equal(await front.issueAccessToken(clientId, `${secret}x`), null);
    assert.equal(await front.issueAccessToken(`${clientId}x`, secret), null);
    assert.equal(await front.issueAccessToken("", ""), null);
  });
});
