import { generateKeyPairSync, hash, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import type pg from "pg";
import type { Assertion } from "../../src/approvals/assertion.ts";
import type { ApprovalPolicy, Approver } from "../../src/approvals/policy.ts";
import { decisionSha256, type SignedDecision } from "../../src/approvals/scope.ts";

export const testRelyingParty = { id: "localhost", origins: ["https://localhost:8443"] };

/** A person with a passkey, in software. */
export class TestApprover {
  readonly person = randomUUID();
  readonly groups: readonly string[];
  readonly credential = randomBytes(24).toString("base64url");
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor(...groups: readonly string[]) {
    this.groups = groups;
    const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    this.#publicKey = pair.publicKey;
    this.#privateKey = pair.privateKey;
  }

  get approver(): Approver {
    const publicKey = this.#publicKey.export({ format: "der", type: "spki" }).toString("base64url");
    return { person: this.person, groups: this.groups, credentials: [{ id: this.credential, publicKey }] };
  }

  /** For an authenticator of another make. */
  get pkcs8(): Buffer {
    return this.#privateKey.export({ format: "der", type: "pkcs8" });
  }

  /** COSE_Key of ES256 (RFC 9053, section 7.1.1), written out: its map's five members are always of these sizes. */
  get cosePublicKey(): Buffer {
    const { x, y } = this.#publicKey.export({ format: "jwk" });
    const of = (hex: string, coordinate: string | undefined) => [Buffer.from(hex, "hex"), Buffer.from(coordinate!, "base64url")];
    return Buffer.concat([...of("a5010203262001215820", x), ...of("225820", y)]);
  }

  /** A decision about a scope, as it is handed in. @param askedAt now unless said otherwise. */
  decide(text: string, decision: SignedDecision = "approve", askedAt: string = moment()): Assertion {
    return { ...this.sign(decisionSha256(text, decision, askedAt)), askedAt };
  }

  /** @param changes what is wrong with it. */
  sign(
    challenge: Uint8Array,
    changes: { readonly origin?: string; readonly type?: string; readonly flags?: number; readonly rpId?: string } = {},
  ): Assertion {
    const client = Buffer.from(
      JSON.stringify({
        type: changes.type ?? "webauthn.get",
        challenge: Buffer.from(challenge).toString("base64url"),
        origin: changes.origin ?? testRelyingParty.origins[0],
        crossOrigin: false,
      }),
    );
    const flags = Buffer.from([changes.flags ?? 0b101, 0, 0, 0, 0]);
    const data = Buffer.concat([hash("sha256", changes.rpId ?? testRelyingParty.id, "buffer"), flags]);
    return {
      credential: this.credential,
      authenticatorData: data.toString("base64url"),
      clientDataJSON: client.toString("base64url"),
      signature: sign("sha256", Buffer.concat([data, hash("sha256", client, "buffer")]), this.#privateKey).toString("base64url"),
    };
  }
}

/** As requests say it. @param offsetMs from now. */
export function moment(offsetMs = 0): string {
  return `${new Date(Date.now() + offsetMs).toISOString().slice(0, 19)}Z`;
}

/** Makes operators of them, with their passkeys, as if each had redeemed an invitation. @param owner of the database. */
export async function enrolApprovers(owner: Pick<pg.ClientBase | pg.Pool, "query">, ...approvers: readonly TestApprover[]): Promise<void> {
  const query = (text: string, values: readonly unknown[]) => (owner as pg.Pool).query(text, [...values]);
  for (const { person, credential, cosePublicKey } of approvers) {
    await query("insert into parcelkeep.people (id) values ($1)", [person]);
    await query("insert into parcelkeep.operator_roles (person, role) values ($1, 'approver')", [person]);
    await query(
      "insert into parcelkeep.passkeys (credential, person, public_key, algorithm, counter, aaguid, synced) values ($1, $2, $3, -7, 0, gen_random_uuid(), true)",
      [Buffer.from(credential, "base64url"), person, cosePublicKey],
    );
  }
}

/** A policy of these persons, where one approval of the group `privacy` is enough unless said otherwise. */
export function testPolicy(approvers: readonly TestApprover[], more: Partial<ApprovalPolicy> = {}): ApprovalPolicy {
  const one = { approvals: 1, groups: ["privacy"], everyGroup: false };
  return {
    relyingParty: testRelyingParty,
    approvers: approvers.map(({ approver }) => approver),
    rules: { transfer: one, derogation: one, lane: one, change: one, review: one },
    approvalMinutes: 60,
    executionMinutes: 5,
    breakGlass: { holders: [], reviewHours: 72 },
    ...more,
  };
}
