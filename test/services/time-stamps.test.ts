import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { timeStampRequest } from "../../src/main/audit/time-stamp-request.ts";
import { verifyTimeStamp } from "../../src/main/audit/time-stamp-token.ts";
import { reply, testAuthority } from "../support/time-stamp-authority.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** As `openssl ts` wants it; the certificate is named by SHA-1 (RFC 3161) or SHA-256 (RFC 5816). */
const configuration = (naming: string): string => `
[ tsa ]
default_tsa = here
[ here ]
serial = ./serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ${naming}
`;

const keyKinds: Readonly<Record<string, readonly string[]>> = {
  "ECDSA P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ECDSA P-384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "RSA 2048": ["rsa:2048"],
};

describe("time-stamps of OpenSSL's authority", { skip: hasOpenssl ? false : "openssl is not installed" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "parcelkeep-openssl-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...args: readonly string[]): string =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const file = (name: string): Buffer => readFileSync(join(folder, name));
  const data = Buffer.from("log.example/2026\n12\nAAAA\n");
  const { request, nonce } = timeStampRequest(data);

  before(() => {
    writeFileSync(join(folder, "data"), data);
    writeFileSync(join(folder, "request.tsq"), request);
    writeFileSync(join(folder, "serial"), "01\n");
  });

  function answered(name: string, naming = "sha256"): Buffer {
    writeFileSync(join(folder, "tsa.cnf"), configuration(naming));
    const parts = ["-config", "tsa.cnf", "-section", "here", "-queryfile", "request.tsq", "-out", `${name}.tsr`];
    openssl("ts", "-reply", ...parts, "-signer", `${name}.pem`, "-inkey", `${name}.key`);
    return file(`${name}.tsr`);
  }

  for (const [kind, newkey] of Object.entries(keyKinds)) {
    for (const naming of ["sha1", "sha256", "sha512"]) {
      test(`hold with a key of ${kind} and a certificate that is named by ${naming}`, () => {
        const name = kind.replaceAll(/\W/g, "");
        const extensions = ["-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature"];
        const subject = ["-nodes", "-subj", "/CN=Test authority", "-days", "30"];
        openssl("req", "-x509", "-newkey", ...newkey, ...subject, ...extensions, "-keyout", `${name}.key`, "-out", `${name}.pem`);
        const response = answered(name, naming);
        const certificate = new X509Certificate(file(`${name}.pem`));
        const { time, policy } = verifyTimeStamp(response, data, { certificates: [certificate], nonce });
        assert.equal(policy, "1.2.3.4.1");
        assert.ok(Math.abs(time.getTime() - Date.now()) < 60_000);
        assert.throws(() => verifyTimeStamp(response, Buffer.from("other"), { certificates: [certificate] }), { code: "wrong-data" });
      });
    }
  }

  test("hold where a trusted authority has issued the certificate", () => {
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Root", "-days", "30", "-keyout", "root.key", "-out", "root.pem");
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Issued", "-keyout", "issued.key", "-out", "issued.csr");
    writeFileSync(join(folder, "ext"), "extendedKeyUsage=critical,timeStamping\n");
    openssl(
      "x509",
      "-req",
      "-in",
      "issued.csr",
      "-CA",
      "root.pem",
      "-CAkey",
      "root.key",
      "-days",
      "30",
      "-extfile",
      "ext",
      "-out",
      "issued.pem",
    );
    const response = answered("issued");
    verifyTimeStamp(response, data, { certificates: [new X509Certificate(file("root.pem"))], nonce });
    assert.match(openssl("ts", "-verify", "-data", "data", "-in", "issued.tsr", "-CAfile", "root.pem"), /OK/);
  });

  test("an answer of the tests' own authority is one to OpenSSL too", () => {
    const authority = testAuthority();
    writeFileSync(join(folder, "own.tsr"), reply(authority, request));
    writeFileSync(join(folder, "own.pem"), authority.certificate.toString());
    assert.match(openssl("ts", "-verify", "-data", "data", "-in", "own.tsr", "-CAfile", "own.pem", "-partial_chain"), /OK/);
  });
});
