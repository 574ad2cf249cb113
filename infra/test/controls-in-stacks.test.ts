import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { filledIn, resourcesOf, sovereign, type Resource } from "../gates/template.ts";
import { templatesOf } from "../gates/synthesised.ts";
import { publicHosts } from "../lib/carrier-hosts.ts";
import { configOf } from "../lib/build-app.ts";
import { processes, processingFlows } from "../lib/flows.ts";
import { template, templates } from "./support/templates.ts";

/** Controls of the guide (infra/controls.ts) where no rule pack looks: what is asked is asked of the template that is deployed. */
const config = configOf("production");

/** Of a group of subnets, as the template has them. */
function rangesOf(group: string): readonly string[] {
  return resourcesOf([template("production", "network")], "AWS::EC2::Subnet").flatMap(([at, { Properties }]) =>
    at.includes(`${group}Subnet`) ? [String(Properties?.["CidrBlock"])] : [],
  );
}

/** Whom a process opens connections to, by the rules of its security group. */
function reachedBy(process: string): readonly string[] {
  const groups = resourcesOf([template("production", "network")], "AWS::EC2::SecurityGroup");
  const memberOf = (id: unknown): string =>
    groups
      .map(([at, { Properties }]) => [at.split("/")[1]!, String(Properties?.["GroupDescription"]).replace("parcelkeep ", "")] as const)
      .find(([logicalId]) => JSON.stringify(id).includes(`"${logicalId}"`))?.[1] ?? "?";
  const inside = resourcesOf([template("production", "network")], "AWS::EC2::SecurityGroupEgress")
    .filter(([, { Properties }]) => memberOf(Properties?.["GroupId"]) === process)
    .map(([, { Properties }]) =>
      Properties?.["DestinationPrefixListId"] === undefined ? memberOf(Properties?.["DestinationSecurityGroupId"]) : "object-store",
    );
  const outside = groups
    .filter(([, { Properties }]) => Properties?.["GroupDescription"] === `parcelkeep ${process}`)
    .flatMap(([, { Properties }]) => (Properties?.["SecurityGroupEgress"] ?? []) as readonly Readonly<Record<string, unknown>>[])
    .map((rule) => (rule["DestinationPrefixListId"] === undefined ? String(rule["CidrIp"]) : "object-store"));
  return [...new Set([...inside, ...outside])].sort();
}

function only(stack: string, type: string): Readonly<Record<string, unknown>> {
  const found = resourcesOf([template("production", stack)], type);
  assert.equal(found.length, 1, `${stack} has ${found.length} ${type}`);
  return filledIn(found[0]![1].Properties, sovereign) as Readonly<Record<string, unknown>>;
}

function every(stack: string, type: string): readonly Resource[] {
  return resourcesOf([template("production", stack)], type).map(([, resource]) => filledIn(resource, sovereign) as Resource);
}

