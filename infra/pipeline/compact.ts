import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

// compact.ts ASSEMBLY TEMPLATES: each template of an assembly without its blanks, by the name of its stack.
const [assembly = "", templates = ""] = process.argv.slice(2);
/** CloudFormation API reference, CreateChangeSet, TemplateBody. */
const bodyBytesMax = 51_200;

mkdirSync(templates, { recursive: true });
for (const path of globSync(join(assembly, "*.template.json")).sort()) {
  const text = JSON.stringify(JSON.parse(readFileSync(path, "utf8")));
  const name = basename(path).replace(".template.json", ".json");
  if (Buffer.byteLength(text) > bodyBytesMax)
    process.stderr.write(`note: ${name} is too large for a request; plan.sh takes it from the evidence bucket\n`);
  writeFileSync(join(templates, name), text);
}
