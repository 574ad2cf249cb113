import type { ProviderDescription } from "../provider.ts";
import type { KeyFile } from "./key-file.ts";

export function describeFiles(folder: string, { currentEpoch, minimumEpoch }: KeyFile<never>): ProviderDescription {
  return {
    provider: "local",
    product: "key files",
    protection: { kind: "software-file" },
    location: folder,
    currentEpoch,
    minimumEpoch,
    recordedOperations: [],
    derivationRoot: "file-secret",
    warnings: [
      "The root keys are files: whoever reads opening.json and resolving.json, or a backup of them, can open everything.",
      "Nobody but this program records an opening.",
    ],
  };
}