describe("A3, B3: what leaves", () => {
  test("goes by TLS, from connectors to hosts of the carrier register, from the front to the identity provider, from the sequencer to those who attest the log, and nowhere else", () => {
    const groups = every("egress", "AWS::NetworkFirewall::RuleGroup").map(
      ({ Properties }) =>
        (
          Properties as {
            RuleGroup: { RulesSource: { RulesSourceList: object }; RuleVariables: { IPSets: { HOME_NET: { Definition: string[] } } } };
          }
        ).RuleGroup,
    );
    const list = (hosts: readonly string[]): object => ({ GeneratedRulesType: "ALLOWLIST", TargetTypes: ["TLS_SNI"], Targets: hosts });
    assert.deepEqual(
      groups.map(({ RulesSource }) => RulesSource.RulesSourceList),
      [
        list(publicHosts(config)),
        list(["keys.example.eu", "login.example.eu"]),
        list(["auditor.example.eu", "consortium.example.eu", "timestamp.example.eu", "witness.example.eu"]),
      ],
    );
    assert.deepEqual(
      groups.map(({ RuleVariables }) => RuleVariables.IPSets.HOME_NET.Definition),
      [rangesOf("connector"), rangesOf("front"), rangesOf("sequencer")],
    );
    assert.deepEqual(publicHosts(config), ["api-eu.dhl.com", "api.gls-group.net", "hooks.shop.example.eu", "onlinetools.ups.com"]);
  });

  test("is dropped where no rule allows it, and told", () => {
    const { FirewallPolicy } = only("egress", "AWS::NetworkFirewall::FirewallPolicy") as { FirewallPolicy: Record<string, unknown> };
    assert.deepEqual(FirewallPolicy["StatefulDefaultActions"], ["aws:drop_established", "aws:alert_established"]);
  });

  test("is asked for by names that are known, and no other name is resolved", () => {
    const { FirewallRules } = only("network", "AWS::Route53Resolver::FirewallRuleGroup") as { FirewallRules: { Action: string }[] };
    assert.deepEqual(
      FirewallRules.map(({ Action }) => Action),
      ["ALLOW", "BLOCK"],
    );
    const lists = every("network", "AWS::Route53Resolver::FirewallDomainList").map(({ Properties }) => Properties?.["Domains"] as string[]);
    assert.ok(
      lists[0]!.includes("*.amazonaws.eu") && lists[0]!.includes("onlinetools.ups.com") && lists[0]!.includes("witness.example.eu"),
    );
    assert.deepEqual(lists[1], ["*"]);
  });

  const defaultRoutes = (stage: "staging" | "production"): string[] =>
    resourcesOf([template(stage, "network")], "AWS::EC2::Route")
      .filter(([, { Properties }]) => Properties?.["DestinationCidrBlock"] === "0.0.0.0/0")
      .map(
        ([, { Properties }]) =>
          /(connector|front|service|entry|data|sequencer)Subnet/.exec(JSON.stringify(Properties?.["RouteTableId"]))?.[1] ?? "?",
      );

  test("begins in subnets of connectors, of the front where there is a provider, of the sequencer where somebody attests: a default route stands in their tables alone", () => {
    const inEachZone = (group: string): string[] => config.zones.map(() => group);
    assert.deepEqual(defaultRoutes("production").sort(), [...inEachZone("connector"), ...inEachZone("front"), ...inEachZone("sequencer")]);
    assert.deepEqual([...new Set(defaultRoutes("staging"))], ["connector"]);
  });

  for (const process of ["front", "sequencer"])
    test(`of the ${process} begins in subnets that hold the ${process} alone`, () => {
      const inItsSubnets = resourcesOf([template("production", "service")], "AWS::ECS::Service")
        .filter(([, { Properties }]) => JSON.stringify(Properties?.["NetworkConfiguration"]).includes(`${process}Subnet`))
        .map(([, { Properties }]) => Properties?.["ServiceName"]);
      assert.deepEqual(inItsSubnets, [`parcelkeep-${process}`]);
    });

  const onlyTimeStamps = templatesOf({ ...configOf("staging"), timeStamps: { url: "https://tsa.example.eu/", certificates: null } });

  test("opens to a time-stamping authority by what the sequencer alone uses, and by nothing else", () => {
    const added = (stack: string): readonly (readonly [type: string, properties: unknown])[] => {
      const before = template("staging", stack).template.Resources ?? {};
      const after = onlyTimeStamps.find(({ name }) => name === `staging-${stack}`)!.template.Resources ?? {};
      assert.deepEqual(
        Object.keys(before).filter((id) => after[id] === undefined),
        [],
      );
      return Object.entries(after)
        .filter(([id, resource]) => JSON.stringify(resource) !== JSON.stringify(before[id]))
        .map(([id, { Type, Properties }]) => [
          `${Type.split("::").at(-1)!} ${/sequencer|Attestors|attestor|Known/i.exec(id)?.[0] ?? id}`,
          Properties,
        ]);
    };
    assert.deepEqual(
      added("network").map(([what]) => what),
      ["SecurityGroup sequencer", "Route Attestors", "Route Attestors", "FirewallDomainList Known"],
    );
    const [group, policy, ...rest] = added("egress");
    assert.deepEqual([group?.[0], policy?.[0].split(" ")[0], rest], ["RuleGroup attestor", "FirewallPolicy", []]);
    const { RuleGroup } = group![1] as {
      RuleGroup: {
        RulesSource: { RulesSourceList: { Targets: string[] } };
        RuleVariables: { IPSets: { HOME_NET: { Definition: string[] } } };
      };
    };
    assert.deepEqual(RuleGroup.RulesSource.RulesSourceList.Targets, ["tsa.example.eu"]);
    assert.deepEqual(RuleGroup.RuleVariables.IPSets.HOME_NET.Definition, ["10.42.160.0/24", "10.42.161.0/24"]);
  });

  test("is not what the ingest network can do: its table leads to the front and nowhere else", () => {
    const routes = every("transit-routes", "AWS::EC2::TransitGatewayRoute").filter(({ Properties }) =>
      String(Properties?.["TransitGatewayRouteTableId"]).startsWith("${Ingest"),
    );
    assert.deepEqual(
      routes.map(({ Properties }) => Properties?.["DestinationCidrBlock"]),
      [config.network.processingCidr],
    );
  });

  test("refuses a carrier that the register does not know", () => {
    assert.throws(
      () => publicHosts({ carriers: { "nobody-post": { path: "public" } }, otherHosts: [] }),
      /no such entry in the carrier register/,
    );
    assert.throws(() => publicHosts({ carriers: { shopify: { path: "public" } }, otherHosts: [] }), /names no host/);
  });
});

