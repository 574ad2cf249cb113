import assert from "node:assert/strict";
import { test } from "node:test";
import { Signer } from "@aws-sdk/rds-signer";
import { cacheTarget, connectTokens, databaseTarget } from "./aws-connect-token.ts";
import { sovereignPlace } from "./place.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "none", sessionToken: "session/+=" };
const connection = { place: sovereignPlace, emulator: { endpoint: "http://127.0.0.1:1", credentials } };

test("a database's token is the one that the SDK's own signer makes", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: new Date("2026-11-26T20:00:00Z") });
  const at = { hostname: "db.cluster-x.eusc-de-east-1.rds.amazonaws.eu", port: 5432 };
  const ofSdk = new Signer({ ...at, region: sovereignPlace.region, username: "parcelkeep_worker", credentials });
  const token = await connectTokens(connection, databaseTarget(at.hostname, at.port, "parcelkeep_worker"))();
  const parts = (text: string): readonly string[] => text.split(/[?&]/).toSorted((one, two) => (one < two ? -1 : 1));
  assert.deepEqual(parts(token), parts(await ofSdk.getAuthToken()));
});

test("a cache's token names the cache and the user, for 15 minutes", async () => {
  const token = await connectTokens(connection, cacheTarget("parcelkeep", "front", true))();
  const url = new URL(`https://${token}`);
  assert.equal(url.host, "parcelkeep");
  const expected = { Action: "connect", User: "front", ResourceType: "ServerlessCache", "X-Amz-Expires": "900" };
  for (const [name, value] of Object.entries(expected)) assert.equal(url.searchParams.get(name), value);
  assert.match(url.searchParams.get("X-Amz-Credential")!, /^AKIAEXAMPLE\/\d{8}\/eusc-de-east-1\/elasticache\/aws4_request$/);
});
