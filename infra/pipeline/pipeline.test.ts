import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { appendFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { staging } from "../config/staging.ts";

const here = import.meta.dirname;
const commit = "c0ffee";
const deployer = "arn:aws-eusc:iam::100000000016:role/parcelkeep-deployer";

interface Release {
  readonly folder: string;
  readonly signer: KeyFiles;
  readonly digest: string;
}

interface KeyFiles {
  readonly secret: string;
  readonly open: string;
}

function newKey(folder: string, name: string): KeyFiles {
  const pair = generateKeyPairSync("ed25519");
  const files = { secret: join(folder, `${name}.key`), open: join(folder, `${name}.pem`) };
  writeFileSync(files.secret, pair.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(files.open, pair.publicKey.export({ type: "spki", format: "pem" }));
  return files;
}

/** What build.sh leaves, in small: an image's manifest, templates that run it, a bill of materials. */
function newRelease(t: TestContext): Release {
  const top = mkdtempSync(join(tmpdir(), "pk-release-"));
  t.after(() => rmSync(top, { recursive: true }));
  const folder = join(top, "release");
  const manifest = '{"schemaVersion":2}';
  const hex = createHash("sha256").update(manifest).digest("hex");
  const digest = `sha256:${hex}`;
  const files = {
    "release-commit": `${commit}\n`,
    digest: `${digest}\n`,
    "sbom.cdx.json": "{}",
    [`image/blobs/sha256/${hex}`]: manifest,
    "templates/staging-service.json": `{"Image":"registry/parcelkeep@${digest}"}`,
    "templates/staging-data.json": "{}",
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return { folder, digest, signer: newKey(top, "signer") };
}

function step(
  name: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly said: string; readonly complaint: string } {
  const done = spawnSync(join(here, `${name}.sh`), args, { encoding: "utf8", env: { ...process.env, PIPELINE_DRY_RUN: "1" } });
  return { status: done.status, said: done.stdout, complaint: done.stderr };
}

function signedRelease(t: TestContext): Release {
  const release = newRelease(t);
  assert.equal(step("sign", release.folder, release.signer.secret).status, 0);
  return release;
}

/** A plan as CloudFormation describes it. */
function planned(release: Release, of = commit): string {
  const plan = join(release.folder, "plans", "staging-service.plan");
  mkdirSync(join(plan, ".."), { recursive: true });
  const arn = `arn:aws-eusc:cloudformation:eusc-de-east-1:100000000016:changeSet/release-${of}/11111111-1111-4111-8111-111111111111`;
  writeFileSync(plan, JSON.stringify({ ChangeSetName: `release-${of}`, ChangeSetId: arn, Changes: [] }, null, 4));
  return arn;
}

/** The folder of approvers' public keys, with a second person's. */
function approversOf(release: Release): { readonly folder: string; readonly person: KeyFiles } {
  const folder = join(release.folder, "..", "approvers");
  mkdirSync(folder);
  return { folder, person: newKey(folder, "second") };
}

const deploy = (release: Release, approvers: string): ReturnType<typeof step> =>
  step("deploy", release.folder, release.signer.open, "staging-service", deployer, approvers);

test("what was signed passes, and says its commit", (t) => {
  const release = signedRelease(t);
  const { status, said } = step("check", release.folder, release.signer.open);
  assert.deepEqual([status, said], [0, `release ${commit} is what was signed\n`]);
});

const tampering: Readonly<Record<string, (release: Release) => void>> = {
  "a template was changed": ({ folder }) => appendFileSync(join(folder, "templates/staging-data.json"), " "),
  "a file was added": ({ folder }) => writeFileSync(join(folder, "templates/staging-more.json"), "{}"),
  "a file was taken away": ({ folder }) => rmSync(join(folder, "sbom.cdx.json")),
  "the list was changed": ({ folder }) => appendFileSync(join(folder, "release.sha256"), "\n"),
  "the signature is another key's": (release) => step("sign", release.folder, newKey(join(release.folder, ".."), "other").secret),
  "there is no signature": ({ folder }) => rmSync(join(folder, "release.sig")),
};
for (const [what, tamper] of Object.entries(tampering))
  test(`nothing goes on when ${what}`, (t) => {
    const release = signedRelease(t);
    tamper(release);
    planned(release);
    const { folder } = approversOf(release);
    for (const done of [
      step("check", release.folder, release.signer.open),
      step("push", release.folder, release.signer.open, "registry/parcelkeep"),
      step("plan", release.folder, release.signer.open, "staging-service", deployer),
      deploy(release, folder),
    ]) {
      assert.notEqual(done.status, 0);
      assert.doesNotMatch(done.said, /would call/);
    }
  });

test("templates that run another image than the signed one are refused, though all are signed", (t) => {
  const release = newRelease(t);
  writeFileSync(join(release.folder, "templates/staging-service.json"), `{"Image":"registry/parcelkeep@${staging.image.digest}"}`);
  step("sign", release.folder, release.signer.secret);
  assert.match(step("check", release.folder, release.signer.open).complaint, /another image/);
});

test("the image is pushed as it is, under its commit", (t) => {
  const release = signedRelease(t);
  const { said } = step("push", release.folder, release.signer.open, "registry/parcelkeep");
  assert.match(said, new RegExp(`would call: skopeo copy --preserve-digests oci:\\S+ docker://registry/parcelkeep:${commit}`));
});

test("a plan makes a change set under the deployer of the account, with the commit as its source identity, and executes nothing", (t) => {
  const release = signedRelease(t);
  const { status, said } = step("plan", release.folder, release.signer.open, "staging-service", deployer);
  assert.equal(status, 0);
  assert.match(
    said,
    new RegExp(`as-deployer.sh ${deployer} ${commit} aws cloudformation create-change-set --stack-name parcelkeep-staging-service`),
  );
  assert.doesNotMatch(said, /execute-change-set/);
});

test("deploys by its ARN the plan that a second person approved", (t) => {
  const release = signedRelease(t);
  const arn = planned(release);
  const { folder, person } = approversOf(release);
  assert.equal(step("approve", release.folder, "staging-service", person.secret).status, 0);
  const { status, said } = deploy(release, folder);
  assert.equal(status, 0);
  assert.ok(said.includes(`execute-change-set --change-set-name ${arn}`), said);
});

test("does not deploy without an approval, by the signer's own, or by somebody unknown", (t) => {
  const release = signedRelease(t);
  planned(release);
  const { folder } = approversOf(release);
  writeFileSync(join(folder, "signer-as-another.pem"), readFileSync(release.signer.open));
  assert.match(deploy(release, folder).complaint, /no second person/);
  for (const { secret } of [release.signer, newKey(join(release.folder, ".."), "stranger")]) {
    assert.equal(step("approve", release.folder, "staging-service", secret).status, 0);
    assert.match(deploy(release, folder).complaint, /no second person/);
  }
});

test("does not deploy a plan that was changed after its approval, or that is of another commit", (t) => {
  const release = signedRelease(t);
  planned(release);
  const { folder, person } = approversOf(release);
  step("approve", release.folder, "staging-service", person.secret);
  appendFileSync(join(release.folder, "plans", "staging-service.plan"), " ");
  assert.match(deploy(release, folder).complaint, /no second person/);
  planned(release, "badcafe");
  step("approve", release.folder, "staging-service", person.secret);
  assert.match(deploy(release, folder).complaint, /another commit/);
});

test("evidence is written once, under the bucket's key, and never over something", (t) => {
  const release = signedRelease(t);
  planned(release);
  const into = ["evidence-bucket", "100000000013", "arn:key"];
  const put = (part: string): string[] =>
    step("evidence", release.folder, release.signer.open, ...into, part)
      .said.split("\n")
      .filter((line) => line.startsWith("would call"));
  assert.equal(put("templates").length, 2);
  const records = put("records");
  for (const name of ["release.sha256", "release.sig", "sbom.cdx.json", "plans/staging-service.plan"])
    assert.ok(
      records.some((line) => line.includes(`--key releases/${commit}/${name} `)),
      name,
    );
  for (const line of records) assert.match(line, /--expected-bucket-owner 100000000013 .*--if-none-match \* .*--ssekms-key-id arn:key/);
});

test("every step can be started, and is clean by shellcheck where that is here", () => {
  const scripts = globSync("*.sh", { cwd: here });
  for (const script of scripts.filter((name) => name !== "common.sh")) assert.ok((statSync(join(here, script)).mode & 0o100) !== 0, script);
  const looked = spawnSync("shellcheck", ["--external-sources", "--severity=warning", ...scripts], { cwd: here, encoding: "utf8" });
  if (looked.error === undefined) assert.equal(looked.status, 0, looked.stdout);
});

test("the workflow asks for the audience that the cloud trusts, holds no credential and no job changes its subject", () => {
  const workflow = readFileSync(join(here, "workflow.yaml"), "utf8");
  assert.ok(workflow.includes(`audience=${staging.deployment.audience}"`));
  assert.doesNotMatch(workflow, /secrets\.|AWS_SECRET|^\s+environment:/m);
  for (const [, script] of workflow.matchAll(/(?:infra|srv)\/pipeline\/(\w[\w-]*\.sh)/g))
    assert.ok(existsSync(join(here, script!)), script);
});
