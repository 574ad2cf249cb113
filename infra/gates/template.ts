/** A template as CloudFormation gets it, and where it is from. */
export interface NamedTemplate {
  /** Of the stack, such as `staging-data`. */
  readonly name: string;
  readonly template: Template;
}

export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** What a gate has against a template. Empty lists open the gate. */
export interface Finding {
  readonly rule: string;
  /** Stack and resource. */
  readonly at: string;
  readonly what: string;
}

/** Gates are pure: the templates that are deployed and those with a planted fault go through the same function. */
export type Gate = (templates: readonly NamedTemplate[]) => readonly Finding[];

export function resourcesOf(templates: readonly NamedTemplate[], type?: string): readonly (readonly [at: string, resource: Resource])[] {
  return templates.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {})
      .filter(([, resource]) => type === undefined || resource.Type === type)
      .map(([id, resource]) => [`${name}/${id}`, resource] as const),
  );
}

/** Every text in a value, with the keys that lead to it. */
export function* textsIn(value: unknown, path: readonly string[] = []): Generator<readonly [path: readonly string[], text: string]> {
  if (typeof value === "string") yield [path, value];
  else if (Array.isArray(value)) for (const [index, each] of value.entries()) yield* textsIn(each, [...path, String(index)]);
  else if (typeof value === "object" && value !== null)
    for (const [key, each] of Object.entries(value)) yield* textsIn(each, [...path, key]);
}

/**
 * A value with its intrinsic functions filled in as they would be in the region: good enough to read an ARN or a document, with `${Name}` for what only a
 * deployment knows.
 */
export function filledIn(value: unknown, { partition, suffix }: { readonly partition: string; readonly suffix: string }): unknown {
  const fill = (each: unknown): unknown => filledIn(each, { partition, suffix });
  if (Array.isArray(value)) return value.map(fill);
  if (typeof value !== "object" || value === null) return value;
  const [key, inner] = Object.entries(value)[0] ?? ["", undefined];
  if (Object.keys(value).length === 1) {
    if (key === "Ref") return inner === "AWS::Partition" ? partition : inner === "AWS::URLSuffix" ? suffix : `\${${String(inner)}}`;
    if (key === "Fn::GetAtt") return `\${${(inner as readonly string[]).join(".")}}`;
    if (key === "Fn::ImportValue") return "${of another stack}";
    if (key === "Fn::Join") {
      const [separator, parts] = inner as readonly [string, readonly unknown[]];
      return parts.map((part) => String(fill(part))).join(separator);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each)]));
}

export const sovereign = { partition: "aws-eusc", suffix: "amazonaws.eu" } as const;
