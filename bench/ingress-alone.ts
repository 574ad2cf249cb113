import { tmpdir } from "node:os";
import { startEmbeddedPostgres } from "../src/store/embedded/server.ts";
import { ownerRole } from "../src/store/roles.ts";
import { RunningProgram } from "../test/support/running-program.ts";
import { serveRole } from "../test/support/served-role.ts";
import type { BodyMix } from "./bodies.ts";
import { recycleLog } from "./recycled-log.ts";
import { mixOf, newShop, productSettings, type Shop } from "./target.ts";

/** One ingress process and its database, as a platform runs them: nothing works off the inbox while a leg is measured. */
export class IngressAlone {
  readonly url: string;
  readonly #shop: Shop;
  readonly #end: () => Promise<void>;

  private constructor(url: string, shop: Shop, end: () => Promise<void>) {
    this.url = url;
    this.#shop = shop;
    this.#end = end;
  }

  static async start(): Promise<IngressAlone> {
    // The program makes the folder, its keys and the shop, and ends.
    const program = new RunningProgram(productSettings, tmpdir());
    await program.start();
    const shop = newShop(program);
    await program.stop();
    const postgres = await startEmbeddedPostgres({ dataDir: program.dataDir, log: () => {} });
    await recycleLog(postgres.url(ownerRole));
    const profile = process.env["BENCH_PROFILE"];
    const front = await serveRole(
      "front",
      {
        ...program.env,
        PARCELKEEP_DATABASE_URL: postgres.url("parcelkeep_ingress"),
        PARCELKEEP_API_DATABASE_URL: postgres.url("parcelkeep_api"),
      },
      profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
    );
    return new IngressAlone(front.url, shop, async () => {
      await front.end();
      await postgres.stop();
      await program.remove();
    });
  }

  mix(count: number): BodyMix {
    return mixOf(this.#shop, count);
  }

  remove(): Promise<void> {
    return this.#end();
  }
}
