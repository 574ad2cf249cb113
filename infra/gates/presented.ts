import { sovereign, type NamedTemplate, type Template } from "./template.ts";

/**
 * Templates as rules want to see them: parameters and imports of other stacks with a value of their form, joined texts as one text. Rules of Control Tower take a reference to nothing in the
 * template for no value at all.
 */
export function presented({ name, template }: NamedTemplate): NamedTemplate {
  const parameters = new Set(Object.keys(template.Parameters ?? {}));
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [key, inner] = entries[0] ?? ["", undefined];
    if (entries.length === 1 && key === "Ref" && typeof inner === "string" && parameters.has(inner)) return sample(inner);
    if (entries.length === 1 && key === "Ref" && inner === "AWS::Partition") return sovereign.partition;
    if (entries.length === 1 && key === "Ref" && inner === "AWS::URLSuffix") return sovereign.suffix;
    if (entries.length === 1 && key === "Fn::ImportValue") return "sample-of-another-stack";
    if (entries.length === 1 && key === "Fn::Join") return joined(inner as readonly [string, readonly unknown[]], fill);
    return Object.fromEntries(entries.map(([each, content]) => [each, fill(content)]));
  };
  return { name, template: fill(template) as Template };
}

/** A text, with the names of what only a deployment knows in it. */
function joined([separator, parts]: readonly [string, readonly unknown[]], fill: (value: unknown) => unknown): string {
  return parts.map((part) => text(fill(part))).join(separator);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "unknown-yet";
}

function sample(name: string): string {
  if (name.endsWith("KeyArn")) return "arn:aws-eusc:kms:eusc-de-east-1:200000000002:key/11111111-1111-4111-8111-111111111111";
  if (name.endsWith("EndpointId")) return "vpce-0123456789abcdef0";
  return `sample-of-${name}`;
}
