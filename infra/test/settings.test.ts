import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rootCertificates } from "node:tls";
import { formatKey } from "../../src/audit/note.ts";
import { readConfig, readConnections, readKmsNames, readOwnersDatabase } from "../../src/main/config.ts";
import { type RoleName, rolePowers } from "../../src/main/role.ts";
import { kmsSettings, kmsSigningKey } from "../../src/main/settings/kms-settings.ts";
import type { Stage } from "../config/schema.ts";
import { filledIn, resourcesOf, sovereign } from "../gates/template.ts";
import { firstUser } from "../constructs/tracking-database.ts";
import { attestorSettings } from "../lib/attestors.ts";
import { configOf } from "../lib/build-app.ts";
import { processes, type Process } from "../lib/flows.ts";
import { template } from "./support/templates.ts";

interface Container {
  readonly Name: Process;
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets: readonly { readonly Name: string; readonly ValueFrom: string }[];
}

function containersOf(stage: Stage): readonly Container[] {
  return resourcesOf([template(stage, "preparation"), template(stage, "service")], "AWS::ECS::TaskDefinition").flatMap(
    ([, { Properties }]) => (filledIn(Properties, sovereign) as { ContainerDefinitions: readonly Container[] }).ContainerDefinitions,
  );
}

const containers = containersOf("production");
const settingsPage = readFileSync(join(import.meta.dirname, "..", "..", "docs", "operations", "settings.md"), "utf8");
const documented = Array.from(settingsPage.matchAll(/^\| `(PARCELKEEP_\w+)` \|/gm), ([, name]) => name!);

/** Of the role-maker: it makes the roles that the others come as. */
const alone: readonly Process[] = ["role-maker"];
const all = processes.filter((process) => !alone.includes(process));
const wrapping: readonly Process[] = ["front", "outbound", "opener", "rekeyer"];
const derive: readonly Process[] = ["front", "outbound", "rekeyer"];
const stores: readonly Process[] = ["front", "archivist", "keeper", "sequencer", "opener"];

/** Who gets each setting that there is, in production; or why nobody does. A setting that the program gains has to be thought about here. */
const given: Readonly<Record<string, readonly Process[] | string>> = {
  PARCELKEEP_DATA: all,
  PARCELKEEP_HTTP: ["front"],
  PARCELKEEP_TRUSTED_HOPS: ["front"],
  PARCELKEEP_CELL: all,
  PARCELKEEP_KEYS: all,
  PARCELKEEP_AWS_REGION: all,
  PARCELKEEP_AWS_REGIONS: all,
  PARCELKEEP_LOG_LEVEL: all,
  PARCELKEEP_DATABASE_URL: processes,
  PARCELKEEP_DATABASE_IAM: all,
  PARCELKEEP_DATABASE_AUTHORITIES: processes,
  PARCELKEEP_API_DATABASE_URL: ["front"],
  PARCELKEEP_QUEUE: ["worker"],
  PARCELKEEP_QUEUE_KEY: ["worker"],
  PARCELKEEP_EVENT_BUS: ["worker"],
  PARCELKEEP_KMS_KEYS: wrapping,
  PARCELKEEP_KMS_DERIVATION_KEYS: wrapping,
  PARCELKEEP_KMS_DERIVATION_SECRETS: derive,
  PARCELKEEP_KMS_SIGNING_KEY: ["keeper", "sequencer"],
  PARCELKEEP_OBJECT_STORE: stores,
  PARCELKEEP_OBJECT_STORE_KEY: stores,
  PARCELKEEP_OBJECT_STORE_OWNER: stores,
  PARCELKEEP_AUDIT_ORIGIN: ["sequencer"],
  PARCELKEEP_AUDIT_RETENTION_DAYS: ["sequencer"],
  PARCELKEEP_RETENTION_DAYS_PERSONAL: ["archivist", "keeper", "granter"],
  PARCELKEEP_RETENTION_DAYS_TEXT: ["archivist", "keeper", "granter"],
  PARCELKEEP_AUDIT_ANCHOR: ["sequencer"],
  PARCELKEEP_AUDIT_ANCHOR_KEY: ["sequencer"],
  PARCELKEEP_AUDIT_ANCHOR_OWNER: ["sequencer"],
  PARCELKEEP_WITNESSES: ["sequencer"],
  PARCELKEEP_WITNESS_SHORTFALL: ["sequencer"],
  PARCELKEEP_TIME_STAMP_URL: ["sequencer"],
  PARCELKEEP_CACHE_URL: ["front"],
  PARCELKEEP_CACHE_IAM: ["front"],
  PARCELKEEP_OPERATORS_URL: ["front"],
  PARCELKEEP_OIDC_ISSUER: ["front"],
  PARCELKEEP_OIDC_CLIENT_ID: ["front"],
  PARCELKEEP_OIDC_CLIENT_SECRET: ["front"],
  PARCELKEEP_OIDC_HOSTS: ["front"],
  PARCELKEEP_OPERATOR_KEY: ["front"],
  PARCELKEEP_INGRESS_KEY: ["front", "outbound", "opener"],
  PARCELKEEP_INGRESS_URL: ["outbound", "opener"],
  PARCELKEEP_WORKFLOW: ["granter"],
  PARCELKEEP_WORKFLOW_QUEUE: ["granter"],
  PARCELKEEP_OPENER_ROLE: ["opener"],
  PARCELKEEP_DRAIN_MS: ["front"],
  PARCELKEEP_METRIC_LINES_MS: ["front"],
  ...Object.fromEntries(
    (
      [
        ["keys are in KMS", /^PARCELKEEP_PKCS11_/],
        ["for tests only", /^PARCELKEEP_(?:AWS_TEST_ENDPOINT|CARRIERS_URL|EGRESS_TEST_HOSTS)$/],
        ["the usual authorities are Mozilla's, which the image has", /^PARCELKEEP_(?:CACHE|EGRESS)_AUTHORITIES$/],
        ["the firewall stands in the way, and no proxy", /^PARCELKEEP_EGRESS_PROXY$/],
        ["the provider has an address on the internet", /^PARCELKEEP_OIDC_PATH$/],
        ["any sound answer from the address is kept, until the configuration has certificates", /^PARCELKEEP_TIME_STAMP_CERTIFICATES$/],
        ["no collector is part of the stacks: metrics go by lines", /^PARCELKEEP_OTLP_/],
        ["a deployment adds where its people are told", /^PARCELKEEP_(?:APPROVALS_|SMTP_)/],
        [
          "its default is right here",
          /^PARCELKEEP_(?:TENANT_|INBOX_MAX|COMPRESSION|INTAKE_|TOKEN|WITNESS_TIMEOUT_MS|TIME_STAMP_EVERY_S|SEGMENT_|AUDIT_PUBLISH_MS)/,
        ],
      ] as const
    ).flatMap(([why, form]) => documented.filter((name) => form.test(name)).map((name) => [name, why])),
  ),
};

