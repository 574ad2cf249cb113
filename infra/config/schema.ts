import type { AccountName } from "../policies/context.ts";

/** What one deployment is made of. Everything that differs between staging and production stands here, and nothing that is mandatory can be switched off here. */
export interface Config {
  readonly stage: Stage;
  /** Where tokens of this deployment come from: two letters and a digit, part of every token (docs/operations/sizing.md, "What to shard"). */
  readonly cell: string;
  readonly organisation: {
    /** `o-…`; every perimeter condition compares with it. */
    readonly id: string;
    /** `r-…` or `ou-…`: where the units of this deployment hang. */
    readonly parentId: string;
  };
  readonly accounts: Readonly<Record<AccountName, string>>;
  readonly region: typeof sovereignRegion;
  /** Letters of two or three zones, named instead of looked up: a look-up needs an account and makes the same commit give two templates. */
  readonly zones: readonly string[];
  readonly network: {
    /** IPv4 ranges, a /16 each; no carrier's private network may overlap them. */
    readonly ingestCidr: string;
    readonly processingCidr: string;
    readonly egressCidr: string;
    /** Of the gateway to S3 in this region (`pl-…`): security groups let through nothing else that is outside the network. */
    readonly objectStorePrefixList: string;
  };
  readonly entry: {
    /** What senders and shoppers call. */
    readonly hostName: string;
    /** Ids of certificates in ACM, both of a public authority (API Gateway trusts no private one): of the host name in the ingest account, of `front.` and the host name in the processing account. */
    readonly publicCertificateId: string;
    readonly privateCertificateId: string;
  };
  readonly keys: KeyCustody;
  /** Sources of the carrier register that this deployment asks; the firewall lets through the hosts of those on the public path, and no others. */
  readonly carriers: Readonly<Record<string, CarrierPath>>;
  /** Hosts beside the carriers' that connectors may call: merchants' webhooks, where approvals are told of. Named, without wildcards. */
  readonly otherHosts: readonly string[];
  /** The provider that operators may sign in with; null: passkeys alone, and the front has no way out. */
  readonly signIn: SignIn | null;
  /** Who cosigns the audit log's checkpoints (docs/operations/witness.md); null: nobody. */
  readonly witnesses: Witnesses | null;
  /** Who says when checkpoints existed (docs/operations/time-stamps.md); null: nobody. Where both are null, the sequencer has no way out. */
  readonly timeStamps: TimeStamps | null;
  readonly retention: {
    /** Sealed raw records, and what is kept of persons until a change of the terms is approved. A lock that outlives the legal basis would be one too long: persons are erased by their keys, the lock is for the record. */
    readonly segmentDays: number;
    /** The trail, flow logs and evidence. */
    readonly auditDays: number;
    readonly logDays: number;
  };
  readonly image: {
    /** Repository in the registry of the processing account, and the digest of what was signed; a tag could be moved. */
    readonly repository: string;
    readonly digest: string;
  };
  readonly deployment: {
    /** The forge whose runners may deploy, as the `iss` of their tokens, without `https://`. */
    readonly issuer: string;
    readonly audience: string;
    /** The one `sub` that is trusted: a protected ref of this repository. No wildcard. */
    readonly subject: string;
    readonly thumbprint: string;
  };
  readonly alarms: {
    readonly monthlyBudgetEuros: number;
    readonly mailTo: readonly string[];
  };
}

export type Stage = "staging" | "production";

/** The only region of the only sovereign partition (botocore partitions.json, 2026-08-07). */
export const sovereignRegion = "eusc-de-east-1";

/**
 * Where the root of the vault's keys lies. `AWS_CLOUDHSM` is written down for the day that the region offers CloudHSM; as of 2026-08 it does not, and the
 * service gate refuses it until the dated list says otherwise.
 */
export type KeyCustody =
  | { readonly origin: "AWS_KMS" }
  | { readonly origin: "AWS_CLOUDHSM"; readonly customKeyStoreId: string }
  | { readonly origin: "EXTERNAL_KEY_STORE"; readonly customKeyStoreId: string; readonly externalKeyIds: ExternalKeyIds };

/** Ids of two keys in the outside HSM: one that wraps, one that the derivation secret lies under. A key there can stand behind one key of KMS only. */
export interface ExternalKeyIds {
  readonly wrapping: string;
  readonly derivation: string;
}

/** An OpenID Connect provider on the internet. Its client's secret lies in `parcelkeep/sign-in`. */
export interface SignIn {
  /** `https://…`, as its discovery document names it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Where it has endpoints or keys beside its issuer's host. */
  readonly hosts: readonly string[];
}

export interface Witnesses {
  readonly known: readonly Witness[];
  /** So many of them make a checkpoint's cosignatures enough. */
  readonly enough: number;
  /** What becomes of a checkpoint that too few have cosigned. */
  readonly shortfall: "publish" | "hold";
}

export interface Witness {
  /** In the policy that verifiers take: small letters, digits, hyphens. */
  readonly name: string;
  /** Its verifier key, `NAME+HASH+KEY`, as its operator gives it. */
  readonly key: string;
  /** `https://…`, without a port: the firewall tells by the name in the handshake. */
  readonly url: string;
}

/** A time-stamping authority (RFC 3161). */
export interface TimeStamps {
  /** `https://…`, without a port. */
  readonly url: string;
  /** Of the authority or of who issued its certificate, PEM; null: any sound answer from the address is kept, and whoever verifies decides. */
  readonly certificates: string | null;
}

export type CarrierPath =
  | { readonly path: "public" }
  /** The carrier offers an endpoint service; its consumer is an interface endpoint of ours. */
  | { readonly path: "private-link"; readonly serviceName: string; readonly hosts: readonly string[] }
  /** A virtual interface of a Direct Connect line that is there, or a tunnel; both end at the transit gateway. */
  | { readonly path: "direct-connect"; readonly gatewayId: string; readonly cidrs: readonly string[] }
  | { readonly path: "vpn"; readonly peerAddress: string; readonly asn: number; readonly cidrs: readonly string[] };

/** What is wrong with a configuration, all of it at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly findings: readonly string[];
  constructor(stage: string, findings: readonly string[]) {
    super(`configuration ${stage}: ${findings.join("; ")}`);
    this.findings = findings;
  }
}
