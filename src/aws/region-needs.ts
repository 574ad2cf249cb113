/** A service that the deployment of `infra/` and `docs/operations/` uses, or would use where a region had it. */
export interface ServiceNeed {
  /** As in a {@link ServiceList}. */
  readonly service: string;
  readonly for: string;
  /** `needed`: without it, or what stands in for it, there is no deployment. */
  readonly weight: "needed" | "wished";
  /** What does its work where it is missing; null: nothing. */
  readonly standIn: string | null;
  /** AWS's list has holes for it: it is missing there for regions where it works (read 2026-11-24), so its absence says nothing. */
  readonly isListedPatchily?: true;
}

const needed = (service: string, what: string, standIn: string | null = null): ServiceNeed => ({
  service,
  for: what,
  weight: "needed",
  standIn,
});
const wished = (service: string, what: string, standIn: string): ServiceNeed => ({ service, for: what, weight: "wished", standIn });

export const regionNeeds: readonly ServiceNeed[] = [
  needed("kms", "root keys, and encryption of everything that is stored", "keys of your own HSM: PARCELKEEP_KEYS=pkcs11"),
  needed("s3", "segments, audit log and its anchor"),
  needed("aurora", "the database", "PostgreSQL 18 that you run"),
  needed("iam", "a role for each process"),
  needed("sts", "credentials of the roles"),
  needed("vpc", "the network"),
  needed("privatelink", "services without a path through the internet"),
  needed("fargate", "the processes", "ECS or EKS on EC2"),
  needed("ecs", "the processes", "EKS on EC2"),
  needed("ecr", "images", "a registry that you run"),
  needed("elb", "the way in to the front"),
  needed("logs", "logs of the processes"),
  needed("cloudwatch", "metrics and alarms", "Prometheus at /metrics"),
  needed("cloudtrail", "who used which key"),
  needed("sqs", "wake-ups of the workers", "the inbox in PostgreSQL: PARCELKEEP_QUEUE is left out"),
  needed("elasticache", "the cache that fronts share", "a cache in each front: PARCELKEEP_CACHE_URL is left out"),
  needed("events", "events for others in the account", "signed webhooks"),
  needed("sns", "notices", "signed webhooks and mail by your server"),
  needed("secretsmanager", "secrets of the processes"),
  needed("config", "rules that look for what drifted"),
  needed("organizations", "policies that nobody in the account can lift"),
  needed("network-firewall", "one inspected way out", "a forward proxy: PARCELKEEP_EGRESS_PROXY"),
  wished("stepfunctions", "approvals that call back", "the approvals of the program itself"),
  wished("waf", "the front's first wall", "the limits of the program itself"),
  wished("guardduty", "detection", "alarms on CloudTrail"),
  wished("cloudhsmv2", "keys in HSMs of your own account", "keys made in KMS; or your own HSM by PKCS #11"),
  wished("macie", "a search for personal data in buckets", "objects are sealed; the program's own scanner of tokens"),
  wished("codepipeline", "delivery", "a runner that you run"),
  wished("codebuild", "builds", "a runner that you run"),
  wished("cloudfront", "a cache at the edge", "none is needed: the tracking page is small"),
  { ...wished("application-autoscaling", "processes by the depth of the queue", "a fixed number of processes"), isListedPatchily: true },
];
