import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/**
 * Event codes of La Poste's Suivi v2 by the list of its documentation (developer.laposte.fr, Suivi v2, in several public clients, read
 * 2026-11-26). `MD1` is not in it; public recordings show it where the driver has the parcel. `RE1` is the way back, `DI2` its end.
 */
export const eventCodes = statusTable([
  ["info_received", null, "DR1"], // Déclaratif réceptionné
  ["exception", "sender:not_handed_over", "DR2"], // Problème lors de la préparation
  ["in_transit", null, "PC1 PC2 ET1 ET2 ET3 ET4 EP1 PB2 DO2"],
  ["in_transit", "customs:processing", "DO1 ID0"],
  ["in_transit", "carrier:delayed", "DI3"], // Retardé
  ["out_for_delivery", null, "MD1 MD2"], // Mis en distribution
  ["available_for_pickup", null, "AG1"], // En attente d'être retiré au guichet
  ["exception", null, "PB1"], // Problème en cours
  ["exception", "customs:held", "DO3"], // Retenu en douane
  ["delivery_attempt_failed", null, "ND1"], // Non distribuable
  ["exception", "transit:returning", "RE1"], // Retourné à l'expéditeur
  ["delivered", null, "DI0 DI1"], // Distribué en lot, distribué
  ["returned", null, "DI2"], // Distribué à l'expéditeur
]);

/** `returnCode` in place of a shipment. Others (bad key, too many questions, internal error) say nothing about the number. */
export const returnCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["404", { status: "not_found", reason: null }],
]);