describe("A5, C5: the network of the processes", () => {
  test("gives each process a security group of its own, without a rule for everybody", () => {
    const groups = every("network", "AWS::EC2::SecurityGroup");
    for (const process of processes)
      assert.ok(
        groups.some(({ Properties }) => Properties?.["GroupDescription"] === `parcelkeep ${process}`),
        process,
      );
    const open = groups.filter(({ Properties }) => JSON.stringify(Properties?.["SecurityGroupIngress"] ?? []).includes("0.0.0.0/0"));
    assert.deepEqual(open, []);
  });

  test("lets what the firewall knows be reached by outbound and opener, by the front where there is a provider, and by the sequencer where somebody attests", () => {
    const reaching = every("network", "AWS::EC2::SecurityGroup")
      .filter(({ Properties }) => JSON.stringify(Properties?.["SecurityGroupEgress"] ?? []).includes('"0.0.0.0/0"'))
      .map(({ Properties }) => Properties?.["GroupDescription"]);
    assert.deepEqual(reaching.sort(), ["parcelkeep front", "parcelkeep opener", "parcelkeep outbound", "parcelkeep sequencer"]);
    const inStaging = resourcesOf([template("staging", "network")], "AWS::EC2::SecurityGroup")
      .filter(([, { Properties }]) => JSON.stringify(Properties?.["SecurityGroupEgress"] ?? []).includes('"0.0.0.0/0"'))
      .map(([, { Properties }]) => Properties?.["GroupDescription"]);
    assert.deepEqual(inStaging.sort(), ["parcelkeep opener", "parcelkeep outbound"]);
  });

  test("starts the role-maker without a role, so without credentials, and every other task with one", () => {
    const tasks = [...every("preparation", "AWS::ECS::TaskDefinition"), ...every("service", "AWS::ECS::TaskDefinition")];
    const without = tasks.filter(({ Properties }) => Properties?.["TaskRoleArn"] === undefined);
    assert.deepEqual(
      without.map(({ Properties }) => Properties?.["Family"]),
      ["parcelkeep-role-maker"],
    );
  });

  test("hands the first user's password to the role-maker alone, which reaches what every task does and nothing else", () => {
    const tasks = [...every("preparation", "AWS::ECS::TaskDefinition"), ...every("service", "AWS::ECS::TaskDefinition")];
    const families = (which: (text: string) => boolean): unknown[] =>
      tasks.filter(({ Properties }) => which(JSON.stringify(Properties))).map(({ Properties }) => Properties?.["Family"]);
    assert.deepEqual(
      families((text) => text.includes(":password::")),
      ["parcelkeep-role-maker"],
    );
    assert.deepEqual(
      families((text) => text.includes("role/parcelkeep-role-maker-execution")),
      ["parcelkeep-role-maker"],
    );
    assert.deepEqual(reachedBy("role-maker"), ["database", "endpoints", "object-store"]);
    assert.deepEqual(reachedBy("migrator"), reachedBy("role-maker"));
  });

  test("lets the front alone come to the cache", () => {
    const rules = every("network", "AWS::EC2::SecurityGroupIngress").filter(({ Properties }) => Properties?.["ToPort"] === 6379);
    assert.equal(rules.length, 1);
    assert.match(JSON.stringify(rules[0]!.Properties?.["SourceSecurityGroupId"]), /front/i);
  });
});

