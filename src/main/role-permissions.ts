import { realpathSync } from "node:fs";
import { join } from "node:path";
import { awsCredentialFiles, type Config, environmentWith, settingFiles, signInEnvironment } from "./config.ts";
import { runPath } from "./data-folder.ts";
import { ingressKeyPath, keyPath, operatorKeyPath } from "./keys/key-paths.ts";
import { type KeyPower, openerKeyPowers, roleKeyPowers } from "./keys/key-powers.ts";
import type { ObjectPlace } from "./settings/object-settings.ts";

const sources = join(import.meta.dirname, "..");
const packageFile = join(sources, "..", "package.json");
const packages = join(sources, "..", "node_modules");

/**
 * Node's permission model (nodejs.org, "Permissions") for the front: it reads the program's own files, the sealing half of the keys and the
 * operator's key; it writes no file, starts no process and loads no native code but an HSM's. A second fence: what keeps ingress from opening is that
 * it holds no key that opens, and no right in the database to read what is sealed.
 */
export function frontPermissions(config: Config): readonly string[] {
  const files = [
    operatorKeyPath(config.dataDir),
    ingressKeyPath(config.dataDir),
    ...settingFiles(signInEnvironment()),
    ...auditFolders(config),
    ...(config.openId === null ? [] : authorityFiles(config)),
    ...(config.cache?.authorities == null ? [] : [config.cache.authorities]),
    ...telemetryFiles(config),
  ];
  return [...permissions(config, ["sealing"], files), "--allow-worker"];
}

/** The process that asks carriers reads what resolves numbers, the key to ingress and where that is; it writes no file and starts no process. */
export function outboundPermissions(config: Config): readonly string[] {
  return permissions(config, roleKeyPowers.outbound, [
    ingressKeyPath(config.dataDir),
    runPath(config.dataDir),
    ...authorityFiles(config),
    ...telemetryFiles(config),
  ]);
}

/** Whom calls that leave trust. */
function authorityFiles({ egressAuthorities }: Config): readonly string[] {
  return egressAuthorities === null ? [] : [egressAuthorities];
}

function telemetryFiles({ telemetry }: Config): readonly string[] {
  const authorities = telemetry?.authorities ?? null;
  return authorities !== null && "file" in authorities ? [authorities.file] : [];
}

/** The published files of the audit log, which anybody may read. */
function auditFolders({ objects, pointers }: Config): readonly string[] {
  // With the star also where the folder is made later.
  return [...folderOf(objects).map((folder) => join(folder, "audit", "*")), ...folderOf(pointers).map((folder) => join(folder, "*"))];
}

function folderOf(place: ObjectPlace): readonly string[] {
  return place.kind === "files" ? [place.folder] : [];
}

/** For the opener: the program's own files, the opening half of the keys and the sealed objects, and no threads either. */
export function openerPermissions(config: Config): readonly string[] {
  return permissions(config, openerKeyPowers, folderOf(config.objects));
}

/** For the opener of a transfer or an export: also the heads of the audit log, which it waits for. No objects, since it opens no records. */
export function transferPermissions(config: Config): readonly string[] {
  return permissions(
    config,
    openerKeyPowers,
    folderOf(config.pointers).map((folder) => join(folder, "*")),
  );
}

/** The rekeyer reads the keys that its order takes; it may write no file and start no process. */
export function rekeyerPermissions(config: Config, powers: readonly KeyPower[]): readonly string[] {
  return permissions(config, powers);
}

/** @param files to read beside the keys of these powers. */
function permissions(config: Config, powers: readonly KeyPower[], files: readonly string[] = []): readonly string[] {
  const keyFiles = powers.map((power) => keyPath(config.dataDir, power));
  // The folder of the packages may be a link; both its names are asked for.
  const readable = [
    sources,
    packageFile,
    packages,
    realpathSync(packages),
    ...files,
    ...keyFiles,
    ...settingFiles(environmentWith(powers)),
  ];
  if (config.keys === "aws-kms" || config.objects.kind === "s3" || config.cache?.iam != null) readable.push(...awsCredentialFiles());
  const native = config.keys === "pkcs11" ? ["--allow-addons"] : [];
  return ["--permission", ...readable.map((path) => `--allow-fs-read=${path}`), ...native, "--disable-warning=SecurityWarning"];
}
