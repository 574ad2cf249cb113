import { boundaryNames, platformBoundary, processBoundary } from "./boundary.ts";
import { bucketPolicy } from "./buckets/sealed.ts";
import {
  bucketNames,
  endpointNames,
  type PolicyContext,
  processNames,
  platformRoleNames,
  queueNames,
  roleNames,
  topicNames,
} from "./context.ts";
import type { PolicyDocument } from "./document.ts";
import { endpointPolicy } from "./endpoints.ts";
import { storageKeyPolicy, type StorageKeyName } from "./keys/storage.ts";
import { derivationKeyPolicy, signingKeyPolicy, wrappingKeyPolicy } from "./keys/vault.ts";
import { queuePolicy, topicPolicy } from "./queues.ts";
import { perimeter } from "./rcp/perimeter.ts";
import { platformPolicies } from "./roles/platform.ts";
import { processPolicies } from "./roles/processes.ts";
import { exportGuard } from "./scp/export.ts";
import { identityGuard } from "./scp/identity.ts";
import { keyGuard } from "./scp/keys.ts";
import { networkGuard } from "./scp/network.ts";
import { regionGuard } from "./scp/region.ts";
import { storageGuard } from "./scp/storage.ts";
import { trailGuard } from "./scp/trail.ts";
import { trustPolicy } from "./trust.ts";

export type PolicyKind = "scp" | "rcp" | "boundary" | "identity" | "trust" | "key" | "bucket" | "queue" | "topic" | "endpoint";

export interface NamedPolicy {
  readonly kind: PolicyKind;
  /** Unique in its kind: the role's, bucket's … name, or the guard's. */
  readonly name: string;
  readonly document: PolicyDocument;
}

export const storageKeyNames: readonly StorageKeyName[] = ["raw", "audit", "queue", "database", "logs", "secrets"];

/** Guards of the organisation, by name. */
export const serviceControlPolicies = {
  region: regionGuard,
  export: exportGuard,
  keys: keyGuard,
  identity: identityGuard,
  storage: storageGuard,
  trail: trailGuard,
  network: networkGuard,
} as const satisfies Record<string, (context: PolicyContext) => PolicyDocument>;
export type ServiceControlPolicyName = keyof typeof serviceControlPolicies;

/**
 * Where each is attached: five is the most that one place takes (Organizations user guide, "Quotas"), `FullAWSAccess` among them. `members` is the organisational unit right under
 * the root that every account but the management account is in.
 */
export const attachments: Readonly<Record<"root" | "members", readonly ServiceControlPolicyName[]>> = {
  root: ["region", "export", "keys", "identity"],
  members: ["storage", "trail", "network"],
};

/** Attached to the root. */
export const resourceControlPolicies = { perimeter } as const satisfies Record<string, (context: PolicyContext) => PolicyDocument>;

/** Every policy that there is, for one context: what is checked, measured, tried and written out. */
export function everyPolicy(context: PolicyContext): readonly NamedPolicy[] {
  const of = (kind: PolicyKind, name: string, document: PolicyDocument): NamedPolicy => ({ kind, name, document });
  const dead = queueNames.map((name) => `${name}-dead` as const);
  return [
    ...Object.entries(serviceControlPolicies).map(([name, make]) => of("scp", name, make(context))),
    ...Object.entries(resourceControlPolicies).map(([name, make]) => of("rcp", name, make(context))),
    of("boundary", boundaryNames[0], processBoundary(context)),
    of("boundary", boundaryNames[1], platformBoundary(context)),
    ...processNames.map((name) => of("identity", name, processPolicies[name](context))),
    ...platformRoleNames.map((name) => of("identity", name, platformPolicies[name](context))),
    ...roleNames.map((name) => of("trust", name, trustPolicy(context, name))),
    of("key", "wrapping", wrappingKeyPolicy(context)),
    of("key", "derivation", derivationKeyPolicy(context)),
    of("key", "signing", signingKeyPolicy(context)),
    ...storageKeyNames.map((name) => of("key", name, storageKeyPolicy(context, name))),
    ...bucketNames.map((name) => of("bucket", name, bucketPolicy(context, name))),
    ...[...queueNames, ...dead].map((name) => of("queue", name, queuePolicy(context, name))),
    ...topicNames.map((name) => of("topic", name, topicPolicy(context, name))),
    ...endpointNames.map((name) => of("endpoint", name, endpointPolicy(context, name))),
  ];
}
