import { readFileSync } from "node:fs";
import type { Policy } from "./fake-kms.ts";

const page = new URL("../../docs/operations/keys-aws.md", import.meta.url);

/** The policies of docs/operations/keys-aws.md by their titles, with these keys in the place of its names: what the page says is what is tested. */
export function documentedPolicies(arns: Readonly<Record<string, string>>): ReadonlyMap<string, Policy> {
  const found = readFileSync(page, "utf8").matchAll(/^### Policy: (.+)\n(?:(?!^### )[^])*?```json\n([^]*?)```/gm);
  return new Map(
    Array.from(found, ([, title, text]) => {
      const filled = text!.replaceAll(/arn:aws-eusc:kms:eusc-de-east-1:111122223333:key\/([A-Z_0-9]+)/g, (_, name: string) => arns[name]!);
      return [title!, JSON.parse(filled) as Policy];
    }),
  );
}
