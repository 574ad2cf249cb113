import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resourcesOf, type Finding, type Gate } from "./template.ts";

interface ServiceList {
  readonly readOn: string;
  readonly services: readonly string[];
}

interface Judgements {
  /** What stands in for a service that the region does not offer. */
  readonly insteadOf: Readonly<Record<string, string>>;
  /** Services that the list misses and we use, with the reason: lists of AWS have holes. */
  readonly usedAllTheSame: Readonly<Record<string, string>>;
}

function read<Content>(...path: readonly string[]): Content {
  return JSON.parse(readFileSync(join(import.meta.dirname, "..", ...path), "utf8")) as Content;
}

/** What the region offers: the dated list that `parcelkeep check region` reads too, and refreshes where an account is at hand. */
const list = read<ServiceList>("..", "src", "aws", "regions", "eusc-de-east-1.json");
const { insteadOf, usedAllTheSame } = read<Judgements>("services.json");

/** Key of the list for each namespace of CloudFormation whose name is another. */
const keys: Readonly<Record<string, string>> = {
  ApplicationAutoScaling: "application-autoscaling",
  CertificateManager: "acm",
  ElasticLoadBalancingV2: "elb",
  InspectorV2: "inspector2",
  NetworkFirewall: "network-firewall",
  WAFv2: "waf",
};

/** Resources of services that the region does not offer, or that the list does not know: either is to be settled before it is deployed. */
export const servicesOffered: Gate = (templates) =>
  resourcesOf(templates).flatMap(([at, { Type }]): Finding[] => {
    const [, namespace] = /^AWS::([A-Za-z0-9]+)::/.exec(Type) ?? [];
    if (namespace === undefined) return [];
    const key = keys[namespace] ?? namespace.toLowerCase();
    if (list.services.includes(key) || key in usedAllTheSame) return [];
    const instead = insteadOf[key];
    return [
      {
        rule: "service offered",
        at,
        what: instead === undefined ? `${Type}: not in the list of ${list.readOn}` : `${Type}: use ${instead}`,
      },
    ];
  });
