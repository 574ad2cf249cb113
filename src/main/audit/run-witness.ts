import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig, splitAddress } from "../config.ts";
import { programLog } from "../log.ts";
import { serveWitness } from "./witness-server.ts";
import { WitnessSetupError } from "./witness-setup.ts";

/** As they stand on the command line. */
export interface ServeWitnessOptions {
  readonly logs: string;
  readonly http: string;
  readonly anchor?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
}

/** Runs a witness until a signal ends it. It needs nothing of an installation: no database, no key of a vault. @throws {WitnessSetupError} */
export async function runWitness(folder: string, options: ServeWitnessOptions): Promise<void> {
  const [host, port] = splitAddress(options.http, "--http");
  const log = programLog(readConfig().logLevel, "witness");
  const anchor = options.anchor ?? join(folder, "anchor");
  const witness = await serveWitness({ folder, anchor, logs: options.logs, host, port, tls: await tlsOf(options) }, log);
  process.stdout.write(`witness is ready: ${witness.url}\n${witness.vkey}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await witness.stop();
}

async function tlsOf({ tlsCertificate, tlsKey }: ServeWitnessOptions): Promise<{ readonly cert: string; readonly key: string } | null> {
  if (tlsCertificate === undefined && tlsKey === undefined) return null;
  if (tlsCertificate === undefined || tlsKey === undefined)
    throw new WitnessSetupError("a certificate and its key go together", "--tls-certificate FILE --tls-key FILE");
  return { cert: await readFile(tlsCertificate, "utf8"), key: await readFile(tlsKey, "utf8") };
}
