import { sovereignRegion } from "../config/schema.ts";
import { resourcesOf, textsIn, type Finding, type Gate } from "./template.ts";

/**
 * Three rules that look alike and are not (research of 2026-11): an ARN takes its partition and a host its suffix from where it is deployed; a service
 * principal and `kms:ViaService` keep `.amazonaws.com` in every partition; a region is the one region.
 */
export const literalNames: Gate = (templates) =>
  resourcesOf(templates).flatMap(([at, resource]) =>
    [...textsIn(resource.Properties)].flatMap(([path, text]) => [
      ...partitionIn(text).map((what) => ({ rule: "no literal partition", at, what })),
      ...regionsIn(text).map((what) => ({ rule: "no foreign region", at, what })),
      ...suffixIn(path, text).map((what) => ({ rule: "no literal suffix", at, what })),
    ]),
  );

function partitionIn(text: string): string[] {
  return [...text.matchAll(/arn:(?:aws|aws-[a-z]+(?:-[a-z])?):/g)].map(([arn]) => arn);
}

/** AWS's own form of region names (botocore, lambda service-2.json), which knows the sovereign ones. */
const region =
  /\b(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-(?:north|south|east|west|central|northeast|northwest|southeast|southwest|de-east|de-west)-\d\b/g;

function regionsIn(text: string): string[] {
  return [...text.matchAll(region)]
    .map(([found]) => found)
    .filter((found) => found !== sovereignRegion && !sovereignRegion.endsWith(found));
}

/** Where a service is named, and not a host: these stay `.amazonaws.com`. */
const servicePlaces = new Set(["Service", "kms:ViaService", "iam:PassedToService", "iam:AWSServiceName", "sts:AudienceOf"]);

function suffixIn(path: readonly string[], given: string): string[] {
  // A policy that is a text (log groups take it so) names services as well.
  const text = given.replaceAll(/"Service":(?:\[[^\]]*\]|"[^"]*")/g, "");
  if (!/amazonaws\.(?:com|eu)\b|api\.amazonwebservices\.eu/.test(text)) return [];
  if (path.some((key) => servicePlaces.has(key))) return [];
  // The audience of OpenID tokens is a name and no host, in every partition.
  if (text === "sts.amazonaws.com") return [];
  // Event sources in queries, patterns and rules are names of services as the trail writes them.
  if (path.some((key) => key === "QueryString" || key === "DefinitionString")) return [];
  return [text.slice(0, 100)];
}

/** A host that is not of the region's own suffix is one that a packet could go to; a principal with it is refused as "Invalid principal". */
export const principalSuffix: Gate = (templates) =>
  resourcesOf(templates).flatMap(([at, resource]) =>
    [...textsIn(resource.Properties)].flatMap(([path, text]): Finding[] =>
      path.includes("Service") && path.includes("Principal") && /\.amazonaws\.(?!com$)/.test(text)
        ? [{ rule: "service principals keep amazonaws.com", at, what: text }]
        : [],
    ),
  );

const ownPrefix = new Set(["ecr.api", "ecr.dkr", "execute-api", "securityhub"]);

/** The endpoints whose services have the partition's own prefix; CloudFormation refuses the other spelling (aws-cdk pull request 36471). */
export const endpointNames: Gate = (templates) =>
  resourcesOf(templates, "AWS::EC2::VPCEndpoint").flatMap(([at, resource]): Finding[] => {
    const name = resource.Properties?.["ServiceName"];
    if (typeof name !== "string") return [{ rule: "endpoint names", at, what: "a name that depends on where it is deployed" }];
    const service = new RegExp(`^(com|eu)\\.amazonaws\\.${sovereignRegion}\\.(.+)$`).exec(name);
    // A carrier's own service.
    if (service === null)
      return name.includes(".vpce-svc-") && name.startsWith("eu.amazonaws.vpce.") ? [] : [{ rule: "endpoint names", at, what: name }];
    return ownPrefix.has(service[2]!) === (service[1] === "eu") ? [] : [{ rule: "endpoint names", at, what: name }];
  });
