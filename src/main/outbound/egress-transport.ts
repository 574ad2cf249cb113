import { readFile } from "node:fs/promises";
import { Transport, type TransportOptions } from "../../outbound/transport.ts";
import type { Config } from "../config.ts";

/** The transport of a process's calls to the outside: by the settings' proxy, trusting the settings' authorities. @param options of these calls. */
export async function egressTransport(
  { egressAuthorities, egressProxy }: Pick<Config, "egressAuthorities" | "egressProxy">,
  options: Omit<TransportOptions, "authorities" | "proxy">,
): Promise<Transport> {
  return new Transport({
    ...options,
    authorities: egressAuthorities === null ? null : await readFile(egressAuthorities, "utf8"),
    proxy: egressProxy,
  });
}