describe("A3: who opens connections to the outside", () => {
  const asked = {
    signIn: configOf("production").signIn,
    witnesses: configOf("production").witnesses,
    timeStamps: configOf("production").timeStamps,
  };
  const none = { signIn: null, witnesses: null, timeStamps: null };
  const leaving = (given: Parameters<typeof processingFlows>[0]): readonly string[] =>
    [
      ...new Set(
        processingFlows(given).flatMap(({ from, to }) =>
          ["carriers", "identity-provider", "attestors"].includes(to) ? [`${from} ${to}`] : [],
        ),
      ),
    ].sort();
  const always = ["opener carriers", "outbound carriers"];

  for (const [what, given, others] of [
    ["nobody is named", none, []],
    ["a provider is named", { ...none, signIn: asked.signIn }, ["front identity-provider"]],
    ["witnesses are named", { ...none, witnesses: asked.witnesses }, ["sequencer attestors"]],
    ["a time-stamping authority is named", { ...none, timeStamps: asked.timeStamps }, ["sequencer attestors"]],
    ["all are named", asked, ["front identity-provider", "sequencer attestors"]],
  ] as const)
    test(`where ${what}`, () => assert.deepEqual(leaving(given), [...always, ...others].sort()));
});

describe("A6, C2: keys", () => {
  test("of the vault lie in the key store that the configuration names, with their whole policy from the first moment", () => {
    const made = every("vault-keys", "Custom::KeyInCustomStore");
    assert.deepEqual(
      made.map(({ Properties }) => [Properties?.["Alias"], Properties?.["XksKeyId"], Properties?.["CustomKeyStoreId"]]),
      [
        ["alias/parcelkeep-wrapping", "parcelkeep-wrapping-1", "cks-1234567890abcdef0"],
        ["alias/parcelkeep-derivation", "parcelkeep-derivation-1", "cks-1234567890abcdef0"],
      ],
    );
    for (const { Properties } of made) assert.match(String(Properties?.["Policy"]), /"Sid":"NoGrants"/);
  });

  test("of the vault are KMS's own where the configuration says so, and one of them makes HMACs", () => {
    const specs = resourcesOf([template("staging", "vault-keys")], "AWS::KMS::Key").map(
      ([, { Properties }]) => Properties?.["KeySpec"] ?? "symmetric",
    );
    assert.deepEqual(specs.sort(), ["ECC_NIST_EDWARDS25519", "HMAC_256", "symmetric"]);
  });
});

describe("A7, A8, B5: evidence", () => {
  test("is a trail of the whole organisation, with every object of the named buckets, validated and sealed", () => {
    const trail = only("audit", "AWS::CloudTrail::Trail");
    assert.equal(trail["IsOrganizationTrail"], true);
    assert.equal(trail["EnableLogFileValidation"], true);
    assert.match(JSON.stringify(trail["AdvancedEventSelectors"]), /parcelkeep-production-raw-/);
  });

  test("is held against rules in every account: our own ones are among them", () => {
    const { TemplateBody } = only("audit", "AWS::Config::OrganizationConformancePack") as { TemplateBody: string };
    const rules = Object.values((JSON.parse(TemplateBody) as { Resources: Record<string, Resource> }).Resources);
    const owners = rules.map(({ Properties }) => (Properties as { Source: { Owner: string } }).Source.Owner);
    assert.deepEqual([...new Set(owners)].sort(), ["AWS", "CUSTOM_POLICY"]);
  });

  test("is asked every day, for what left, lies open or was opened without an approval", () => {
    const names = every("audit-queries", "AWS::Athena::NamedQuery").map(({ Properties }) => Properties?.["Name"]);
    for (const name of [
      "objects_outside_the_region",
      "calls_outside_the_region",
      "wrong_key",
      "public",
      "unencrypted",
      "decrypts_without_approval",
    ])
      assert.ok(names.includes(name), name);
  });
});

