import { randomBytes, randomUUID } from "node:crypto";
import { cpus } from "node:os";
import { shipmentOf } from "../src/domain/shipment.ts";
import { carrierTime } from "../src/domain/time.ts";
import { subkey } from "../src/domain/keyed-hash.ts";
import { clients } from "../src/main/outbound/clients.ts";
import { carrierRules, egressCall } from "../src/main/outbound/egress-rules.ts";
import { KnownValues } from "../src/main/outbound/known-values.ts";
import { TenantKeys } from "../src/main/keys/tenant-keys.ts";
import { webhookRules } from "../src/main/front/webhook-rules.ts";
import type { CoveredValue, EgressCall } from "../src/outbound/egress.ts";
import { examineCall } from "../src/outbound/guard/inspect.ts";
import type { GuardRules } from "../src/outbound/guard/rules.ts";
import { cloudEventsType, shipmentEvent } from "../src/outbound/webhooks/shipment-event.ts";
import { newSecret, signatures } from "../src/outbound/webhooks/signature.ts";
import { findTokens } from "../src/vault/find-tokens.ts";
import { formatToken } from "../src/vault/token.ts";

/*
 * What the egress guard costs a call: examining it, and making the questions for the vault (the blind index values of what it asks). The question itself is one statement of the
 * database for a call that has any. Processor time (user), medians of rounds.
 */
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 9);
const calls = Number(process.env["BENCH_CALLS"] ?? 400);
const tenant = "00000000-0000-4000-8000-000000000001";
const keys = new TenantKeys({ derive: async (label) => subkey(Buffer.alloc(32, 7), label) }, async () => []);
const known = new KnownValues(keys, { knownBlinds: async (_, blinds) => blinds.map(() => false) });

function trackCall(source: string, count: number): readonly [GuardRules, EgressCall] {
  const client = clients.get(source)!;
  const credentials = Object.fromEntries(client.credentialFields.map((field) => [field, randomBytes(24).toString("hex")]));
  const token = randomBytes(300).toString("base64url");
  const numbers = Array.from({ length: count }, (_, at) => `JJD0009999${String(1e10 + at)}`);
  const covered: readonly CoveredValue[] = [
    ...[...Object.values(credentials), token].map((value): CoveredValue => ({ kind: "credential", value })),
    ...numbers.map((value): CoveredValue => ({ kind: "release", release: randomUUID(), value })),
  ];
  return [carrierRules(client), egressCall(tenant, source, client.trackRequest(numbers, credentials, token, client.baseUrl), covered)];
}

function webhookCall(): readonly [GuardRules, EgressCall] {
  const token = (): string => formatToken("eu1", "trackingNumber", randomBytes(20));
  const event = (at: number) => ({
    status: "in_transit" as const,
    reason: null,
    code: "DP",
    time: carrierTime(`2026-11-${String(1 + (at % 28)).padStart(2, "0")}T10:00:00+01:00`),
    country: "DE",
    fingerprint: randomUUID(),
    source: "ups",
    at: 1_790_000_000_000 + at,
  });
  const numbers = [token(), token()];
  const state = shipmentOf({
    estimatedDelivery: null,
    estimateKnowledge: null,
    announced: false,
    carrierClaims: [{ carrier: "ups", source: "ups" }],
    events: Array.from({ length: 46 }, (_, at) => event(at)),
    summaries: [],
    personal: [],
    texts: [],
    mainNumber: { token: numbers[0]!, standing: 0 as never },
    numbers,
    references: [token()],
    parents: [],
  });
  const id = randomUUID();
  const now = new Date();
  const body = shipmentEvent(id, {
    id: randomUUID(),
    publicId: randomBytes(16).toString("base64url"),
    tenant,
    state,
    createdAt: now,
    updatedAt: now,
  });
  const url = "https://shop.example/hooks/parcelkeep";
  const headers = {
    "content-type": cloudEventsType,
    "user-agent": "parcelkeep",
    "webhook-id": id,
    "webhook-timestamp": "1795687200",
    "webhook-signature": signatures([newSecret("hmac").secret], id, 1795687200, body),
  };
  return [webhookRules(url), { tenant, recipient: "webhook:whe_1", method: "POST", url, headers, body: Buffer.from(body), covered: [] }];
}

const figures: Record<string, string | number> = { cpu: cpus()[0]!.model, cores: cpus().length, node: process.version, rounds };
const cases: Readonly<Record<string, readonly [GuardRules, EgressCall]>> = {
  track_gls_1: trackCall("gls", 1),
  track_dhl_parcel_de_20_in_xml: trackCall("dhl-parcel-de", 20),
  track_fedex_30_in_json: trackCall("fedex", 30),
  webhook: webhookCall(),
};
for (const [name, [rules, call]] of Object.entries(cases)) {
  const { findings, questions } = examineCall(call, rules, findTokens);
  if (findings.length > 0) throw new Error(`${name} does not pass: ${JSON.stringify(findings.slice(0, 3))}`);
  const bytes = call.url.length + (call.body?.length ?? 0);
  const examined: number[] = [];
  const asked: number[] = [];
  for (let round = -1; round < rounds; round++) {
    let began = process.cpuUsage();
    for (let count = 0; count < calls; count++) examineCall(call, rules, findTokens);
    const examineUs = process.cpuUsage(began).user / calls;
    began = process.cpuUsage();
    for (let count = 0; count < calls && questions.length > 0; count++)
      await known.of(
        tenant,
        questions.map(({ candidate }) => candidate),
      );
    const askUs = process.cpuUsage(began).user / calls;
    if (round >= 0) {
      examined.push(examineUs);
      asked.push(askUs);
    }
  }
  figures[`${name}_bytes`] = bytes;
  figures[`${name}_examine_us`] = Number(median(examined).toFixed(1));
  figures[`${name}_questions`] = questions.length;
  figures[`${name}_questions_us`] = questions.length === 0 ? 0 : Number(median(asked).toFixed(1));
}
process.stdout.write(
  `| figure | value |\n|---|---|\n${Object.entries(figures)
    .map(([name, value]) => `| ${name} | ${value} |`)
    .join("\n")}\n`,
);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
