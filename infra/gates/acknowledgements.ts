import type { Finding } from "./template.ts";

/** A finding of somebody else's rule pack that stays, and why. Our own rules have none: what they find is changed. */
export interface Acknowledgement {
  readonly rule: RegExp;
  /** Stack without its stage, then the resource's or construct's name. */
  readonly at: RegExp;
  readonly reason: string;
}

const all = /./;

export const acknowledgements: readonly Acknowledgement[] = [
  {
    rule: /S3BucketReplicationEnabled$/,
    at: all,
    reason: "Nothing is replicated: a copy in another place is what this platform is there to prevent (ESC-S3-02).",
  },
  {
    rule: /^CT\.S3\.PR\.9$/,
    at: /^audit\/Access|^audit-queries\/Answers/,
    reason: "S3's access logs and Config's record are not delivered into a bucket with a default retention; answers of queries are copies.",
  },
  {
    rule: /^CT\.S3\.PR\.10$|S3DefaultEncryptionKMS$/,
    at: /^audit\/Access/,
    reason: "Access logs are delivered under S3's own encryption only (S3 user guide, Enabling server access logging).",
  },
  {
    rule: /^CT\.S3\.PR\.2$|S3BucketLoggingEnabled$|AwsSolutions-S1$/,
    at: /^audit\/Access|^audit-queries\/Answers|^data\/Segments/,
    reason:
      "Access logs stay within an account, and the bucket for them is in the log archive; the trail has every read and write of these buckets.",
  },
  {
    rule: /^CT\.S3\.PR\.4$/,
    at: all,
    reason: "Nobody waits for objects: segments are told of by the archivist, deliveries are read by daily queries.",
  },
  {
    rule: /S3BucketSSLRequestsOnly$|AwsSolutions-S10$/,
    at: /Policy$/,
    reason:
      "Each policy denies plain HTTP (Sid TlsOnly, tried by the truth table); the pack only knows the form in which the CDK itself writes it. CT.S3.PR.8 passes.",
  },
  {
    rule: /^CT\.CLOUDTRAIL\.PR\.3$|CloudTrailCloudWatchLogsEnabled$/,
    at: /^audit\/OrganisationTrail/,
    reason: "The trail has one copy, which is locked. What has to ring at once does so by rules of the event bus (TrailWatch).",
  },
  {
    rule: /^CT\.STEPFUNCTIONS\.PR\.2$|AwsSolutions-SF2$/,
    at: /Machine/,
    reason: "A trace would hold ids of grants outside the encrypted history.",
  },
  {
    rule: /AwsSolutions-SF1$/,
    at: /^audit-queries\/Machine/,
    reason: "A daily machine: its history is kept by Step Functions, its failures are logged and told.",
  },
  {
    rule: /^CT\.GUARDDUTY\.PR\.1$/,
    at: /^baseline-/,
    reason: "The rule knows DataSources only, which Features has replaced; S3_DATA_EVENTS is on there.",
  },
  {
    rule: /^CT\.IAM\.PR\.[235]$|AwsSolutions-IAM5\[(?:Action::|Resource::\*)/,
    at: /^baseline-\w+\/(?:Boundary|Role-?deployer)/,
    reason:
      "A boundary says what a role may have at most, and denies; the deployer has services as a whole inside the boundary and under the organisation's policies.",
  },
  {
    rule: /AwsSolutions-IAM5\[/,
    at: /\/Role-|^powers\/Boundary|\/Flows\/IAMRole/,
    reason:
      "Wildcards over names of ours, or of actions that name no resource: infra/policies, where each statement is tried by the truth table.",
  },
  {
    rule: /IAMNoInlinePolicy$/,
    at: all,
    reason: "One role, one policy of its own, in one place: shared managed policies are how roles get what they do not need.",
  },
  {
    rule: /AwsSolutions-IAM4\[/,
    at: /^entry\/Entry\/LogWriter/,
    reason: "API Gateway writes logs with a role of the account, for which AWS keeps exactly this policy.",
  },
  {
    rule: /^CT\.EC2\.PR\.6$/,
    at: /^egress\/TransitGateway/,
    reason: "The gateway is shared with two accounts by their ids, and an attachment carries nothing until the routes stack names it.",
  },
  {
    rule: /^netfw-multi-az$|^CT\.NETWORK-FIREWALL/,
    at: /^egress\/EgressFirewall/,
    reason: "One firewall for each zone: endpoints of one that spans zones come in an order that CloudFormation does not promise.",
  },
  {
    rule: /VPCNoUnrestrictedRouteToIGW$/,
    at: /^egress\/Egress\/Vpc\/natSubnet/,
    reason: "The one inspected way out ends here, behind the firewall; no other stack may have one (ESC-VPC-02).",
  },
  {
    rule: /VPCDefaultSecurityGroupClosed$/,
    at: /Vpc/,
    reason: "Nothing is ever in the default group; the CDK would empty it by a handler with rights of its own. A Config rule watches it.",
  },
  {
    rule: /^CT\.APIGATEWAY\.PR\.[12]$|APIGWExecutionLoggingEnabled$|AwsSolutions-APIG6$/,
    at: /^entry\/Entry/,
    reason: "Execution logs and traces hold paths, headers and bodies: personal data outside the vault. The access log has neither.",
  },
  {
    rule: /APIGWCacheEnabledAndEncrypted$/,
    at: /^entry\/Entry/,
    reason: "Answers are cached by the program, which forgets what has changed; a second cache would not.",
  },
  {
    rule: /APIGWSSLEnabled$/,
    at: /^entry\/Entry/,
    reason:
      "The front takes connections from this account's load balancer alone (security groups, routes); senders are verified by the program.",
  },
  {
    rule: /AwsSolutions-APIG2$/,
    at: /^entry\/Entry/,
    reason:
      "A webhook's body is verified as bytes by the program; whatever does not fit is sealed and quarantined, and never refused unread.",
  },
  {
    rule: /^CT\.ELASTICLOADBALANCING\.PR\.6$|ELBLoggingEnabled$|AwsSolutions-ELB2$/,
    at: /Balancer/,
    reason: "A log of TLS connections tells addresses and times of callers and nothing that the entry's access log and flow logs do not.",
  },
  {
    rule: /ELBv2ACMCertificateRequired$/,
    at: /^entry\/Listener/,
    reason: "This one hands TLS on to the front's load balancer, which ends it with a certificate of ACM.",
  },
  {
    rule: /^CT\.KMS\.PR\.3$/,
    at: /^(?:storage|vault)-keys\//,
    reason:
      "The vault's keys deny every grant (Sid NoGrants); on the others the organisation denies those that are not a service's (NoGrantsButOfServices). The rule wants one literal form.",
  },
  {
    rule: /^CT\.LAMBDA\.PR\.3$|LambdaInsideVPC$|LambdaDLQ$/,
    at: /^vault-keys\/KeyMaker/,
    reason:
      "Called by CloudFormation alone, which waits for its answer and repeats; it reaches KMS and nothing else, and the security account has no network.",
  },
  {
    rule: /^CT\.RDS\.PR\.2$|RDSEnhancedMonitoringEnabled$/,
    at: /^data\/Database/,
    reason: "Figures of the operating system, delivered by one more role; Performance Insights, under our key, has those of the database.",
  },
  {
    rule: /RDSInBackupPlan$/,
    at: /^data\/Database/,
    reason: "Aurora's own backups last seven days. A vault with longer ones would keep what erasure has destroyed (docs/erasure.md).",
  },
  {
    rule: /AwsSolutions-RDS11$|AwsSolutions-AEC5$/,
    at: /^data\//,
    reason: "An unusual port hides nothing from whoever is in the data subnets; security groups say who is.",
  },
  {
    rule: /AwsSolutions-AEC6$/,
    at: /^data\/Cache/,
    reason: "A user whom IAM lets in, with a list of commands (RBAC), is in the place of AUTH; the rule knows the older form.",
  },
  {
    rule: /ElastiCacheRedisClusterAutomaticBackup$/,
    at: /^data\/Cache/,
    reason: "A cache has no history: a snapshot would be a copy of what has since been erased.",
  },
  {
    rule: /SecretsManagerRotationEnabled$|AwsSolutions-SMG4$/,
    at: /^data\/Secrets/,
    reason:
      "Log-ins to database and cache are by IAM, with tokens of fifteen minutes. Keys of the front's doors and the provider's secret change with a deployment (infra/README.md).",
  },
  {
    rule: /AwsSolutions-ECS2$/,
    at: /^(?:preparation|service)\//,
    reason:
      "Names of keys, hosts and roles, so that a change of them is a change of a template; no secret is among them (test/settings.test.ts).",
  },
  {
    rule: /^W2509$/,
    at: all,
    reason: "Ids that have “secret” in their name: an ARN of a key and an endpoint.",
  },
];

export interface Sorted {
  readonly open: readonly Finding[];
  /** Acknowledgements that nothing needs any more: they would hide the next finding of their kind. */
  readonly stale: readonly Acknowledgement[];
}

export function sorted(findings: readonly Finding[]): Sorted {
  const used = new Set<Acknowledgement>();
  const open = findings.filter(({ rule, at }) => {
    const found = acknowledgements.find((each) => each.rule.test(rule) && each.at.test(at.replace(/^(?:staging|production)-/, "")));
    if (found !== undefined) used.add(found);
    return found === undefined;
  });
  return { open, stale: acknowledgements.filter((each) => !used.has(each)) };
}
