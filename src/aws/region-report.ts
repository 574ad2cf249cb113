import { regionNeeds, type ServiceNeed } from "./region-needs.ts";
import type { ServiceList } from "./service-list.ts";

export interface ServiceFinding {
  readonly service: string;
  readonly for: string;
  readonly weight: ServiceNeed["weight"];
  readonly state: "there" | "missing" | "unknown";
  /** What does its work; null where it is there, or where nothing does. */
  readonly standIn: string | null;
}

/** Where a root key of AWS KMS may come from in this region (KMS `Origin`). */
export interface OriginFinding {
  readonly origin: "AWS_KMS" | "EXTERNAL" | "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE";
  readonly state: ServiceFinding["state"];
}

export interface RegionReport {
  readonly region: string;
  readonly readOn: string;
  readonly source: string;
  readonly services: readonly ServiceFinding[];
  readonly keyOrigins: readonly OriginFinding[];
  /** Whether all that is needed is there or has something in its place. */
  readonly suffices: boolean;
}

/** What a region's list of services means for a deployment. */
export function regionReport(list: ServiceList, needs: readonly ServiceNeed[] = regionNeeds): RegionReport {
  const has = new Set(list.services);
  const services = needs.map(({ service, for: what, weight, standIn, isListedPatchily }): ServiceFinding => {
    const state = has.has(service) ? "there" : isListedPatchily === true ? "unknown" : "missing";
    return { service, for: what, weight, state, standIn: state === "there" ? null : standIn };
  });
  const { region, readOn, source } = list;
  return {
    region,
    readOn,
    source,
    services,
    keyOrigins: keyOrigins(has),
    suffices: services.every(({ weight, state, standIn }) => weight === "wished" || state === "there" || standIn !== null),
  };
}

/** A key store needs a cluster of CloudHSM. No list says whether a region has external key stores: its account has to be asked (CreateCustomKeyStore). */
function keyOrigins(has: ReadonlySet<string>): readonly OriginFinding[] {
  const kms = has.has("kms") ? "there" : "missing";
  return [
    { origin: "AWS_KMS", state: kms },
    { origin: "EXTERNAL", state: kms },
    { origin: "AWS_CLOUDHSM", state: has.has("cloudhsmv2") ? kms : "missing" },
    { origin: "EXTERNAL_KEY_STORE", state: kms === "there" ? "unknown" : "missing" },
  ];
}
