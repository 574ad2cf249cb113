import { KeyError } from "../provider.ts";

/** Where keys may live: a partition of AWS and a region in it. */
export interface KeyPlace {
  readonly partition: Partition;
  readonly region: string;
}

/** The partitions that this program knows, with the end of their host names (botocore `partitions.json`, read 2026-11-24). */
const hostSuffixes = { aws: ".amazonaws.com", "aws-eusc": ".amazonaws.eu" } as const;
type Partition = keyof typeof hostSuffixes;

/** The AWS European Sovereign Cloud, the only place that is allowed unless the settings say otherwise. */
export const sovereignPlace: KeyPlace = { partition: "aws-eusc", region: "eusc-de-east-1" };

declare const brand: unique symbol;
/** The full name of one key. Never an alias, which somebody could point at another key later. */
export type KeyArn = string & { readonly [brand]: "KeyArn" };

const arnForm = /^arn:([a-z-]+):kms:([a-z0-9-]+):\d{12}:key\/(?:mrk-)?[0-9a-f-]{32,36}$/;

/**
 * The SDK takes an ARN of another partition or region and sends the request to its own endpoint all the same, so the border is drawn here.
 * @throws {KeyError} `wrong-provider` where this is no key ARN, or the key lives elsewhere.
 */
export function keyArnIn(place: KeyPlace, text: string): KeyArn {
  const parts = arnForm.exec(text);
  if (parts === null) throw new KeyError("wrong-provider", "expected the ARN of a key, not an alias or a bare id");
  const [, partition, region] = parts;
  if (partition !== place.partition)
    throw new KeyError("wrong-provider", `wrong partition: the key is of ${partition}, allowed is ${place.partition}`);
  if (region !== place.region) throw new KeyError("wrong-provider", `wrong region: the key is in ${region}, allowed is ${place.region}`);
  return text as KeyArn;
}

/**
 * The place that the settings name, if it is allowed.
 * @param allowed `partition/region` each
 * @throws {KeyError} `wrong-provider` where the region is not on the list, or the partition of its entry is not known.
 */
export function keyPlace(region: string, allowed: readonly string[]): KeyPlace {
  const entry = allowed.find((each) => each.slice(each.indexOf("/") + 1) === region);
  if (entry === undefined || region === "")
    throw new KeyError("wrong-provider", `wrong region: ${region} is not among the allowed ${allowed.join(", ")}`);
  const partition = entry.slice(0, Math.max(0, entry.indexOf("/")));
  if (!isPartition(partition)) throw new KeyError("wrong-provider", `wrong partition: that of ${entry} is not known`);
  return { partition, region };
}

/**
 * The SDK falls back to `amazonaws.com` for a region that it does not know, even for one that looks sovereign.
 * @throws {KeyError} `wrong-provider` where the host is not of the place's partition.
 */
export function requireHostIn(place: KeyPlace, host: string): void {
  if (!host.endsWith(hostSuffixes[place.partition])) {
    throw new KeyError("wrong-provider", `wrong partition: ${host} is no host of ${place.partition}`);
  }
}

function isPartition(text: string): text is Partition {
  return Object.hasOwn(hostSuffixes, text);
}
