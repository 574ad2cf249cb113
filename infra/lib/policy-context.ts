import {
  keyNames,
  type KeyName,
  type EndpointName,
  type PolicyContext,
  bucketNames,
  bucketHomeOf,
  endpointNames,
} from "../policies/context.ts";
import { logicalName } from "../constructs/private-endpoints.ts";
import { formOf, type EscStack } from "./esc-stack.ts";
import { prefix } from "./prefix.ts";

/** Names of all buckets, from the configuration alone: whoever writes into another account's bucket can name it before it is there. */
export function bucketName(stack: EscStack, name: (typeof bucketNames)[number]): string {
  return `${prefix}-${stack.config.stage}-${name}-${stack.config.accounts[bucketHomeOf[name]]}`;
}

/** ARN of a key as a parameter of the stack; the keys stack gives it under the same name. */
export function keyArn(stack: EscStack, name: KeyName): string {
  return stack.given(keyOutputName(name), formOf.key(stack.config));
}

export function keyOutputName(name: KeyName): string {
  return `${logicalName(name)}KeyArn`;
}

/**
 * What the policies need to know, seen from one stack. Keys and endpoints are read when a policy asks for them: a stack then has a parameter for
 * each that it uses, and for no other.
 */
export function policyContextOf(stack: EscStack, known: Partial<PolicyContext> = {}): PolicyContext {
  const { config } = stack;
  const context: PolicyContext = {
    partition: stack.partition,
    region: config.region,
    zones: stack.availabilityZones,
    organizationId: config.organisation.id,
    accounts: config.accounts,
    prefix,
    buckets: lazily(bucketNames, (name) => bucketName(stack, name)),
    keys: lazily(keyNames, (name) =>
      name === "wrapping" ? [keyArn(stack, name)] : keyArn(stack, name),
    ) as unknown as PolicyContext["keys"],
    keyOrigins: [config.keys.origin],
    derivation: config.keys.origin === "AWS_KMS" ? "provider-hmac" : "wrapped-secret",
    rotating: false,
    get databaseResourceId() {
      return stack.given("DatabaseResourceId", "cluster-[A-Z0-9]+");
    },
    endpoints: lazily(endpointNames, (name) => [endpointId(stack, name)]),
    forge: { issuer: config.deployment.issuer, audience: config.deployment.audience, subject: config.deployment.subject },
  };
  return Object.defineProperties(context, Object.getOwnPropertyDescriptors(known)) as PolicyContext;
}

function endpointId(stack: EscStack, name: EndpointName): string {
  return stack.given(`${logicalName(name)}EndpointId`, formOf.endpoint);
}

function lazily<Name extends string, Value>(names: readonly Name[], read: (name: Name) => Value): Readonly<Record<Name, Value>> {
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => read(name) }])),
  ) as Readonly<Record<Name, Value>>;
}
