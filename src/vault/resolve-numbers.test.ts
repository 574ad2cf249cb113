import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KeyedHash } from "../domain/keyed-hash.ts";
import { openCredential, sealCredential } from "./carrier-credentials.ts";
import { createLocalKeys } from "./keys/local/key-folder.ts";
import { localOpeningKeys } from "./keys/local/opening.ts";
import { localSealingKeys } from "./keys/local/sealing.ts";
import { openingByRoot } from "./keys/opening-by-root.ts";
import { KeyError, type OpeningKeys, type SealingKeys } from "./keys/provider.ts";
import { NumberResolver, type SealedNumberPlace } from "./resolve-numbers.ts";
import { sealGroup } from "./seal-group.ts";
import { SealError } from "./sealing.ts";

const tenant = "4f1dcc16-9b5b-43aa-892e-d28f71ac7047";
const folder = join(mkdtempSync(join(tmpdir(), "resolve-")), "keys");
let sealing: SealingKeys;
let resolving: OpeningKeys;
before(async () => {
  await createLocalKeys(folder);
  sealing = await localSealingKeys(join(folder, "sealing.json"));
  resolving = openingByRoot({ resolving: await localOpeningKeys(join(folder, "resolving.json")) });
});
after(() => rmSync(folder, { recursive: true }));

async function sealedNumber(shipment: string, value: string): Promise<SealedNumberPlace> {
  const numbers = await sealing.generateDataKey({ tenant, purpose: "tracking-numbers", epoch: 1 });
  const other = new KeyedHash(Buffer.alloc(32, 1));
  const keys = { "raw-records": other, "personal-values": other, "tracking-numbers": new KeyedHash(numbers.plaintext) };
  const id = Buffer.alloc(19, shipment);
  const fields = [{ position: 0, category: "trackingNumber" as const, value }];
  const group = { id, subject: "s", purpose: "tracking-numbers" as const, fields };
  return { shipment, groupId: id, place: 0, session: 7, epoch: 1, wrapped: numbers.wrapped, ...sealGroup({ id: 7, keys }, tenant, group) };
}

test("resolves numbers, and leaves out what does not open without losing the others", async () => {
  const resolver = new NumberResolver(resolving);
  const one = await sealedNumber("one", "00340434161094042557");
  const swapped = { ...one, shipment: "swapped", groupId: Buffer.alloc(19, 9) };
  const elsewhere = { ...one, shipment: "elsewhere", place: 3 };
  assert.deepEqual([...(await resolver.resolve(tenant, [swapped, one, elsewhere]))], [["one", "00340434161094042557"]]);
  resolver.close();
});

test("asks the provider once for a session's many parcels, and again after its keys were zeroed", async () => {
  let unwraps = 0;
  const counting: Pick<OpeningKeys, "unwrap"> = { unwrap: (...given) => (unwraps++, resolving.unwrap(...given)) };
  const resolver = new NumberResolver(counting);
  const one = await sealedNumber("one", "GLS1");
  await Promise.all([resolver.resolve(tenant, [one, one]), resolver.resolve(tenant, [one])]);
  assert.equal(unwraps, 1);
  resolver.close();
  assert.equal((await resolver.resolve(tenant, [one])).get("one"), "GLS1");
  assert.equal(unwraps, 2);
  resolver.close();
});

test("while the keys are away nothing is left out silently", async () => {
  const away = { unwrap: () => Promise.reject(new KeyError("unavailable", "away")) };
  const resolver = new NumberResolver(away);
  await assert.rejects(resolver.resolve(tenant, [await sealedNumber("one", "GLS1")]), KeyError);
});

test("a credential opens for the account that it was sealed for, and for no other", async () => {
  const owner = { tenant, account: "a1", source: "gls" };
  const sealed = await sealCredential(sealing, owner, { clientId: "c", clientSecret: "s" });
  assert.ok(!sealed.sealed.includes("clientSecret"));
  assert.deepEqual(await openCredential(resolving, owner, sealed), { clientId: "c", clientSecret: "s" });
  for (const other of [
    { ...owner, account: "a2" },
    { ...owner, source: "ups" },
  ])
    await assert.rejects(openCredential(resolving, other, sealed), SealError);
  await assert.rejects(openCredential(resolving, { ...owner, tenant: tenant.replace("4", "5") }, sealed), KeyError);
});
