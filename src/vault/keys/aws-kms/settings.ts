import type { AwsConnection } from "../../../aws/connection.ts";
import type { Place } from "../../../aws/place.ts";
import { KeyError } from "../provider.ts";
import { type KeyArn, keyArnIn } from "./key-arn.ts";

/** What the settings name. Keys are full ARNs; {@link epochKeys} refuses those that live elsewhere. */
export interface AwsKmsSettings extends AwsConnection {
  /** The symmetric keys that wrap, by epoch. The highest is current; those below the lowest were retired. */
  readonly keys: ReadonlyMap<number, string>;
  /** What derived keys come from, by epoch of the derivation root. */
  readonly derivation: ReadonlyMap<number, DerivationSetting>;
}

export interface DerivationSetting {
  /** An HMAC_256 key, or the symmetric key that {@link wrappedSecret} lies under. */
  readonly key: string;
  /**
   * What GenerateDataKeyWithoutPlaintext answered for the context of the derivation root; null where KMS itself computes the HMAC. A custom key
   * store has no HMAC keys, so there it has to be a secret.
   */
  readonly wrappedSecret: Uint8Array | null;
}

export interface EpochKeys {
  readonly currentEpoch: number;
  readonly minimumEpoch: number;
  /** @throws {KeyError} `retired-epoch`, `unknown-epoch`. */
  of(epoch: number): KeyArn;
  readonly all: readonly KeyArn[];
}

/** @throws {KeyError} `wrong-provider` where no key is named, or one that may not be used. */
export function epochKeys(place: Place, named: ReadonlyMap<number, string>): EpochKeys {
  if (named.size === 0) throw new KeyError("wrong-provider", "no key is named for any epoch");
  const keys = new Map(Array.from(named, ([epoch, arn]) => [epoch, keyArnIn(place, arn)] as const));
  const minimumEpoch = Math.min(...keys.keys());
  return {
    currentEpoch: Math.max(...keys.keys()),
    minimumEpoch,
    of(epoch) {
      const key = keys.get(epoch);
      if (key !== undefined) return key;
      if (epoch < minimumEpoch) throw new KeyError("retired-epoch", `epoch ${epoch} was retired; the oldest is ${minimumEpoch}`);
      throw new KeyError("unknown-epoch", `no key is named for epoch ${epoch}`);
    },
    all: [...keys.values()],
  };
}
