import { Type, type TSchema } from "typebox";
import { operatorRoles } from "../domain/operator.ts";
import { scopes } from "../domain/scope.ts";
import { statuses } from "../domain/status.ts";
import { releaseAnswers } from "./described-releases.ts";
import { problems } from "./problems.ts";

/*
 * What the description of the interface says of answers. It stands apart from the routes: a response schema beside a route would also make Fastify drop every
 * field that is not in it, and would cost each answer its time.
 */

interface Answer {
  readonly status: number;
  readonly says: string;
  readonly body?: TSchema;
  readonly mediaType?: string;
}

const Text = Type.String();
const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Owner = Type.Union([Type.String({ format: "uuid" }), Type.Null()], {
  description: "operator who answers for it; null where none is named",
});
const Time = Type.String({ format: "date-time" });
const Receipt = Type.Object({ receipt: Type.String({ format: "uuid" }) });
const page = (item: TSchema): TSchema =>
  Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()], { description: "the next page's cursor" }) });

const Event = Type.Object({
  status: Type.Enum([...statuses]),
  reason: TextOrNull,
  occurredAt: Type.Union([Time, Type.Null()], { description: "RFC 3339 UTC; null unless the carrier stated the zone" }),
  localTime: TextOrNull,
  zone: TextOrNull,
  zoneConfidence: Type.Enum(["stated", "place", "habit", "none"]),
  code: Type.Union([Type.String(), Type.Null()], { description: "the carrier's code" }),
});

const Shipment = Type.Object({
  id: Type.String({ format: "uuid" }),
  publicId: Type.String({ description: "of the shopper's page" }),
  carrier: TextOrNull,
  trackingNumber: Type.Union([Type.String(), Type.Null()], { description: "a token" }),
  status: Type.Enum([...statuses]),
  statusReason: TextOrNull,
  events: Type.Array(Event, { description: "oldest first" }),
});

const Endpoint = Type.Object({ id: Text, source: Text, url: Type.String({ format: "uri" }) });

const Tracked = Type.Object({
  carrier: TextOrNull,
  status: Type.Enum([...statuses]),
  statusReason: TextOrNull,
  events: Type.Array(Type.Omit(Event, ["code"])),
});

const Operator = Type.Object({
  operator: Text,
  state: Type.Enum(["active", "disabled"]),
  roles: Type.Array(Type.Enum([...operatorRoles])),
  accounts: Type.Integer({ description: "with a sign-in provider" }),
  passkeys: Type.Array(
    Type.Object({
      passkey: Type.String({ description: "digest, as the audit log names it" }),
      credential: Text,
      publicKey: Type.String({ description: "SubjectPublicKeyInfo, base64url" }),
      algorithm: Type.Integer({ description: "COSE: -7 ES256, -8 EdDSA, -257 RS256" }),
      synced: Type.Boolean({ description: "the authenticator may copy it to other devices" }),
      aaguid: Text,
      createdAt: Time,
      lastUsedAt: Type.Union([Time, Type.Null()]),
    }),
  ),
  createdAt: Time,
  signedInAt: Type.Union([Time, Type.Null()]),
});

const accepted = { status: 202, says: "durable" } as const;

