import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RegionReport, regionReport } from "../aws/region-report.ts";
import { parseServiceList, type ServiceList } from "../aws/service-list.ts";
import type { Config } from "./config.ts";

/** Lists that the program brings along. */
const shippedFolder = join(import.meta.dirname, "..", "aws", "regions");

/**
 * What the newest list of the region's services means: the one that the program brings along, or one that was read with an account.
 * @param refresh reads it now, and keeps it in the data folder under its day.
 * @returns null where there is no list of this region.
 */
export async function checkRegion({ aws, dataDir }: Config, refresh: boolean, now: Date): Promise<RegionReport | null> {
  const folder = join(dataDir, "regions");
  if (refresh) {
    const { readServiceListOfAws } = await import("../aws/aws-service-list.ts");
    const list = await readServiceListOfAws(aws, now);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, `${list.region}.${list.readOn}.json`), `${JSON.stringify(list, null, 2)}\n`);
  }
  const lists = [...(await listsIn(shippedFolder)), ...(await listsIn(folder))].filter(({ region }) => region === aws.place.region);
  const newest = lists.toSorted((one, two) => (one.readOn < two.readOn ? -1 : 1)).at(-1);
  return newest === undefined ? null : regionReport(newest);
}

async function listsIn(folder: string): Promise<readonly ServiceList[]> {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.filter((name) => name.endsWith(".json")).map(async (name) => parseServiceList(await readFile(join(folder, name), "utf8"))),
  );
}
