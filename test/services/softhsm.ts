import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pkcs11Logins } from "../../src/vault/keys/pkcs11/setup.ts";

/** Of `.ci/run`: the path of SoftHSM's module. Without it the tests of PKCS #11 are skipped. */
export const softHsmModule = process.env["PARCELKEEP_PKCS11_MODULE"];

export interface SoftHsm {
  /** Fresh tokens, each with a PIN of its own. */
  logins(): Pkcs11Logins;
  remove(): void;
}

/**
 * Tokens in a folder of their own, for this process and those that it starts. All are made before the module is loaded, since SoftHSM looks for them then.
 * @param sets how many times {@link SoftHsm.logins} may be called.
 */
export function softHsm(modulePath: string, sets: number): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), "softhsm-"));
  mkdirSync(join(folder, "tokens"));
  const configuration = join(folder, "softhsm2.conf");
  writeFileSync(configuration, `directories.tokendir = ${join(folder, "tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  process.env["SOFTHSM2_CONF"] = configuration;
  const made = Array.from({ length: sets }, (_, set): Pkcs11Logins => {
    const login = (name: string) => {
      const [tokenLabel, pin] = [`${name}-${set}`, `${name}-pin-${set}`];
      execFileSync("softhsm2-util", ["--init-token", "--free", "--label", tokenLabel, "--so-pin", "security-officer", "--pin", pin]);
      return { modulePath, tokenLabel, pin };
    };
    return { sealing: login("sealing"), opening: login("opening"), resolving: login("resolving"), signing: login("signing") };
  });
  return {
    logins: () => {
      const next = made.shift();
      if (next === undefined) throw new Error(`only ${sets} sets of tokens were made`);
      return next;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
