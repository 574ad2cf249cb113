import { client as bring } from "../../carriers/bring/client.ts";
import type { CarrierClient } from "../../carriers/client.ts";
import { client as dhlExpress } from "../../carriers/dhl-express/client.ts";
import { client as dhlParcelDe } from "../../carriers/dhl-parcel-de/client.ts";
import { client as dhlUnified } from "../../carriers/dhl-unified/client.ts";
import { client as fedex } from "../../carriers/fedex/client.ts";
import { client as gls } from "../../carriers/gls/client.ts";
import { client as hermesDe } from "../../carriers/hermes-de/client.ts";
import { client as inpost } from "../../carriers/inpost/client.ts";
import { client as laposte } from "../../carriers/laposte/client.ts";
import { client as postnl } from "../../carriers/postnl/client.ts";
import { client as royalmail } from "../../carriers/royalmail/client.ts";
import { client as ups } from "../../carriers/ups/client.ts";

/** Every source that can be asked, by its id. */
export const clients: ReadonlyMap<string, CarrierClient> = new Map(
  [bring, dhlExpress, dhlParcelDe, dhlUnified, fedex, gls, hermesDe, inpost, laposte, postnl, royalmail, ups].map((client) => [
    client.source,
    client,
  ]),
);
