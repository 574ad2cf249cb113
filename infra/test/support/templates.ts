import type { Stage } from "../../config/schema.ts";
import { templatesOf } from "../../gates/synthesised.ts";
import type { NamedTemplate, Resource } from "../../gates/template.ts";
import { configOf } from "../../lib/build-app.ts";

const synthesised = new Map<Stage, readonly NamedTemplate[]>();

/** Templates of a stage; synthesised once in a test file. */
export function templates(stage: Stage): readonly NamedTemplate[] {
  const there = synthesised.get(stage) ?? templatesOf(configOf(stage));
  synthesised.set(stage, there);
  return there;
}

export function template(stage: Stage, stack: string): NamedTemplate {
  const found = templates(stage).find(({ name }) => name === `${stage}-${stack}`);
  if (found === undefined) throw new Error(`there is no stack ${stack}`);
  return found;
}

/** One resource more, or a copy of the first of a type with other properties, and of the stack nothing else: rules take their time for each resource, and these are for faults that are planted. */
export function withResource({ name, template: from }: NamedTemplate, planted: Resource): NamedTemplate {
  return { name, template: { ...from, Resources: { Planted: planted } } };
}

export function withChange(from: NamedTemplate, type: string, change: (properties: Record<string, unknown>) => void): NamedTemplate {
  const found = Object.values(from.template.Resources ?? {}).find(({ Type }) => Type === type);
  if (found === undefined) throw new Error(`${from.name} has no ${type}`);
  const resource = structuredClone(found);
  change(resource.Properties as Record<string, unknown>);
  return withResource(from, resource);
}
