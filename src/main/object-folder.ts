import { join } from "node:path";
import type { Config } from "./config.ts";

/** Where the embedded default keeps its objects. */
export function objectFolder({ dataDir }: Pick<Config, "dataDir">): string {
  return join(dataDir, "objects");
}
