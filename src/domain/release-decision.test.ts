import assert from "node:assert/strict";
import { test } from "node:test";
import { regionOf } from "./adequacy.ts";
import type { Category } from "./category.ts";
import type { RegisterEntry } from "./register-entry.ts";
import { decideRelease, type ReleaseDecision, type ReleaseQuestion } from "./release-decision.ts";

const contract = { reference: "C-1", date: "2026-01-15" };
const entry: RegisterEntry = {
  source: "gls",
  legalName: "A carrier",
  country: "NL",
  owner: "its founders",
  ultimateOwner: { name: "its founders", country: "NL" },
  role: "carrier",
  contract,
  transferTool: "none-needed",
  lawfulBasis: "contract",
  hosts: [],
  fieldsAllowed: ["name", "street", "postalCode", "city", "trackingNumber"],
  path: "public",
  breachContact: null,
  push: false,
  limits: null,
  sources: [],
};
const free = { refusesOwnersOutsideEea: false, refusedRecipients: new Set<string>() };
const strict = { ...free, refusesOwnersOutsideEea: true };
const american: Partial<RegisterEntry> = {
  source: "ups",
  country: "US",
  ultimateOwner: { name: "listed", country: "US" },
  transferTool: "derogation-only",
};
const clauses = "standard-contractual-clauses";
const name: readonly Category[] = ["name", "street"];
const number: readonly Category[] = ["trackingNumber"];
const tracking = { fields: number, purpose: "tracking" } as const;

interface Case {
  readonly recipient?: Partial<RegisterEntry>;
  readonly question?: Partial<ReleaseQuestion>;
  readonly expected: `${ReleaseDecision["outcome"]} ${string}`;
}

