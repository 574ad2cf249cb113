import type pg from "pg";
import type { LivePasskey } from "../domain/passkey.ts";

/** Which of these may sign now: enrolled here, not revoked, of somebody who is active and may decide. @param credentials base64url. */
export async function livePasskeys(
  client: Pick<pg.ClientBase | pg.Pool, "query">,
  credentials: readonly string[],
): Promise<readonly LivePasskey[]> {
  const { rows } = await (client as pg.Pool).query<{ credential: Buffer; person: string }>(
    "select credential, person from parcelkeep.live_passkeys($1)",
    [credentials.map((credential) => Buffer.from(credential, "base64url"))],
  );
  return rows.map(({ credential, person }) => ({ credential: credential.toString("base64url"), person }));
}
