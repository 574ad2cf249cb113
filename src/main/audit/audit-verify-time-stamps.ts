import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { certificatesOf } from "../settings/time-stamp-settings.ts";
import { TimeStampError, verifyTimeStamp } from "./time-stamp-token.ts";

export interface CheckedTimeStamp {
  /** Entries that the checkpoint was of. */
  readonly size: number;
  /** RFC 3339 UTC: these entries existed then. Undefined where the time-stamp does not hold. */
  readonly time?: string;
  /** SHA-256 of the authority's certificate, hex. */
  readonly authority?: string;
  /** Why it does not hold: of {@link TimeStampError}; `no-checkpoint` where what it is of is not there. */
  readonly code?: string;
}

/**
 * Checks the time-stamps of an exported log that has been verified, with its `checkpoints/<size>`: `timestamps/<size>.tsr` is of that file, byte for byte.
 * @param certificates PEM.
 */
export async function verifyTimeStamps(
  folder: string,
  sizes: readonly number[],
  certificates: string,
): Promise<readonly CheckedTimeStamp[]> {
  const trusted = certificatesOf(certificates);
  const checked: CheckedTimeStamp[] = [];
  for (const size of sizes) checked.push(await verifyOne(folder, size, trusted));
  return checked;
}

async function verifyOne(folder: string, size: number, certificates: readonly X509Certificate[]): Promise<CheckedTimeStamp> {
  const checkpoint = await readFile(join(folder, "checkpoints", String(size))).catch(() => null);
  if (checkpoint === null) return { size, code: "no-checkpoint" };
  try {
    const token = await readFile(join(folder, "timestamps", `${size}.tsr`));
    const { time, authority } = verifyTimeStamp(token, checkpoint, { certificates });
    return { size, time: time.toISOString(), authority };
  } catch (error) {
    if (error instanceof TimeStampError) return { size, code: error.code };
    throw error;
  }
}