const cases: Readonly<Record<string, Case>> = {
  "no fields": { question: { fields: [] }, expected: "token nothing-personal" },
  "no fields to a forbidden recipient": {
    question: { fields: [], policy: { ...free, refusedRecipients: new Set(["gls"]) } },
    expected: "token nothing-personal",
  },

  "an EU carrier under contract": { expected: "automatic eea-under-contract" },
  "an EEA carrier outside the EU": { recipient: { country: "NO" }, expected: "automatic eea-under-contract" },
  "an EU carrier without a contract": { recipient: { contract: null }, expected: "grant no-contract" },
  "an EU carrier on another basis than agreed": { question: { lawfulBasis: "consent" }, expected: "grant basis-not-agreed" },
  "a field that is not on the list": { question: { fields: ["name", "phone"] }, expected: "refused field-not-allowed" },
  "a field that tracking does not need": {
    question: { fields: ["trackingNumber", "postalCode"], purpose: "tracking" },
    expected: "token not-needed-for-purpose",
  },
  "a document for a delivery": { question: { fields: ["document"] }, expected: "token not-needed-for-purpose" },

  "an adequate country under contract": {
    recipient: { country: "CH", transferTool: "adequacy" },
    expected: "automatic adequate-under-contract",
  },
  "the United Kingdom while its decision holds": {
    recipient: { country: "GB", transferTool: "adequacy" },
    expected: "automatic adequate-under-contract",
  },
  "the United Kingdom after its decision has ended": {
    recipient: { country: "GB", transferTool: "adequacy" },
    question: { day: "2031-12-28" },
    expected: "refused no-transfer-tool",
  },
  "an adequate country without a contract": {
    recipient: { country: "JP", transferTool: "adequacy", contract: null },
    expected: "grant no-contract",
  },
  "the United States, certified": { recipient: { ...american, transferTool: "adequacy" }, expected: "automatic adequate-under-contract" },
  "the United States, with clauses": { recipient: { ...american, transferTool: clauses }, expected: "grant third-country" },
  "the United States, by derogation": { recipient: american, expected: "grant derogation-only derogation" },
  "the United States, where the register names no tool": {
    recipient: { ...american, transferTool: "none-needed" },
    expected: "refused no-transfer-tool",
  },
  "a third country that claims adequacy": {
    recipient: { country: "CN", transferTool: "adequacy" },
    expected: "refused no-transfer-tool",
  },
  "a third country with clauses": { recipient: { country: "CN", transferTool: clauses }, expected: "grant third-country" },
  "a third country with binding rules": {
    recipient: { country: "SG", transferTool: "binding-corporate-rules" },
    expected: "grant third-country",
  },
  "a third country with clauses and no contract": {
    recipient: { country: "CN", transferTool: clauses, contract: null },
    expected: "grant no-contract",
  },
  "a third country by derogation, without a contract": {
    recipient: { country: "CN", transferTool: "derogation-only", contract: null },
    expected: "grant derogation-only derogation",
  },
  "a seat that is not known": {
    recipient: { country: "ZZ", transferTool: "derogation-only" },
    expected: "grant derogation-only derogation",
  },

  "an EU carrier that is owned outside, where the tenant does not mind": {
    recipient: { ultimateOwner: { name: "a fund", country: "US" } },
    expected: "automatic eea-under-contract",
  },
  "an EU carrier that is owned outside, where the tenant forbids that": {
    recipient: { ultimateOwner: { name: "a fund", country: "US" } },
    question: { policy: strict },
    expected: "refused owner-outside-eea",
  },
  "an EU carrier that is owned in an adequate country, where the tenant forbids owners outside": {
    recipient: { ultimateOwner: { name: "a fund", country: "CH" } },
    question: { policy: strict },
    expected: "refused owner-outside-eea",
  },
  "a Norwegian owner, where the tenant forbids owners outside the EEA": {
    recipient: { ultimateOwner: { name: "the Norwegian state", country: "NO" } },
    question: { policy: strict },
    expected: "automatic eea-under-contract",
  },
  "a recipient that the tenant forbids": {
    question: { policy: { ...free, refusedRecipients: new Set(["gls"]) } },
    expected: "refused recipient-forbidden",
  },

  "a tracking number to the carrier that issued it": {
    question: { ...tracking, issuer: "gls" },
    expected: "automatic issuing-carrier",
  },
  "a tracking number to the carrier that issued it, without contract or tool, in a third country": {
    recipient: { ...american, contract: null, fieldsAllowed: [] },
    question: { ...tracking, issuer: "ups" },
    expected: "automatic issuing-carrier",
  },
  "a tracking number to the carrier that issued it, whose owner the tenant forbids": {
    recipient: american,
    question: { ...tracking, issuer: "ups", policy: strict },
    expected: "refused owner-outside-eea",
  },
  "a tracking number to another carrier of the EU": {
    question: { ...tracking, issuer: "dpd" },
    expected: "automatic eea-under-contract",
  },
  "a tracking number to another carrier, in a third country": {
    recipient: american,
    question: { ...tracking, issuer: "gls" },
    expected: "grant derogation-only derogation",
  },
  "a tracking number whose issuer is not known": {
    recipient: { contract: null },
    question: { ...tracking, issuer: null },
    expected: "grant no-contract",
  },
  "a tracking number to an aggregator that calls itself the issuer": {
    recipient: { role: "aggregator", contract: null },
    question: { ...tracking, issuer: "gls" },
    expected: "grant no-contract",
  },
  "a tracking number to the carrier that issued it, for a claim": {
    recipient: { contract: null },
    question: { fields: number, purpose: "claim", issuer: "gls" },
    expected: "grant no-contract",
  },
  "a tracking number with a name, to the carrier that issued it": {
    question: { fields: ["trackingNumber", "name"], purpose: "tracking", issuer: "gls" },
    expected: "token not-needed-for-purpose",
  },
};

for (const [what, { recipient, question, expected }] of Object.entries(cases)) {
  test(`${what}: ${expected}`, () => {
    const decision = decideRelease({
      recipient: { ...entry, ...recipient },
      fields: name,
      purpose: "delivery",
      lawfulBasis: "contract",
      issuer: null,
      policy: free,
      day: "2026-11-26",
      ...question,
    });
    const derogation = decision.outcome === "grant" && decision.isDerogation ? " derogation" : "";
    assert.equal(`${decision.outcome} ${decision.reason}${derogation}`, expected);
  });
}

test("a country is where its decision puts it on the day", () => {
  const regions = ["DE", "IS", "CH", "GB", "US", "CA", "CN", "ZZ"].map((country) => regionOf(country, "2026-11-26"));
  assert.deepEqual(regions, ["eea", "eea", "adequate", "adequate", "partly-adequate", "partly-adequate", "third-country", "third-country"]);
});
