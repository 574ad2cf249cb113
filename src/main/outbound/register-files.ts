import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Schema from "typebox/schema";
import type { RegisterEntry } from "../../domain/register-entry.ts";

/** The register's files, which come with the program. */
export const registerFolder = join(import.meta.dirname, "..", "..", "..", "registers");

/** A file of the register that does not say what the schema asks: a mistake of whoever wrote it, told at start. */
export class RegisterFileError extends Error {
  override readonly name = "RegisterFileError";
  readonly code = "bad-register-file";
}

/**
 * Every entry of the register, in the order of the sources' names.
 * @throws {RegisterFileError} for the first file that does not fit `carrier.schema.json` or is named after another source.
 */
export function readRegisterFiles(folder: string = registerFolder): readonly RegisterEntry[] {
  const schema = Schema.Compile(readJson(join(registerFolder, "carrier.schema.json")) as object);
  const names = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "carrier.schema.json");
  return names.sort().map((name) => {
    const content = readJson(join(folder, name));
    if (!schema.Check(content)) {
      const [, errors] = schema.Errors(content);
      const found = errors.slice(0, 3).map(({ instancePath, message }) => `${instancePath === "" ? "/" : instancePath}: ${message}`);
      throw new RegisterFileError(`registers/${name}: ${found.join("; ")}`);
    }
    const { $schema: _, ...entry } = content as RegisterEntry & { readonly $schema: string };
    if (`${entry.source}.json` !== name) throw new RegisterFileError(`registers/${name}: is named after another source than the one in it`);
    return entry;
  });
}

/** Whether this is an entry of the register by its schema, `$schema` left out. */
export function isRegisterEntry(content: unknown): content is RegisterEntry {
  const schema = Schema.Compile(readJson(join(registerFolder, "carrier.schema.json")) as object);
  return schema.Check({ $schema: "./carrier.schema.json", ...(content as object) });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RegisterFileError(`${path} cannot be read as JSON`, { cause: error });
  }
}
