/** Where a service of AWS is: a partition and a region in it. */
export interface Place {
  readonly partition: Partition;
  readonly region: string;
}

export type Partition = (typeof partitions)[number]["id"];

/**
 * The partitions that this program knows: which regions are theirs by name, and how their hosts end (botocore `partitions.json` of 1.43.67, 2026-08-07; read
 * 2026-11-24). For a region that the SDK does not know it falls back to `amazonaws.com`, even for one that looks sovereign; here it is refused.
 */
const partitions = [
  { id: "aws", regions: /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/, hostSuffix: "amazonaws.com" },
  { id: "aws-eusc", regions: /^eusc-de-[a-z]+-\d+$/, hostSuffix: "amazonaws.eu" },
] as const;

/** The AWS European Sovereign Cloud, the only place that is allowed unless the settings say otherwise. */
export const sovereignPlace: Place = { partition: "aws-eusc", region: "eusc-de-east-1" };

/** A service would be asked outside the place that is allowed. Nothing was asked; starting again changes nothing. */
export class PlaceError extends Error {
  override readonly name = "PlaceError";
  readonly code: PlaceErrorCode;
  constructor(code: PlaceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Listed in docs/errors.md. */
export const placeErrorCodes = [
  "region-not-allowed",
  "region-unknown",
  "endpoint-not-allowed",
  "not-an-arn",
  "wrong-partition",
  "wrong-region",
] as const;
export type PlaceErrorCode = (typeof placeErrorCodes)[number];

/**
 * @param allowed regions
 * @throws {PlaceError} `region-not-allowed`; `region-unknown` where its partition is not known.
 */
export function allowedPlace(region: string, allowed: readonly string[]): Place {
  if (!allowed.includes(region)) throw new PlaceError("region-not-allowed", `${region} is not among the allowed regions`);
  const partition = partitions.find(({ regions }) => regions.test(region));
  if (partition === undefined) throw new PlaceError("region-unknown", `the partition of ${region} is not known`);
  return { partition: partition.id, region };
}

/** By the hosts' own rule, so that nothing that the SDK reads elsewhere can lead to another one. */
export function endpointIn({ partition, region }: Place, service: string): string {
  const { hostSuffix } = partitions.find(({ id }) => id === partition)!;
  return `https://${service}.${region}.${hostSuffix}`;
}

/** `arn:partition:service:region:account:resource` (AWS General Reference, "Amazon Resource Names"); some services leave region and account empty. */
const arnForm = /^arn:([a-z-]+):([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:([^\s]{1,1024})$/;

/**
 * The SDK takes an ARN of another partition or region and sends the request to its own endpoint all the same, so the border is drawn here.
 * @returns the resource's part.
 * @throws {PlaceError} `not-an-arn` where it is none of this service, `wrong-partition`, `wrong-region`.
 */
export function resourceIn(place: Place, service: string, text: string): string {
  const [, partition, named, region, , resource] = arnForm.exec(text) ?? [];
  if (named !== service || resource === undefined) throw new PlaceError("not-an-arn", `expected an ARN of ${service}`);
  if (partition !== place.partition)
    throw new PlaceError("wrong-partition", `wrong partition: the ARN is of ${partition}, allowed is ${place.partition}`);
  if (region !== "" && region !== place.region)
    throw new PlaceError("wrong-region", `wrong region: the ARN is of ${region}, allowed is ${place.region}`);
  return resource;
}
