import type { DebianLock } from "./debian.ts";
import type { LockedPackage } from "./locked-packages.ts";

export interface BillOfMaterials {
  readonly version: string;
  readonly commit: string;
  /** Of the image's manifest, `sha256:…`. */
  readonly digest: string;
  readonly seconds: number;
  readonly packages: readonly LockedPackage[];
  readonly node: LockedPackage;
  readonly debian: DebianLock;
}

/** What the image is made of, as CycloneDX 1.6 JSON (ECMA-424). A function of locks, commit and digest, so that it can be made again and compared. */
export function billOfMaterials({ version, commit, digest, seconds, packages, node, debian }: BillOfMaterials): object {
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(seconds * 1000).toISOString(),
      component: {
        type: "container",
        "bom-ref": digest,
        name: "parcelkeep",
        version,
        hashes: [{ alg: "SHA-256", content: digest.slice("sha256:".length) }],
        licenses: [{ license: { id: "Apache-2.0" } }],
        properties: [{ name: "parcelkeep:commit", value: commit }],
      },
    },
    components: [...packages.map(ofNpm), ofNode(node), ...debian.packages.map((each) => ofDebian(each, debian.release))],
  };
}

function ofNpm(each: LockedPackage): object {
  const purl = `pkg:npm/${each.name.replace("@", "%40")}@${each.version}`;
  // The same version may lie in two folders; a reference stands once.
  return {
    type: "library",
    "bom-ref": `${purl}#${each.path}`,
    name: each.name,
    version: each.version,
    purl,
    ...hashed(each),
    ...licensed(each.license),
  };
}

/** Node's package names the licence of its wrapping; Node's own text (`LICENSE`, in the image) holds those of all its parts. */
function ofNode(each: LockedPackage): object {
  const purl = `pkg:generic/node@${each.version}`;
  return {
    type: "application",
    "bom-ref": purl,
    name: "node",
    version: each.version,
    purl,
    ...hashed(each),
    licenses: [{ license: { name: "Node.js licence" } }],
  };
}

function ofDebian({ name, version, url, sha256 }: DebianLock["packages"][number], release: string): object {
  const architecture = url.endsWith("_all.deb") ? "all" : "amd64";
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${release}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    hashes: [{ alg: "SHA-256", content: sha256 }],
    licenses: [{ license: { name: `usr/share/doc/${name}/copyright` } }],
    externalReferences: [{ type: "distribution", url }],
  };
}

function hashed({ integrity }: LockedPackage): object {
  const [algorithm, digest = ""] = integrity.split("-");
  if (algorithm !== "sha512") throw new Error("a package is pinned by another digest than SHA-512");
  return { hashes: [{ alg: "SHA-512", content: Buffer.from(digest, "base64").toString("hex") }] };
}

/** An SPDX expression as the package says it. */
function licensed(license: string): object {
  return license === "NOASSERTION" ? {} : { licenses: [{ expression: license }] };
}