const answers: Readonly<Record<string, Answer>> = {
  "POST /v1/hooks/:endpointId": { ...accepted, body: Receipt },
  "POST /v1/oauth/token": {
    status: 200,
    says: "a token for this endpoint",
    body: Type.Object({ access_token: Text, token_type: Text, expires_in: Type.Integer({ description: "seconds" }) }),
  },
  "POST /v1/shipments": { ...accepted, body: Receipt },
  "POST /v1/shipments/import": {
    status: 200,
    says: "a line for each row: its receipt, or a code and the field that is wrong",
    mediaType: "application/x-ndjson",
    body: Type.Object({
      row: Type.Integer(),
      receipt: Type.Optional(Text),
      code: Type.Optional(Text),
      field: Type.Optional(Text),
    }),
  },
  "GET /v1/shipments": { status: 200, says: "a page of shipments", body: page(Shipment) },
  "GET /v1/shipments/:id": { status: 200, says: "the shipment", body: Shipment },
  "GET /v1/receipts/:id": {
    status: 200,
    says: "what became of the record",
    body: Type.Object({
      receipt: Text,
      state: Type.Enum(["accepted", "processed", "quarantined"]),
      source: Text,
      receivedAt: Time,
      reason: TextOrNull,
      shipments: Type.Array(Text),
    }),
  },
  "GET /v1/dead-letters": {
    status: 200,
    says: "what waits for a person",
    body: page(
      Type.Object({
        id: Text,
        kind: Type.Enum(["quarantined", "failed", "outbound"]),
        receipt: TextOrNull,
        source: Text,
        code: TextOrNull,
        at: Time,
        shipment: TextOrNull,
        failures: Type.Integer(),
        state: Type.Enum(["open", "acknowledged", "dismissed"]),
        decision: Type.Union([Type.Null(), Type.Object({ reason: Text, reference: TextOrNull, by: Text, at: Time })]),
      }),
    ),
  },
  "POST /v1/dead-letters/:id/retry": {
    status: 202,
    says: "taken in anew",
    body: Type.Object({ state: Text, receipt: Type.Optional(Text) }),
  },
  "POST /v1/endpoints": {
    status: 201,
    says: "the address; a secret that was made up is shown here and never again",
    body: Type.Object({
      ...Endpoint.properties,
      secret: Type.Optional(Text),
      clientId: Type.Optional(Text),
      tokenUrl: Type.Optional(Text),
    }),
  },
  "GET /v1/endpoints": { status: 200, says: "the addresses", body: page(Endpoint) },
  "GET /v1/session": {
    status: 200,
    says: "who is signed in",
    body: Type.Object({
      operator: Text,
      roles: Type.Array(Type.Enum([...operatorRoles])),
      session: Text,
      method: Type.Enum(["oidc", "passkey"]),
      confirmed: Type.Boolean({ description: "false for an account that was recognised by its address, until a passkey confirms it" }),
      steppedUp: Type.Boolean({ description: "a passkey was used in the last five minutes" }),
      mayEnrol: Type.Boolean(),
    }),
  },
  "POST /v1/sign-in/options": { status: 200, says: "PublicKeyCredentialRequestOptionsJSON", body: Type.Object({ challenge: Text }) },
  "POST /v1/session/step-up/options": {
    status: 200,
    says: "PublicKeyCredentialRequestOptionsJSON",
    body: Type.Object({ challenge: Text }),
  },
  "POST /v1/passkeys/options": { status: 200, says: "PublicKeyCredentialCreationOptionsJSON", body: Type.Object({ challenge: Text }) },
  "GET /v1/operators": { status: 200, says: "all of them", body: page(Operator) },
  "POST /v1/operators/invitations": {
    status: 201,
    says: "the code, shown here and never again",
    body: Type.Object({ operator: Text, code: Text, url: Type.String({ format: "uri" }), expiresInS: Type.Integer() }),
  },
  "POST /v1/api-keys": {
    status: 201,
    says: "the key, shown here and never again",
    body: Type.Object({ key: Text, apiKey: Text, scopes: Type.Array(Type.Enum([...scopes])), owner: Owner }),
  },
  "GET /v1/api-keys": {
    status: 200,
    says: "the tenant's keys",
    body: page(
      Type.Object({
        key: Text,
        scopes: Type.Array(Type.Enum([...scopes])),
        owner: Owner,
        createdAt: Time,
        revokedAt: Type.Union([Time, Type.Null()]),
      }),
    ),
  },
  ...releaseAnswers,
  "GET /v1/track/:publicId": { status: 200, says: "the shopper's view", body: Tracked },
};

const Problem = Type.Object({
  type: Text,
  title: Text,
  status: Type.Integer(),
  code: Type.Enum(Object.keys(problems)),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Text, detail: Text }))),
});
const problem = { description: "a problem", content: { "application/problem+json": { schema: Problem } } };

/** @returns the responses of a route for its description; `declared` are those that the route itself has a schema for. */
export function describedAnswers(method: string, url: string, declared: object = {}): object {
  const answer = answers[`${method} ${url}`];
  if (answer === undefined) return { ...declared, default: problem };
  const { status, says, body, mediaType = "application/json" } = answer;
  return { [status]: { description: says, content: { [mediaType]: { schema: body } } }, ...declared, default: problem };
}

/** Routes whose writes may be repeated under a key. */
const repeatable: ReadonlySet<string> = new Set(["POST /v1/hooks/:endpointId", "POST /v1/shipments", "POST /v1/endpoints"]);

/** @returns the headers of a route for its description. */
export function describedHeaders(method: string, url: string): object | undefined {
  if (!repeatable.has(`${method} ${url}`)) return undefined;
  return Type.Object({ "Idempotency-Key": Type.Optional(Type.String({ description: "the same key and body have one effect" })) });
}
