/** Which services a region has, as somebody read it on a day. */
export interface ServiceList {
  readonly region: string;
  /** Day on which the list was read, `YYYY-MM-DD`. */
  readonly readOn: string;
  readonly source: string;
  /** Names as in AWS's public SSM parameters `/aws/service/global-infrastructure/regions/REGION/services`, sorted. */
  readonly services: readonly string[];
}

/** @throws {TypeError} where the text is none. */
export function parseServiceList(text: string): ServiceList {
  const { region, readOn, source, services } = JSON.parse(text) as Partial<ServiceList>;
  const isSound =
    typeof region === "string" &&
    typeof source === "string" &&
    /^\d{4}-\d\d-\d\d$/.test(readOn ?? "") &&
    Array.isArray(services) &&
    services.every((name) => /^[a-z0-9-]{1,64}$/.test(String(name)));
  if (!isSound) throw new TypeError("not a list of a region's services");
  return { region, readOn: readOn!, source, services };
}
