import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { ApprovalView } from "../../src/ingress/approval-services.ts";
import type { Assertion } from "../../src/approvals/assertion.ts";
import { HandoverCarrier } from "./handover-carrier.ts";
import { type Answer, RunningProgram } from "./running-program.ts";
import { enrolApprovers, TestApprover, testPolicy, testRelyingParty } from "./test-approver.ts";
import { localCertificate } from "./test-certificate.ts";

export const recipientFields = ["city", "name", "phone", "postalCode", "street", "trackingNumber"] as const;
export const person = {
  name: "Ottilie Zwirnbaum",
  street: "Quittenstieg 117",
  postalCode: "68309",
  city: "Birnhausen",
  phone: "+49 621 5550199",
};
export const number = "NEU-4711-2277-X";

const json = { "content-type": "application/json" };

/** A program with a merchant, a carrier in a third country that needs the full address, and people who approve. */
export class ReleasingProgram {
  readonly carrier = new HandoverCarrier();
  readonly privacy = new TestApprover("privacy");
  readonly other = new TestApprover("privacy", "operations");
  /** Answers for the merchant's key, and approves nothing. */
  readonly asker = new TestApprover();
  program!: RunningProgram;
  readonly #make: (env: NodeJS.ProcessEnv) => RunningProgram;
  tenant = "";
  key = "";
  shipment = "";

  /** @param make how the product is run. */
  constructor(make = (env: NodeJS.ProcessEnv) => new RunningProgram(env)) {
    this.#make = make;
  }

  /** @param more of the approval policy. */
  async start(env: NodeJS.ProcessEnv = {}, more: Parameters<typeof testPolicy>[1] = {}): Promise<void> {
    await this.carrier.start();
    this.program = this.#make({
      PARCELKEEP_EGRESS_TEST_HOSTS: this.carrier.host,
      PARCELKEEP_AUDIT_PUBLISH_MS: "1",
      PARCELKEEP_AUDIT_ORIGIN: "log.example.eu/parcelkeep",
      PARCELKEEP_LOG_LEVEL: "debug",
      // Where the approvers' browsers are.
      PARCELKEEP_OPERATORS_URL: testRelyingParty.origins[0],
      ...env,
    });
    const authorities = join(this.program.dataDir, "authorities.pem");
    writeFileSync(authorities, localCertificate.cert);
    this.program.env["PARCELKEEP_EGRESS_AUTHORITIES"] = authorities;
    await this.program.start();
    await this.enrol(this.privacy, this.other, this.asker);
    const body = JSON.stringify({ name: "Shop", owner: this.asker.person });
    const made = await this.program.call("/v1/tenants", { key: this.program.operatorKey, body, headers: json });
    ({ tenant: this.tenant, apiKey: this.key } = made.json());
    await this.#agree("fedex", "standard-contractual-clauses");
    // In the EEA: nobody has to decide about it.
    await this.#agree("gls", "none-needed");
    const policy = join(this.program.dataDir, "policy.json");
    writeFileSync(policy, JSON.stringify(testPolicy([this.privacy, this.other], more)));
    this.program.command("approvals", "begin", policy);
  }

  /** A parcel of a third-country carrier with the recipient's whole address. @returns its id. */
  async addShipment(trackingNumber = number): Promise<string> {
    const body = JSON.stringify({ trackingNumber, carrier: "fedex", recipient: person });
    const taken = await this.program.call("/v1/shipments", { key: this.key, headers: json, body });
    if (taken.status !== 202) throw new Error(taken.text);
    const { shipments } = await this.program.until(async () => {
      const receipt = (await this.program.call(`/v1/receipts/${taken.json().receipt}`, { key: this.key })).json();
      return receipt.shipments.length > 0 ? receipt : null;
    }, "the shipment");
    this.shipment = shipments[0];
    return this.shipment;
  }

  ask(more: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.program.call("/v1/transfers", {
      key: this.key,
      headers: { ...json, ...headers },
      body: JSON.stringify({ ...this.question(), ...more }),
    });
  }

  /** What is asked unless a test says otherwise. */
  question(): object {
    return {
      shipment: this.shipment,
      recipient: "fedex",
      fields: recipientFields,
      purpose: "delivery",
      reason: "carrier-needs-address",
      text: "The courier cannot find the house",
      basis: "contract",
      evidence: { kind: "contract-clause", reference: "Master agreement 2026, clause 7" },
    };
  }

  async asked(more: object = {}): Promise<ApprovalView> {
    const answer = await this.ask(more);
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json();
  }

  /** @param signed for the moment that it says. */
  decide(id: string, decision: "approve" | "deny" | "veto", signed: Assertion, more: object = {}, path = "transfers"): Promise<Answer> {
    const { credential, askedAt, ...response } = signed;
    const reason = decision === "approve" ? {} : { reason: "no-need" };
    return this.program.call(`/v1/${path}/${id}/${decision}`, {
      key: this.program.operatorKey,
      headers: json,
      body: JSON.stringify({ passkey: { id: credential, response }, askedAt, ...reason, ...more }),
    });
  }

  approve(view: ApprovalView, by: TestApprover = this.privacy, path = "transfers"): Promise<Answer> {
    return this.decide(view.id, "approve", by.decide(view.scope), {}, path);
  }

  async view(id: string, path = "transfers"): Promise<ApprovalView> {
    return (await this.program.call(`/v1/${path}/${id}`, { key: this.program.operatorKey })).json();
  }

  /** Waits until a request is in one of these states. */
  until(id: string, ...states: readonly string[]): Promise<ApprovalView> {
    return this.program.until(
      async () => {
        const view = await this.view(id);
        return states.includes(view.state) ? view : null;
      },
      `the request to be ${states.join(" or ")}`,
      120_000,
    );
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<readonly Row[]> {
    return this.#asOwner(async (client) => (await client.query<Row>(text, values)).rows);
  }

  enrol(...approvers: readonly TestApprover[]): Promise<void> {
    return this.#asOwner((client) => enrolApprovers(client, ...approvers));
  }

  async #asOwner<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: this.program.databaseUrl });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.program?.remove();
    await this.carrier.stop();
  }

  async #agree(source: string, transferTool: string): Promise<void> {
    const agreed = await this.program.call(`/v1/carriers/${source}/agreement`, {
      method: "PUT",
      key: this.program.operatorKey,
      headers: { ...json, "parcelkeep-tenant": this.tenant },
      body: JSON.stringify({
        contract: { reference: "Master agreement 2026", date: "2026-01-15" },
        transferTool,
        lawfulBasis: "contract",
        fieldsAllowed: recipientFields,
        handoverUrl: `https://${this.carrier.host}/parcels/addresses`,
      }),
    });
    if (agreed.status !== 200) throw new Error(agreed.text);
  }
}