/** Not of the program but of its PostgreSQL client, which reads it where the address has no password. */
const passwords: Readonly<Record<string, readonly Process[]>> = { PGPASSWORD: alone };

test("every process has a task", () => {
  assert.deepEqual(containers.map(({ Name }) => Name).sort(), [...processes].sort());
});

test("of every setting that there is, it is said who gets it", () => {
  assert.deepEqual(Object.keys(given).sort(), [...documented].sort());
});

for (const { Name: process, Environment, Secrets } of containers)
  test(`the ${process} gets what it uses, and nothing else`, () => {
    const expected = Object.entries({ ...given, ...passwords }).flatMap(([name, who]) =>
      typeof who !== "string" && who.includes(process) ? [name] : [],
    );
    assert.deepEqual([...Environment, ...Secrets].map(({ Name }) => Name).sort(), expected.sort());
  });

/** What Secrets Manager would hand over, and what only a deployment knows, in their form. */
const secrets: Readonly<Record<string, string>> = {
  PARCELKEEP_OPERATOR_KEY: "Ab1".repeat(16),
  PARCELKEEP_INGRESS_KEY: "Cd2".repeat(16),
  PARCELKEEP_OIDC_CLIENT_SECRET: "Ef3".repeat(16),
  PARCELKEEP_DATABASE_AUTHORITIES: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
  PARCELKEEP_KMS_DERIVATION_SECRETS: "1=AQID",
  PGPASSWORD: "Gh4".repeat(8),
};

function environmentOf({ Environment, Secrets }: Container): NodeJS.ProcessEnv {
  const known = (value: string): string =>
    value
      .replaceAll(/\$\{\w+KeyArn\}/g, "arn:aws-eusc:kms:eusc-de-east-1:100000000022:key/11111111-1111-4111-8111-111111111111")
      .replaceAll(/\$\{[^}]*\}/g, "host.test");
  return {
    ...Object.fromEntries(Environment.map(({ Name, Value }) => [Name, known(Value)])),
    ...Object.fromEntries(Secrets.map(({ Name }) => [Name, secrets[Name]])),
  };
}

