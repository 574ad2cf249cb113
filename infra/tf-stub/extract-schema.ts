import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `node scripts/run.mjs infra/tf-stub/extract-schema.ts FOLDER`, where FOLDER is an unpacked `@cdktn/provider-aws` (MPL-2.0; bindings that its makers generate from the AWS provider's own
 * schema). Writes aws-schema.json: names, types, blocks, what is required, what is computed. The package is 400 MB unpacked, so its outcome is kept and it is not.
 */

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks: Readonly<Record<string, { readonly nesting: "single" | "list"; readonly block: BlockSchema }>>;
}

export interface AttributeSchema {
  /** A type of Terraform's, as its JSON writes it. */
  readonly type: "string" | "number" | "bool" | readonly ["set" | "list" | "map", "string"];
  readonly required: boolean;
  /** Set by the provider and by nobody else. What may be set is taken for optional and computed: the bindings do not say which. */
  readonly readOnly: boolean;
}

export interface ProviderSchema {
  readonly from: string;
  readonly resources: Readonly<Record<string, BlockSchema>>;
  readonly dataSources: Readonly<Record<string, BlockSchema>>;
}

const resources = [
  "kms-custom-key-store",
  "kms-key",
  "kms-alias",
  "cloudformation-stack",
  "organizations-policy",
  "organizations-policy-attachment",
];
const dataSources = ["data-aws-partition", "data-aws-region", "data-aws-caller-identity"];

function extract(folder: string): ProviderSchema {
  const of = (names: readonly string[]): Record<string, BlockSchema> =>
    Object.fromEntries(names.map((name) => schemaOf(join(folder, "lib", name))));
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; version: string };
  const provider = /providerVersion: '([\d.]+)'/.exec(readFileSync(join(folder, "lib", "kms-key", "index.js"), "utf8"))?.[1];
  return { from: `${name} ${version}, provider ${provider}`, resources: of(resources), dataSources: of(dataSources) };
}

function schemaOf(folder: string): readonly [string, BlockSchema] {
  const types = readFileSync(join(folder, "index.d.ts"), "utf8");
  const code = readFileSync(join(folder, "index.js"), "utf8");
  const [, type] = /tfResourceType = "([a-z_]+)"/.exec(types)!;
  const [, className] = /export declare class (\w+) extends cdktn\.Terraform(?:Resource|DataSource)/.exec(types)!;
  return [type!.replace(/^data\./, ""), blockOf(types, code, className!, `${className}Config`)];
}

const hclEntry = /^ {12}(\w+): \{\s+value: [^\n]+\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)",/gm;

function blockOf(types: string, code: string, className: string, configName: string): BlockSchema {
  const config = bodyOf(types, `export interface ${configName}`);
  const settable = code.slice(code.indexOf("synthesizeHclAttributes() {"));
  const attributes: Record<string, AttributeSchema> = {};
  const blocks: Record<string, BlockSchema["blocks"][string]> = {};
  for (const [, name, isBlock, kind, storage] of settable.matchAll(hclEntry)) {
    const required = new RegExp(`readonly ${camel(name!)}: `).test(config);
    if (isBlock === "true")
      blocks[name!] = { nesting: kind === "struct" ? "single" : "list", block: nestedOf(types, storage!.replace(/List$/, "")) };
    else attributes[name!] = { type: typeOf(kind!, storage!), required, readOnly: false };
  }
  for (const [, name, type] of bodyOf(types, `export declare class ${className} `).matchAll(/^ {4}get (\w+)\(\): ([^;]+);/gm)) {
    const isOwn = name!.endsWith("Input") || snake(name!) in attributes || snake(name!) in blocks;
    const known = (
      { string: "string", number: "number", "cdktn.IResolvable": "bool", "cdktn.StringMap": ["map", "string"] } as Readonly<
        Record<string, AttributeSchema["type"]>
      >
    )[type!];
    if (!isOwn && known !== undefined) attributes[snake(name!)] = { type: known, required: false, readOnly: true };
  }
  return { attributes, blocks };
}

/** Nested blocks of these resources hold plain texts only. */
function nestedOf(types: string, name: string): BlockSchema {
  const attributes = Array.from(
    bodyOf(types, `export interface ${name} `).matchAll(/readonly (\w+)(\??): (string|number)/g),
    ([, property, optional, type]) =>
      [snake(property!), { type: type as "string" | "number", required: optional === "", readOnly: false }] as const,
  );
  return { attributes: Object.fromEntries(attributes), blocks: {} };
}

function typeOf(kind: string, storage: string): AttributeSchema["type"] {
  if (kind === "simple") return storage === "boolean" ? "bool" : (storage as "string" | "number");
  return [kind as "set" | "list" | "map", "string"];
}

function bodyOf(types: string, start: string): string {
  const from = types.indexOf(start);
  return types.slice(from, types.indexOf("\n}", from));
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("expected the folder of an unpacked @cdktn/provider-aws");
  writeFileSync(join(import.meta.dirname, "aws-schema.json"), `${JSON.stringify(extract(folder), null, 1)}\n`);
}
