export interface Provenance {
  readonly digest: string;
  readonly commit: string;
  readonly locks: readonly { readonly path: string; readonly digest: string }[];
  readonly node: string;
}

/**
 * How the image came to be, as an in-toto statement with SLSA's provenance predicate (slsa.dev/spec/v1.0/provenance). It names no machine and no time of its own, so that another
 * builder's is the same; who says so is who signed its digest.
 */
export function provenance({ digest, commit, locks, node }: Provenance): object {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "parcelkeep", digest: bare(digest) }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: "https://parcelkeep.invalid/image/v1",
        externalParameters: { command: "npm run image -- build" },
        internalParameters: { node },
        resolvedDependencies: [
          { uri: "git+commit", digest: { gitCommit: commit } },
          ...locks.map(({ path, digest: lockDigest }) => ({ uri: path, digest: bare(lockDigest) })),
        ],
      },
      runDetails: { builder: { id: "https://parcelkeep.invalid/any-builder" } },
    },
  };
}

function bare(digest: string): { sha256: string } {
  return { sha256: digest.slice("sha256:".length) };
}