describe("B2, C3: what is kept", () => {
  test("is locked in compliance mode for as long as the configuration says", () => {
    const bucket = only("data", "AWS::S3::Bucket") as { ObjectLockConfiguration: { Rule: { DefaultRetention: object } } };
    assert.deepEqual(bucket.ObjectLockConfiguration.Rule.DefaultRetention, { Mode: "COMPLIANCE", Days: config.retention.segmentDays });
  });

  test("is replaced and not locked where it is the anchor of the audit log, and the newest of it stays", () => {
    const bucketOf = (name: string): Resource["Properties"] =>
      every("audit", "AWS::S3::Bucket").find(({ Properties }) => String(Properties?.["BucketName"]).includes(`-${name}-`))?.Properties;
    const lifecycle = (name: string): readonly object[] => (bucketOf(name)!["LifecycleConfiguration"] as { Rules: object[] }).Rules;
    const anchor = bucketOf("anchor")!;
    assert.deepEqual(anchor["ObjectLockConfiguration"], { ObjectLockEnabled: "Enabled" });
    assert.deepEqual(anchor["VersioningConfiguration"], { Status: "Enabled" });
    assert.deepEqual(
      lifecycle("anchor").filter((rule) => "ExpirationInDays" in rule),
      [],
    );
    assert.deepEqual(
      lifecycle("audit").flatMap((rule) => ("ExpirationInDays" in rule ? [(rule as { Prefix?: string }).Prefix] : [])),
      ["audit/"],
    );
    const sequencer = every("service", "AWS::ECS::TaskDefinition").find(
      ({ Properties }) => Properties?.["Family"] === "parcelkeep-sequencer",
    );
    assert.ok(JSON.stringify(sequencer).includes(`s3://${String(anchor["BucketName"])}/anchor`));
  });

  test("is cached for the front alone, which asks what its cache asks and nothing else, without a password", () => {
    const user = only("data", "AWS::ElastiCache::User");
    assert.deepEqual(user["AuthenticationMode"], { Type: "iam" });
    assert.equal(user["UserId"], user["UserName"]);
    // Commands of src/cloud/redis-cache.ts, by the client's methods; its scripts are sent by EVALSHA, and once by EVAL.
    const source = readFileSync(join(import.meta.dirname, "..", "..", "src", "cloud", "redis-cache.ts"), "utf8");
    const methods = Array.from(source.matchAll(/#client\.(mget|set|del|get)\w*\(/g), ([, command]) => command!);
    const scripted = Array.from(source.matchAll(/redis\.call\("(\w+)"/g), ([, command]) => command!.toLowerCase());
    const asked = new Set([...methods, ...scripted, "eval", "evalsha"]);
    const allowed = Array.from(String(user["AccessString"]).matchAll(/ \+(\w+)/g), ([, command]) => command!);
    assert.deepEqual(new Set(allowed), asked);
    assert.match(String(user["AccessString"]), /^on ~pk:\* resetchannels -@all /);
  });

  test("is reached by TLS: database and cache demand it", () => {
    const { Parameters } = only("data", "AWS::RDS::DBClusterParameterGroup") as { Parameters: Record<string, unknown> };
    assert.equal(Parameters["rds.force_ssl"], "1");
    assert.equal(only("data", "AWS::ElastiCache::ReplicationGroup")["TransitEncryptionMode"], "required");
  });
});

describe("B6: accounts", () => {
  test("hold what belongs into them: keys, the trail, the way out and the program never meet", () => {
    const homes = {
      "AWS::KMS::Key": ["security"],
      "AWS::CloudTrail::Trail": ["logArchive"],
      "AWS::EC2::NatGateway": ["network"],
      "AWS::ECS::Service": ["processing"],
      "AWS::ApiGateway::RestApi": ["ingest"],
    } as const;
    const homeOf = (stack: string): string =>
      ({
        "storage-keys": "security",
        "vault-keys": "security",
        audit: "logArchive",
        egress: "network",
        service: "processing",
        entry: "ingest",
      })[stack] ?? stack;
    for (const [type, expected] of Object.entries(homes)) {
      const stacks = resourcesOf(templates("production"), type).map(([at]) => at.split("/")[0]!.replace("production-", ""));
      assert.deepEqual([...new Set(stacks.map(homeOf))], expected, type);
    }
  });
});

describe("F: a release of personal data", () => {
  const states = (): Record<string, Record<string, unknown>> => {
    const { DefinitionString } = only("workflow", "AWS::StepFunctions::StateMachine") as { DefinitionString: string };
    return (JSON.parse(DefinitionString) as { States: Record<string, Record<string, unknown>> }).States;
  };

  test("waits for people by a token, and for so long only", () => {
    const { Resource: resource, TimeoutSeconds } = states()["AwaitApproval"]!;
    assert.match(String(resource), /sqs:sendMessage\.waitForTaskToken$/);
    assert.equal(TimeoutSeconds, 8 * 24 * 3600);
  });

  test("starts one opener, which is not started again and does not last", () => {
    const open = states()["Open"]!;
    assert.match(String(open["Resource"]), /ecs:runTask\.sync$/);
    assert.equal(open["Retry"], undefined);
    assert.equal(open["TimeoutSeconds"], 900);
  });

  test("opens under a role that can only become the opener of its grant", () => {
    const opener = every("service", "AWS::ECS::TaskDefinition").find(({ Properties }) => Properties?.["Family"] === "parcelkeep-opener");
    assert.match(String(opener?.Properties?.["TaskRoleArn"]), /role\/parcelkeep-opener-starter$/);
  });
});
