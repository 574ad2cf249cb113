import type { AttributeSchema, BlockSchema, ProviderSchema } from "./extract-schema.ts";
import { boolField, mapEntry, messageField, textField, varintField } from "./protobuf.ts";

/** The answer to GetProviderSchema (Terraform's tfplugin6.proto, message GetProviderSchema.Response). */
export function providerSchemaAnswer({ resources, dataSources }: ProviderSchema): Buffer {
  return Buffer.concat([
    messageField(1, schema(providerBlock)),
    ...Object.entries(resources).map(([name, block]) => mapEntry(2, name, schema(block))),
    ...Object.entries(dataSources).map(([name, block]) => mapEntry(3, name, schema(block))),
  ]);
}

const providerBlock: BlockSchema = { attributes: { region: { type: "string", required: false, readOnly: false } }, blocks: {} };

/** Schema { version = 1, block = 2 } */
function schema(of: BlockSchema): Buffer {
  return messageField(2, block(of));
}

/** Schema.Block { attributes = 2, block_types = 3 } */
function block({ attributes, blocks }: BlockSchema): Buffer {
  return Buffer.concat([
    ...Object.entries(attributes).map(([name, of]) => messageField(2, attribute(name, of))),
    ...Object.entries(blocks).map(([name, { nesting, block: inner }]) => messageField(3, nestedBlock(name, nesting, inner))),
  ]);
}

/** Schema.Attribute { name = 1, type = 2, required = 4, optional = 5, computed = 6 } */
function attribute(name: string, { type, required, readOnly }: AttributeSchema): Buffer {
  return Buffer.concat([
    textField(1, name),
    messageField(2, Buffer.from(JSON.stringify(type))),
    boolField(4, required),
    boolField(5, !required && !readOnly),
    boolField(6, !required),
  ]);
}

/** Schema.NestedBlock { type_name = 1, block = 2, nesting = 3, max_items = 5 }; of NestingMode, SINGLE is 1 and LIST is 2. */
function nestedBlock(name: string, nesting: "single" | "list", inner: BlockSchema): Buffer {
  return Buffer.concat([
    textField(1, name),
    messageField(2, block(inner)),
    varintField(3, nesting === "single" ? 1 : 2),
    varintField(5, nesting === "single" ? 0 : 1),
  ]);
}
