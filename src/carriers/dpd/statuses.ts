import { statusTable } from "../status-table.ts";

/**
 * `status` of a step in DPD's parcel life cycle: the first words are those of the SOAP service (ParcelLifeCycleService 2.0, DPD Netherlands and Belgium), those in
 * capitals of the JSON that DPD's own pages ask for; both from public clients and recordings (read 2026-11-26), since DPD lists
 * neither. `ParcelShop` comes with the text "delivered by driver to Pickup parcelshop": there the parcel waits. `Depot` is before the round,
 * `ReturningFromDelivery` after an unsuccessful one.
 */
export const stepStatuses = statusTable([
  ["info_received", null, "Shipment SHIPMENT ORDER_INFORMATION_TRANSMITTED"],
  ["in_transit", null, "PickedUp BetweenDepots Depot ACCEPTED AT_SENDING_DEPOT ON_THE_ROAD IN_TRANSIT AT_DELIVERY_DEPOT"],
  ["out_for_delivery", null, "Courier OUT_FOR_DELIVERY"],
  ["available_for_pickup", null, "ParcelShop PARCEL_SHOP DELIVERED_TO_PARCELSHOP READY_FOR_PICKUP"],
  ["delivery_attempt_failed", null, "DeliveryFailure ReturningFromDelivery NOT_DELIVERED"],
  ["delivery_attempt_failed", "recipient:refused", "REFUSED"],
  ["exception", "transit:returning", "ReturnToSender RETURN_TO_SENDER"],
  ["returned", null, "ReturnedToSender RETURNED"],
  ["delivered", null, "Delivered DELIVERED"],
  ["delivered", "delivered:collected", "PickedUpByConsignee PICKED_UP_BY_CONSIGNEE"],
]);

/**
 * `scanType.code` of a scan: the numbers of DPD's scan codes. DPD gives their list to customers; these are the ones whose meaning is general
 * knowledge (2026-11-26, to be checked). `18` (additional information) says nothing by itself.
 */
export const scanCodes = statusTable([
  ["in_transit", null, "01 02 05 08 10 15 17 20"],
  ["in_transit", "carrier:delayed", "09"],
  ["in_transit", "customs:processing", "12"],
  ["out_for_delivery", null, "03"],
  ["available_for_pickup", null, "23"],
  ["delivery_attempt_failed", null, "04 14"],
  ["exception", "transit:returning", "06"],
  ["delivered", null, "13"],
  ["unknown", null, "18"],
]);
