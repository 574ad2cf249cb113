import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { nothingForbidden } from "../../domain/release-decision.ts";
import { Transport } from "../../outbound/transport.ts";
import { egressStore } from "../../store/egress-store.ts";
import { registerStore } from "../../store/register-store.ts";
import { transferUse } from "../../store/transfer-use.ts";
import type { OpeningKeys } from "../../vault/keys/provider.ts";
import type { Opened, TransferOpening } from "../../vault/opening.ts";
import { type CapturedIngress, capturedIngress } from "../intake/captured-ingress.ts";
import type { Config } from "../config.ts";
import { pointersOf } from "../settings/object-stores.ts";
import type { TransferOutside } from "./opener-process.ts";
import { isSignedInTime } from "./signed-in-time.ts";
import { transferEgress } from "./transfer-egress.ts";
import { carryOut } from "./transfer-opening.ts";

/** All of them together end before whoever started the process ends it. */
const logWaitMs = 15_000;
const callMs = 20_000;
const answerWaitMs = 10_000;
const answerBytesMax = 1024 * 1024;

/** One transfer, in the process of an opener. */
export async function carriedOut(
  grant: TransferOpening,
  client: pg.Client,
  keys: OpeningKeys,
  config: Config,
  { testHosts, authorities, proxy, ingress }: TransferOutside,
): Promise<Extract<Opened, { purpose: "transfer" }>> {
  const use = transferUse(client);
  const pointers = await pointersOf(config);
  const register = registerStore(client as never);
  const refusals = egressStore(client as never);
  const transport = new Transport({ timeoutMs: callMs, answerBytesMax, connectionsPerHost: 1, authorities, proxy });
  const result = await carryOut(grant.approved, {
    tenant: grant.tenant,
    use,
    registerOf: (tenant) => register.of(tenant),
    policyOf: async (tenant) => (await register.policy(tenant))?.content ?? nothingForbidden,
    isLogged: (entry) => isSignedInTime(entry, (each) => use.place(each), pointers, logWaitMs),
    keys,
    egressFor: (scope, entry) =>
      transferEgress({ ...scope, url: scope.recipient.url }, entry, {
        transport,
        testHosts: new Set(testHosts),
        record: { refused: ({ tenant, recipient, code, findings }) => refusals.noteRefusal(tenant, recipient, code, findings) },
      }),
    ingress: boundedIngress(ingress),
    now: () => new Date(),
  });
  return { purpose: "transfer", ...result };
}

/** What the carrier was told has been told: an ingress that is away holds up no outcome. */
function boundedIngress(ingress: TransferOutside["ingress"]): CapturedIngress {
  if (ingress === null) return { take: async () => false };
  const door = capturedIngress(
    async () => ingress.url,
    ingress.key,
    () => {},
  );
  return {
    take: (tenant, source, payload) => Promise.race([door.take(tenant, source, payload), wait(answerWaitMs, false)]),
  };
}
