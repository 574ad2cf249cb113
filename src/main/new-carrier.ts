import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { entryTemplate, codecTemplate, fixtureTemplate, statusesTemplate, testTemplate } from "./new-carrier-templates.ts";

export class NewCarrierError extends Error {
  override readonly name = "NewCarrierError";
  readonly code: "bad-name" | "exists" | "no-checkout";
  constructor(code: NewCarrierError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Lays out a new source in a checkout: a codec that reads an invented format, its status table, a fixture, tests of the usual traps, a register entry, and
 * the lines that make it known. Everything passes as it stands; whoever adds a carrier then makes the invented format the real one.
 * @param root the checkout.
 * @param title the carrier's name for people.
 * @returns the files that were written or changed, relative to the checkout.
 * @throws {NewCarrierError} before anything is written.
 */
export async function newCarrier(root: string, source: string, title: string): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(source) || source.length > 40)
    throw new NewCarrierError("bad-name", "a source's name is small letters, digits and single dashes, at most 40, such as dhl-express");
  if (!existsSync(join(root, sourcesFile))) throw new NewCarrierError("no-checkout", "a carrier is added in a checkout of the source code");
  const folder = `src/carriers/${source}`;
  if (existsSync(join(root, folder)) || existsSync(join(root, `registers/${source}.json`)))
    throw new NewCarrierError("exists", `${source} is there already`);
  const known = await withLine(root, carriersFile, `  "${source}",\n`, "\n] as const;");
  const name = codecName(source);
  const imported = await withLine(
    root,
    sourcesFile,
    `import { codec as ${name} } from "../../carriers/${source}/codec.ts";\n`,
    "import type { Codec }",
  );
  const listed = imported.replace("  ].map((codec) =>", `    ${name},\n  ].map((codec) =>`);
  const files: Readonly<Record<string, string>> = {
    [`${folder}/codec.ts`]: codecTemplate(source, title),
    [`${folder}/statuses.ts`]: statusesTemplate(title),
    [`${folder}/fixtures/answer.json`]: fixtureTemplate(),
    [`${folder}/codec.test.ts`]: testTemplate(source),
    [`registers/${source}.json`]: entryTemplate(source, title),
    [carriersFile]: known,
    [sourcesFile]: listed,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return Object.keys(files);
}

const carriersFile = "src/domain/carrier.ts";
const sourcesFile = "src/main/intake/sources.ts";

/** The file's text with a line before what follows a marker; a carrier that is known already keeps its line. */
async function withLine(root: string, path: string, line: string, marker: string): Promise<string> {
  const text = await readFile(join(root, path), "utf8");
  if (text.includes(line)) return text;
  const at = text.indexOf(marker);
  if (at < 0) throw new NewCarrierError("no-checkout", `${path} has another form than this program knows`);
  const place = marker.startsWith("\n") ? at + 1 : at;
  return text.slice(0, place) + line + text.slice(place);
}

function codecName(source: string): string {
  return source.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