for (const stage of ["staging", "production"] as const)
  describe(`in ${stage} the program takes its settings:`, () => {
    const read = new Map(containersOf(stage).map((container) => [container.Name, environmentOf(container)]));
    const { cell, signIn, witnesses, timeStamps, retention } = configOf(stage);

    for (const process of all)
      test(`the ${process}'s`, () => {
        const env = read.get(process)!;
        const config = readConfig(env);
        assert.equal(config.cell, cell);
        assert.equal(config.keys, "aws-kms");
        if (["archivist", "keeper", "granter"].includes(process)) assert.equal(config.retention.personalDays, retention.segmentDays);
        const who =
          process === "opener" ? (["parcelkeep_opener"] as const) : process === "rekeyer" ? (["parcelkeep_rekeyer"] as const) : null;
        const database =
          process === "migrator" ? [readOwnersDatabase(env)] : Object.values(readConnections(who ?? rolePowers[process as RoleName], env));
        for (const each of database)
          assert.deepEqual([each?.iam?.place.region, each?.authorities], ["eusc-de-east-1", secrets["PARCELKEEP_DATABASE_AUTHORITIES"]]);
        if (wrapping.includes(process)) kmsSettings(config.aws, readKmsNames(env));
        if (process === "keeper" || process === "sequencer") kmsSigningKey(readKmsNames(env));
        assert.equal(config.objects.kind, stores.includes(process) ? "s3" : "files");
        assert.equal(config.anchor.kind, process === "sequencer" ? "s3" : "files");
        assert.equal(config.ingressKey !== null, ["front", "outbound", "opener"].includes(process));
        assert.equal(config.ingressUrl !== null, ["outbound", "opener"].includes(process));
        assert.equal(config.queue !== null && config.eventBus !== null, process === "worker");
        assert.equal(config.cache?.iam?.name, process === "front" ? "parcelkeep" : undefined);
      });

    test("the sequencer asks those who attest, where the configuration names them, and nobody else asks anybody", () => {
      for (const process of all.filter((each) => each !== "sequencer")) {
        const config = readConfig(read.get(process)!);
        assert.deepEqual([config.witnesses, config.timeStamps], [null, null], process);
      }
      const config = readConfig(read.get("sequencer")!);
      assert.deepEqual(
        config.witnesses?.witnesses.map(({ key, url }) => [formatKey(key), url]),
        witnesses?.known.map(({ key, url }) => [key, url]),
      );
      assert.equal(config.witnesses?.shortfall, witnesses?.shortfall);
      assert.equal(config.timeStamps?.url, timeStamps?.url);
      assert.equal(config.witnesses === null, stage === "staging");
      const cosigned = (count: number): boolean | undefined =>
        config.witnesses?.policy.isQuorum(new Set(config.witnesses.policy.witnesses.slice(0, count)));
      assert.deepEqual(
        [cosigned((witnesses?.enough ?? 0) - 1), cosigned(witnesses?.enough ?? 0)],
        stage === "staging" ? [undefined, undefined] : [false, true],
      );
    });

    test("the role-maker's: it comes with a password, as the database's first user, and looks at the server's certificate", () => {
      const env = read.get("role-maker")!;
      const database = readOwnersDatabase(env)!;
      assert.equal(new URL(database.connectionString).username, firstUser);
      assert.deepEqual([database.iam, database.authorities], [undefined, secrets["PARCELKEEP_DATABASE_AUTHORITIES"]]);
    });

    test("the front tells its metrics, drains, trusts one proxy, and knows its keys and its provider", () => {
      const config = readConfig(read.get("front")!);
      assert.deepEqual([config.metricLinesMs, config.trustedHops, config.operatorKey], [60_000, 1, `pko_${"Ab1".repeat(16)}`]);
      // Longer than the load balancer takes to notice, shorter than the task may take to end.
      assert.ok(config.drainMs > 20_000 && config.drainMs < 60_000);
      assert.equal(config.openId?.issuer, signIn?.issuer);
      assert.deepEqual(config.openId?.hosts ?? [], signIn?.hosts ?? []);
    });
  });

test("certificates of a time-stamping authority reach the program as they stand in the configuration", () => {
  const [certificate] = rootCertificates;
  const { timeStamps } = readConfig(
    attestorSettings({ witnesses: null, timeStamps: { url: "https://tsa.example.eu", certificates: `${certificate}\n` } }),
  );
  assert.deepEqual(
    timeStamps?.certificates?.map(({ raw }) => raw),
    [new X509Certificate(certificate!).raw],
  );
});

test("no task gets a secret, a setting of tests, or a host of another suffix in the clear", () => {
  for (const { Name: process, Environment, Secrets } of containers) {
    for (const { Name, Value } of Environment) {
      assert.doesNotMatch(Name, /PASSWORD|SECRET|PIN$|TEST|OPERATOR_KEY|INGRESS_KEY/, process);
      assert.doesNotMatch(Value, /amazonaws\.com|:\/\/[^/@]*:[^/@]*@/, `${process} ${Name}`);
    }
    for (const { Name, ValueFrom } of Secrets)
      assert.equal(ValueFrom, `\${of another stack}${Name === "PGPASSWORD" ? ":password::" : ""}`, process);
  }
});

test("every process logs into the database as itself", () => {
  for (const { Name: process, Environment } of containers) {
    const address = Environment.find(({ Name }) => Name === "PARCELKEEP_DATABASE_URL")?.Value;
    assert.match(String(address), /^postgresql:\/\/parcelkeep_[a-z]+@.+:5432\/parcelkeep\?sslmode=verify-full$/, process);
  }
});
