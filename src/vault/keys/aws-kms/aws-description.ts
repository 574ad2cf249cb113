import { DescribeKeyCommand, type KeyMetadata, type KMSClient, type OriginType } from "@aws-sdk/client-kms";
import { sovereignPlace } from "../../../aws/place.ts";
import { keyArnIn, type KeyArn } from "./key-arn.ts";
import { askOf } from "./aws-connection.ts";
import type { AwsKmsSettings, EpochKeys } from "./settings.ts";
import { KeyError, type KeyOperation, type ProviderDescription } from "../provider.ts";

/** Asks KMS for every key that the settings name. @throws {KeyError} `wrong-provider` where one is not of the kind that it is named for. */
export async function describeKms(client: KMSClient, settings: AwsKmsSettings, keys: EpochKeys): Promise<ProviderDescription> {
  const { place, derivation, emulator } = settings;
  const wrapping = await Promise.all(keys.all.map((key) => metadataOf(client, key)));
  for (const key of wrapping) requireUsage(key, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT");
  const roots = await Promise.all(
    Array.from(derivation.values(), async ({ key, wrappedSecret }) => {
      const root = await metadataOf(client, keyArnIn(place, key));
      if (wrappedSecret === null) requireUsage(root, "GENERATE_VERIFY_MAC", "HMAC_256");
      else requireUsage(root, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT");
      return root;
    }),
  );
  const current = wrapping.find(({ Arn }) => Arn === keys.of(keys.currentEpoch))!;
  const holdsSecret = Array.from(derivation.values()).some(({ wrappedSecret }) => wrappedSecret !== null);
  const warnings = [...wrapping, ...roots].flatMap(warningsOf);
  if (new Set(wrapping.map(({ Origin }) => Origin)).size > 1) warnings.push("The keys of the epochs are not all of the same origin.");
  if (holdsSecret)
    warnings.push("The derivation root is in this process's memory while it runs; KMS records its unwrap and no derivation.");
  if (place.partition !== sovereignPlace.partition) warnings.push("The keys are outside the AWS European Sovereign Cloud.");
  if (emulator !== null) warnings.push("An endpoint is set: what answers may be an emulator, and nothing here is proven.");
  const recorded: readonly KeyOperation[] = ["generateDataKey", "wrap", "unwrap", "sign"];
  return {
    provider: "aws-kms",
    product: products[current.Origin!],
    protection: { kind: "kms", origin: current.Origin!, fips: null },
    location: `${places[current.Origin!]} ${place.region}, partition ${place.partition}`,
    currentEpoch: keys.currentEpoch,
    minimumEpoch: keys.minimumEpoch,
    recordedOperations: holdsSecret ? recorded : [...recorded, "derive"],
    derivationRoot: holdsSecret ? "wrapped-secret" : "provider-hmac",
    warnings: [...new Set(warnings)],
  };
}

/** By the origin of the key material (KMS API reference, KeyMetadata). KMS tells no certificate, so none is claimed. */
const products: Readonly<Record<OriginType, string>> = {
  AWS_KMS: "AWS KMS, key made in its own HSMs",
  AWS_CLOUDHSM: "AWS KMS, key made in an AWS CloudHSM cluster of the account",
  EXTERNAL_KEY_STORE: "AWS KMS, key held by an external key manager",
  EXTERNAL: "AWS KMS, key imported into its own HSMs",
};

const places: Readonly<Record<OriginType, string>> = {
  AWS_KMS: "the HSMs of AWS KMS in",
  AWS_CLOUDHSM: "a CloudHSM cluster of the account in",
  EXTERNAL_KEY_STORE: "an external key manager behind AWS KMS in",
  EXTERNAL: "the HSMs of AWS KMS, and wherever the material was imported from, in",
};

async function metadataOf(client: KMSClient, key: KeyArn): Promise<KeyMetadata> {
  const { KeyMetadata } = await askOf(client, key, () => client.send(new DescribeKeyCommand({ KeyId: key })));
  // KMS answers with the key's own name: one of another partition or region under the same id ends here.
  if (KeyMetadata?.Arn !== key) throw new KeyError("wrong-provider", "the key service describes another key than it was asked about");
  return KeyMetadata;
}

function requireUsage({ KeyUsage, KeySpec }: KeyMetadata, usage: KeyMetadata["KeyUsage"], spec: KeyMetadata["KeySpec"]): void {
  if (KeyUsage === usage && KeySpec === spec) return;
  throw new KeyError("wrong-provider", `expected a key of ${spec} for ${usage}, got one of ${KeySpec} for ${KeyUsage}`);
}

function warningsOf({ KeyId, KeyState, Origin, MultiRegion, ValidTo, DeletionDate }: KeyMetadata): readonly string[] {
  const name = `Key ${KeyId}`;
  return [
    ...(KeyState === "Enabled" ? [] : [`${name} is in state ${KeyState}${day(" until", DeletionDate)}: nothing can be done with it.`]),
    ...(Origin === "EXTERNAL" ? [`${name} was imported${day(", expires on", ValidTo)}: a copy exists wherever it was made.`] : []),
    ...(MultiRegion === true ? [`${name} is multi-Region: replicas of it may exist in other regions.`] : []),
  ];
}

function day(preposition: string, date: Date | undefined): string {
  return date === undefined ? "" : `${preposition} ${date.toISOString().slice(0, 10)}`;
}
