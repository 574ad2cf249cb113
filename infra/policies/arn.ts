import { type AccountName, type BucketName, homeOf, type PolicyContext, type QueueName, type RoleName, type TopicName } from "./context.ts";

/** Every ARN of the policies is made here, from the context's partition. */
export interface Arns {
  /** @param account left out: the role's home. `*` is any. */
  role(name: RoleName, account?: AccountName | "*"): string;
  /** Everybody of the account whom its own policies allow. */
  accountRoot(account: AccountName): string;
  bucket(name: BucketName): string;
  /** @param keys of objects, with wildcards. */
  objects(name: BucketName, keys?: string): string;
  queue(name: QueueName | `${QueueName}-dead`): string;
  topic(name: TopicName): string;
  /** Anything else: `of("ecs", "processing", "cluster/x")`. An account of `""` stands for none, `*` for any. */
  of(service: string, account: AccountName | "" | "*", resource: string): string;
  /** Of a service without regions: IAM. */
  global(service: string, account: AccountName | "*" | "aws", resource: string): string;
}

export function arnsOf({ partition, region, accounts, prefix, buckets }: PolicyContext): Arns {
  const idOf = (account: AccountName | "" | "*" | "aws"): string =>
    account === "" || account === "*" || account === "aws" ? account : accounts[account];
  const of: Arns["of"] = (service, account, resource) => `arn:${partition}:${service}:${region}:${idOf(account)}:${resource}`;
  const global: Arns["global"] = (service, account, resource) => `arn:${partition}:${service}::${idOf(account)}:${resource}`;
  const bucket: Arns["bucket"] = (name) => `arn:${partition}:s3:::${buckets[name]}`;
  return {
    of,
    global,
    bucket,
    objects: (name, keys = "*") => `${bucket(name)}/${keys}`,
    role: (name, account = homeOf[name]) => global("iam", account, `role/${prefix}-${name}`),
    accountRoot: (account) => global("iam", account, "root"),
    // FIFO queues end so (SQS developer guide, "FIFO queue names").
    queue: (name) => of("sqs", "processing", `${prefix}-${name}.fifo`),
    topic: (name) => of("sns", "processing", `${prefix}-${name}`),
  };
}

/** Service principals keep this suffix in every partition; `ec2.amazonaws.eu` is refused as "Invalid principal" (pulumi/pulumi-eks issue 2341). */
export function servicePrincipal(service: string): string {
  return `${service}.amazonaws.com`;
}

/**
 * Values of `kms:ViaService`. AWS's own landing zone writes the first for the sovereign cloud too; nobody has shown what the region presents,
 * so both stand here until it is proven on an account.
 */
export function viaService({ region }: PolicyContext, service: string): readonly string[] {
  return ["com", "eu"].map((suffix) => `${service}.${region}.amazonaws.${suffix}`);
}
