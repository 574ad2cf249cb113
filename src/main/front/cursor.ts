import { ProblemError } from "../../ingress/problems.ts";
import { type Before, listStart } from "../../store/read-store.ts";

/** A place in a list as the API gives it out. */
export function writeCursor({ at, id }: Before): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString("base64url");
}

/** @throws {ProblemError} `invalid_cursor` */
export function readCursor(cursor: string | null): Before {
  if (cursor === null) return listStart;
  const [time, id] = Buffer.from(cursor, "base64url").toString("latin1").split(".");
  if (!/^\d{1,15}$/.test(time ?? "") || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id ?? ""))
    throw new ProblemError("invalid_cursor");
  return { at: new Date(Number(time)), id: id! };
}
