import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { presented } from "./presented.ts";
import type { Finding, NamedTemplate } from "./template.ts";

interface Diagnostic {
  readonly ruleId: string;
  readonly message: string;
  readonly entity?: { readonly logicalId?: string } | string;
}

interface Engine {
  validateTemplate(template: unknown, config: object): { readonly diagnostics: readonly Diagnostic[] };
  free(): void;
}

interface Engines {
  readonly CompositeEngine: new (config: { guardRules: readonly { name: string; content: string }[] }) => Engine;
  readonly TemplateContent: new (content: string, name: string) => unknown;
}

/** The engine that the CDK brings along, in WebAssembly: no binary of Guard, and none of Python. */
function engines(): Engines {
  const cdk = createRequire(import.meta.url).resolve("aws-cdk-lib");
  return createRequire(cdk)("@aws/cloudformation-validate") as Engines;
}

export interface RulePack {
  readonly name: string;
  readonly files: readonly string[];
}

const own = join(import.meta.dirname, "..", "rules");
const ofControlTower = join(
  import.meta.dirname,
  "..",
  "node_modules",
  "@cdklabs",
  "cdk-validator-cfnguard",
  "rules",
  "control-tower",
  "cfn-guard",
);

export const ownPack: RulePack = { name: "our own", files: [join(own, "sovereignty.guard")] };
export const noInternetPack: RulePack = { name: "no internet", files: [join(own, "no-internet.guard")] };

/** Folders of AWS Control Tower's proactive controls for services that our templates have. */
const controlTowerServices = [
  "apigateway",
  "athena",
  "cloudtrail",
  "cloudwatch",
  "ec2",
  "ecr",
  "ecs",
  "elasticache",
  "elasticloadbalancing",
  "glue",
  "guardduty",
  "identityandaccessmanagement",
  "keymanagementservice",
  "lambda",
  "networkfirewall",
  "rds",
  "s3",
  "sqs",
  "stepfunctions",
  "waf",
];

export function controlTowerPack(): RulePack {
  return {
    name: "Control Tower",
    files: controlTowerServices.flatMap((service) => globSync(join(ofControlTower, service, "*.guard")).sort()),
  };
}

/** Findings of packs of Guard rules, one for each rule and resource. One engine for all of them: to build it costs more than to ask it. */
export function guardFindings(packs: readonly RulePack[], templates: readonly NamedTemplate[]): readonly Finding[] {
  const { CompositeEngine, TemplateContent } = engines();
  const files = packs.flatMap((pack) => pack.files).map((file) => ({ name: basename(file), content: readFileSync(file, "utf8") }));
  const controls = controlsOf(files.map(({ content }) => content));
  const engine = new CompositeEngine({ guardRules: files });
  try {
    return templates.map(presented).flatMap(({ name, template }) => {
      const { diagnostics } = engine.validateTemplate(new TemplateContent(JSON.stringify(template), name), { disableBuiltinRules: true });
      const findings = diagnostics.map(({ ruleId, message, entity }) => ({
        rule: controls.get(ruleId) ?? ruleId,
        at: `${name}/${entityId(entity)}`,
        what: message,
      }));
      return [...Map.groupBy(findings, ({ rule, at }) => `${rule} ${at}`).values()].map((same) => ({
        ...same[0]!,
        what: [...new Set(same.map(({ what }) => what))].join("; "),
      }));
    });
  } finally {
    engine.free();
  }
}

/** Ids of controls by the names of their rules: `CT.S3.PR.9` stands in the messages of a rule's file, `ESC-S3-01` in the name. */
function controlsOf(contents: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    contents.flatMap((content) => {
      const control = /\[(CT\.[A-Z0-9]+\.PR\.\d+)\]/.exec(content)?.[1];
      return [...content.matchAll(/^rule (\w+)/gm)].map(([, rule]) => [rule!, control ?? rule!.split("_").slice(0, 3).join("-")] as const);
    }),
  );
}

function entityId(entity: Diagnostic["entity"]): string {
  return typeof entity === "string" ? entity : (entity?.logicalId ?? "");
}
