import assert from "node:assert/strict";
import { test } from "node:test";
import { roleKeyPowers } from "../../src/main/keys/key-powers.ts";
import { rolePowers } from "../../src/main/role.ts";
import { ownerRole, powerRoles } from "../../src/store/roles.ts";
import { keyPurposes, rootOf } from "../../src/vault/keys/provider.ts";
import { databaseUsers } from "../policies/roles/processes.ts";
import { purposes, resolvedPurposes } from "../policies/roles/statements.ts";
import type { Actor } from "./world.ts";
import { ask } from "./evaluate.ts";
import { hmac, sealedFor, withGrant } from "./cells/requests.ts";

/* The policies say of processes, log-ins and purposes what the program says; a role that is added there and not here is found. */

test("each process of the program logs into the database by the roles that the program gives it", () => {
  const { front, worker, archivist, keeper, sequencer, granter, outbound, ...others } = databaseUsers;
  assert.deepEqual({ front, worker, archivist, keeper, sequencer, granter, outbound }, rolePowers);
  const all = Object.values(databaseUsers).flat();
  assert.deepEqual(new Set(all), new Set([...powerRoles, ownerRole]));
  assert.equal(all.length, new Set(all).size, "no log-in is of two processes");
  assert.deepEqual(others, { "opener-starter": [], opener: ["parcelkeep_opener"], rekeyer: ["parcelkeep_rekeyer"], migrator: [ownerRole] });
});

test("the purposes of the vault's contexts are those of the program", () => {
  assert.deepEqual(purposes, keyPurposes);
  assert.deepEqual(
    resolvedPurposes,
    keyPurposes.filter((purpose) => rootOf[purpose] === "resolving"),
  );
});

const tries = {
  sealing: { does: "kms:GenerateMac", on: "key derivation", having: hmac },
  opening: { does: "kms:Decrypt", on: "key wrapping", having: { ...sealedFor("personal-values"), ...withGrant } },
  resolving: { does: "kms:Decrypt", on: "key wrapping", having: { ...sealedFor("tracking-numbers"), ...withGrant } },
  signing: { does: "kms:Sign", on: "key signing", having: {} },
} as const;

for (const [role, powers] of Object.entries(roleKeyPowers)) {
  test(`the ${role} may do with the root keys what the program gives it, and nothing else`, async () => {
    for (const [power, request] of Object.entries(tries)) {
      const answer = await ask({ id: power, control: "A8", who: role as Actor, verdict: "allowed", ...request });
      assert.equal(answer.result === "Allowed", (powers as readonly string[]).includes(power), `${role}: ${power} is ${answer.result}`);
    }
  });
}
