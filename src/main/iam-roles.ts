import pg from "pg";
import { clientConfig, type DatabaseAddress } from "../store/client-config.ts";
import { ensureIamRoles, IamRolesError } from "../store/iam-roles.ts";
import { CommandError } from "./command-error.ts";

const hints: Readonly<Record<IamRolesError["code"], string>> = {
  "no-iam": "switch log-ins by IAM on for the cluster; elsewhere make the roles by hand (docs/operations/serve.md)",
  "too-powerful": "take its powers away, or give the database another name of its own server",
};

/** Makes the roles of a managed database. @returns those that were made now. @throws {CommandError} */
export async function makeIamRoles(address: DatabaseAddress): Promise<readonly string[]> {
  const client = new pg.Client({ ...clientConfig(address), application_name: "parcelkeep-roles" });
  // What breaks the connection fails the query that runs on it.
  client.on("error", () => {});
  await client.connect();
  try {
    return await ensureIamRoles(client);
  } catch (error) {
    throw error instanceof IamRolesError ? new CommandError(error.message, hints[error.code]) : error;
  } finally {
    await client.end().catch(() => {});
  }
}
