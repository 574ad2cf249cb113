import { hash } from "node:crypto";
import { clientConfig, type DatabaseAddress } from "../../store/client-config.ts";
import pg from "pg";
import { PolicyError, readPolicy } from "../../approvals/policy.ts";
import { canonicalJson, type CanonicalValue } from "../../audit/canonical-json.ts";
import { beginApprovals, beginStandAlone } from "../../store/approval-store.ts";

/** @returns why there is no first policy now, for people; null when there is. */
export async function beginWithPolicy(
  database: DatabaseAddress,
  text: string,
): Promise<{ readonly message: string; readonly hint: string } | null> {
  let content: CanonicalValue;
  try {
    content = JSON.parse(text) as CanonicalValue;
    readPolicy(content);
  } catch (error) {
    const message = error instanceof PolicyError ? error.message : "the file is not JSON";
    return { message, hint: "docs/operations/emergency-transfer.md shows a whole policy" };
  }
  const client = new pg.Client(clientConfig(database));
  await client.connect();
  try {
    const isBegun = await beginApprovals(client, content, hash("sha256", canonicalJson(content), "buffer"));
    if (isBegun) return null;
    return {
      message: "there is an approval policy; it changes by an approved change",
      hint: "POST /v1/changes with change: approval-policy",
    };
  } finally {
    await client.end();
  }
}

/** Says that one person operates this installation alone, which ends when approvals begin. @returns why not, for people; null when it is said. */
export async function beginAlone(database: DatabaseAddress): Promise<{ readonly message: string; readonly hint: string } | null> {
  const client = new pg.Client(clientConfig(database));
  await client.connect();
  try {
    if (await beginStandAlone(client)) return null;
    return { message: "approvals have begun: exports are asked for and approved", hint: "parcelkeep exports request --help" };
  } finally {
    await client.end();
  }
}
