import type pg from "pg";
import { exportUse } from "../../store/export-use.ts";
import { openerStore } from "../../store/opener-store.ts";
import type { OpeningKeys } from "../../vault/keys/provider.ts";
import { openSubject } from "../../vault/open-subject.ts";
import { type ExportOpening, type OpenedSubject, OpenerError, type OpeningGrant } from "../../vault/opening.ts";
import type { Config } from "../config.ts";
import { carryOutExport } from "./export-opening.ts";
import { pointersOf } from "../settings/object-stores.ts";
import { isSignedInTime } from "./signed-in-time.ts";

const logWaitMs = 15_000;

/** One export, in the process of an opener. @throws {OpenerError} @throws {KeyError} */
export async function exported(
  grant: Extract<OpeningGrant, ExportOpening>,
  client: pg.Client,
  keys: OpeningKeys,
  config: Config,
): Promise<OpenedSubject> {
  const use = exportUse(client);
  const store = openerStore(client);
  const pointers = await pointersOf(config);
  const isLogged = (entry: string): Promise<boolean> => isSignedInTime(entry, (each) => use.place(each), pointers, logWaitMs);
  const open = async (used: string, tenant: string): Promise<OpenedSubject> => {
    const groups = await store.groupsToOpen(used);
    if (groups === null) throw new OpenerError("too-much", "more is kept than one answer holds");
    return openSubject({ tenant, purpose: "access-export" }, groups, keys, config.cell);
  };
  if (grant.purpose === "access-export") return carryOutExport(grant.approved, { use, isLogged, open, now: () => new Date() });
  const entry = await use.useStandAlone(grant.id, grant.tenant, grant.subject);
  if (entry === null)
    throw new OpenerError("not-permitted", "nobody has said that one person operates this alone, or approvals have begun");
  if (!(await isLogged(entry))) throw new OpenerError("unavailable", "the log does not have the intent in time");
  return open(grant.id, grant.tenant);
}
