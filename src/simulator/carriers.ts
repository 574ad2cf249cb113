import { bring } from "./carriers/bring.ts";
import { dhlExpress } from "./carriers/dhl-express.ts";
import { dhlParcelDe } from "./carriers/dhl-parcel-de.ts";
import { dhlUnified } from "./carriers/dhl-unified.ts";
import { fedex } from "./carriers/fedex.ts";
import { gls } from "./carriers/gls.ts";
import { hermesDe } from "./carriers/hermes-de.ts";
import { inpost } from "./carriers/inpost.ts";
import { laposte } from "./carriers/laposte.ts";
import { postnl } from "./carriers/postnl.ts";
import { royalmail } from "./carriers/royalmail.ts";
import { ups } from "./carriers/ups.ts";
import type { SimulatedCarrier } from "./simulated-carrier.ts";

/** Every carrier that can be simulated: those that the product has a connector for. */
export const simulatedCarriers: readonly SimulatedCarrier[] = [
  bring,
  dhlExpress,
  dhlParcelDe,
  dhlUnified,
  fedex,
  gls,
  hermesDe,
  inpost,
  laposte,
  postnl,
  royalmail,
  ups,
];
