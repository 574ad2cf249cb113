import { codec as seventeenTrack } from "../../carriers/17track/codec.ts";
import { codec as aftership } from "../../carriers/aftership/codec.ts";
import { codec as amazonShipping } from "../../carriers/amazon-shipping/codec.ts";
import { codec as australiapost } from "../../carriers/australiapost/codec.ts";
import { codec as boxknight } from "../../carriers/boxknight/codec.ts";
import { codec as bpost } from "../../carriers/bpost/codec.ts";
import { codec as bring } from "../../carriers/bring/codec.ts";
import { codec as cainiao } from "../../carriers/cainiao/codec.ts";
import { codec as canadapost } from "../../carriers/canadapost/codec.ts";
import { codec as chronopost } from "../../carriers/chronopost/codec.ts";
import { codec as correos } from "../../carriers/correos/codec.ts";
import { codec as dhlExpress } from "../../carriers/dhl-express/codec.ts";
import { codec as dhlParcelDe } from "../../carriers/dhl-parcel-de/codec.ts";
import { codec as dhlUnified } from "../../carriers/dhl-unified/codec.ts";
import { codec as dpd } from "../../carriers/dpd/codec.ts";
import { codec as easypost } from "../../carriers/easypost/codec.ts";
import { codec as evri } from "../../carriers/evri/codec.ts";
import { codec as fedex } from "../../carriers/fedex/codec.ts";
import { codec as geodis } from "../../carriers/geodis/codec.ts";
import { codec as gls } from "../../carriers/gls/codec.ts";
import { codec as hermesDe } from "../../carriers/hermes-de/codec.ts";
import { codec as inpost } from "../../carriers/inpost/codec.ts";
import { codec as karrio } from "../../carriers/karrio/codec.ts";
import { codec as landmark } from "../../carriers/landmark/codec.ts";
import { codec as laposte } from "../../carriers/laposte/codec.ts";
import { codec as magento } from "../../carriers/magento/codec.ts";
import { codec as nationex } from "../../carriers/nationex/codec.ts";
import { codec as novaPost } from "../../carriers/nova-post/codec.ts";
import { codec as parcellab } from "../../carriers/parcellab/codec.ts";
import { codec as pocztaPolska } from "../../carriers/poczta-polska/codec.ts";
import { codec as posteItaliane } from "../../carriers/poste-italiane/codec.ts";
import { codec as postnl } from "../../carriers/postnl/codec.ts";
import { codec as postnord } from "../../carriers/postnord/codec.ts";
import { codec as royalmail } from "../../carriers/royalmail/codec.ts";
import { codec as seko } from "../../carriers/seko/codec.ts";
import { codec as sendcloud } from "../../carriers/sendcloud/codec.ts";
import { codec as ship24 } from "../../carriers/ship24/codec.ts";
import { codec as shipengine } from "../../carriers/shipengine/codec.ts";
import { codec as shippo } from "../../carriers/shippo/codec.ts";
import { codec as shopify } from "../../carriers/shopify/codec.ts";
import { codec as teleship } from "../../carriers/teleship/codec.ts";
import { codec as tnt } from "../../carriers/tnt/codec.ts";
import { codec as trackingmore } from "../../carriers/trackingmore/codec.ts";
import { codec as ups } from "../../carriers/ups/codec.ts";
import { codec as usps } from "../../carriers/usps/codec.ts";
import { codec as woocommerce } from "../../carriers/woocommerce/codec.ts";
import type { Codec } from "../../carriers/codec.ts";
import { isCarrierId } from "../../domain/carrier.ts";

/** Every source with a codec, by the id that stands in URLs and commands. */
export const codecs: ReadonlyMap<string, Codec> = new Map(
  [
    seventeenTrack,
    aftership,
    amazonShipping,
    australiapost,
    boxknight,
    bpost,
    bring,
    cainiao,
    canadapost,
    chronopost,
    correos,
    dhlExpress,
    dhlParcelDe,
    dhlUnified,
    dpd,
    easypost,
    evri,
    fedex,
    geodis,
    gls,
    hermesDe,
    inpost,
    karrio,
    landmark,
    laposte,
    magento,
    nationex,
    novaPost,
    parcellab,
    pocztaPolska,
    posteItaliane,
    postnl,
    postnord,
    royalmail,
    seko,
    sendcloud,
    ship24,
    shipengine,
    shippo,
    shopify,
    teleship,
    tnt,
    trackingmore,
    ups,
    usps,
    woocommerce,
  ].map((codec) => [codec.source, codec]),
);

/** Source of what comes in by the API itself. */
export const apiSource = "api";

/** Source of the batches of `POST /v1/tokens`; no record is kept of them. */
export const tokensSource = "tokens";

/** Takes anything and quarantines it, sealed. */
export const unknownSource = "unknown";

/**
 * Whether somebody outside may send under this name. Carriers without a codec are taken like {@link unknownSource}; a name that is
 * nobody's is refused, since a misspelt one would put everything into quarantine. {@link apiSource} and {@link tokensSource} are the program's own.
 */
export function isSource(text: string): boolean {
  return codecs.has(text) || text === unknownSource || isCarrierId(text);
}
