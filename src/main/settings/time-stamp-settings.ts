import { X509Certificate } from "node:crypto";
import { ConfigError } from "./setting.ts";

export interface TimeStampSettings {
  readonly url: string;
  /** So often a checkpoint gets a time-stamp. */
  readonly everyMs: number;
  /** Whose time-stamps are taken; null: whosever comes from the address. */
  readonly certificates: readonly X509Certificate[] | null;
}

/** @param url null where nobody is asked. @throws {ConfigError} */
export function timeStampSettings(
  url: string | null,
  { everyMs, certificates }: { readonly everyMs: number; readonly certificates: string | null },
): TimeStampSettings | null {
  if (url === null) return null;
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || /[?#@]/.test(url))
    throw new ConfigError("PARCELKEEP_TIME_STAMP_URL must be the authority's https address");
  try {
    return { url, everyMs, certificates: certificates === null ? null : certificatesOf(certificates) };
  } catch (cause) {
    throw new ConfigError("PARCELKEEP_TIME_STAMP_CERTIFICATES must be certificates, PEM", { cause });
  }
}

/** @param text PEM, of one or more. @throws {RangeError} where there is none; {Error} where one is none. */
export function certificatesOf(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new RangeError("there is no certificate");
  return blocks.map((block) => new X509Certificate(block));
}
