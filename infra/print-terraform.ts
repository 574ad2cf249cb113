import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attachments, resourceControlPolicies, serviceControlPolicies, storageKeyNames } from "./policies/catalogue.ts";
import { accountNames, bucketNames, endpointNames, keyNames, type PolicyContext } from "./policies/context.ts";
import type { PolicyDocument } from "./policies/document.ts";
import { storageKeyPolicy } from "./policies/keys/storage.ts";
import { derivationKeyPolicy, signingKeyPolicy, wrappingKeyPolicy } from "./policies/keys/vault.ts";

/**
 * `node scripts/run.mjs infra/print-terraform.ts` writes the policies of the Terraform modules: the same functions as everywhere, over a context whose values are template
 * expressions. A test compares.
 */
export const modulesFolder = join(import.meta.dirname, "..", "terraform", "modules");

/** A list whose length the template decides stands as one mark until the document is text. */
const list = (name: string): readonly string[] => [`@@${name}@@`];
const value = (name: string): string => `\${${name}}`;

const context: PolicyContext = {
  partition: value("partition"),
  region: value("region"),
  zones: list("zones"),
  organizationId: value("organization_id"),
  accounts: named(accountNames, (name) => value(`accounts.${snake(name)}`)),
  prefix: value("prefix"),
  buckets: named(bucketNames, (name) => value(`buckets.${name}`)),
  keys: { ...named(keyNames, (name) => value(`keys.${name}`)), wrapping: list("wrapping_keys") },
  keyOrigins: list("key_origins") as readonly PolicyContext["keyOrigins"][number][],
  derivation: "provider-hmac",
  rotating: false,
  databaseResourceId: value("database_resource_id"),
  endpoints: named(endpointNames, (name) => list(`${name.replaceAll(".", "_")}_endpoints`)),
  forge: { issuer: value("forge.issuer"), audience: value("forge.audience"), subject: value("forge.subject") },
};

/** Path below the modules' folder → text. */
export function terraformFiles(): ReadonlyMap<string, string> {
  const guards = "org-guardrails/policies";
  const keys = "sovereign-keys/policies";
  return new Map([
    ...Object.entries(serviceControlPolicies).map(
      ([name, make]) => [`${guards}/scp-${name}.json.tftpl`, asTemplate(make(context))] as const,
    ),
    ...Object.entries(resourceControlPolicies).map(
      ([name, make]) => [`${guards}/rcp-${name}.json.tftpl`, asTemplate(make(context))] as const,
    ),
    [`${guards}/attachments.json`, `${JSON.stringify(attachments, null, 2)}\n`],
    [`${keys}/wrapping.json.tftpl`, asTemplate(wrappingKeyPolicy(context))],
    [`${keys}/wrapping-rotating.json.tftpl`, asTemplate(wrappingKeyPolicy({ ...context, rotating: true }))],
    [`${keys}/derivation-hmac.json.tftpl`, asTemplate(derivationKeyPolicy(context))],
    [`${keys}/derivation-secret.json.tftpl`, asTemplate(derivationKeyPolicy({ ...context, derivation: "wrapped-secret" }))],
    [`${keys}/signing.json.tftpl`, asTemplate(signingKeyPolicy(context))],
    ...storageKeyNames.map((name) => [`${keys}/storage-${name}.json.tftpl`, asTemplate(storageKeyPolicy(context, name))] as const),
  ]);
}

function asTemplate(document: PolicyDocument): string {
  const text = JSON.stringify(document, null, 2)
    // IAM's own variables begin as Terraform's expressions do.
    .replaceAll("${aws:", () => "$${aws:")
    .replaceAll(/\[\s*"@@(\w+)@@"\s*\]/g, (_, name: string) => `\${jsonencode(${name})}`);
  return `${text}\n`;
}

function named<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Readonly<Record<Name, Value>> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Readonly<Record<Name, Value>>;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

if (import.meta.main) {
  for (const [path, text] of terraformFiles()) {
    mkdirSync(dirname(join(modulesFolder, path)), { recursive: true });
    writeFileSync(join(modulesFolder, path), text);
  }
}
