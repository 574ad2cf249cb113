import type { PhraseTable } from "../phrase-status.ts";
import type { StatusMeaning } from "../../domain/status.ts";

/**
 * Beginnings of `statoLavorazione`, the only word about a movement: Poste Italiane publishes no codes. Sentences as they stand in public clients
 * of DoveQuando, read 2026-11-26; the rows below the blank line are the carrier's usual wording and not checked.
 */
export const movements: PhraseTable = new Map<string, StatusMeaning>([
  ["a seguito di acquisto da poste.it", { status: "info_received", reason: null }],
  ["la spedizione è stata presa in carico", { status: "in_transit", reason: null }],
  ["da un nostro operatore presso l'ufficio postale", { status: "in_transit", reason: null }],
  ["la spedizione è in transito", { status: "in_transit", reason: null }],
  ["all'estero", { status: "in_transit", reason: null }],
  ["presso il paese estero in data", { status: "in_transit", reason: null }],
  ["completata la fase di verifica per lo svincolo", { status: "in_transit", reason: null }],
  ["la spedizione è in consegna", { status: "out_for_delivery", reason: null }],
  ["consegna non andata a buon fine", { status: "delivery_attempt_failed", reason: null }],
  ["disponibile per il ritiro", { status: "available_for_pickup", reason: null }],
  ["sono in corso delle verifiche sulla spedizione", { status: "exception", reason: null }],
  ["in restituzione al mittente", { status: "exception", reason: "transit:returning" }],
  ["la spedizione è stata consegnata", { status: "delivered", reason: null }],
  ["con successo in data", { status: "delivered", reason: null }],

  ["in transito", { status: "in_transit", reason: null }],
  ["in lavorazione", { status: "in_transit", reason: null }],
  ["in consegna", { status: "out_for_delivery", reason: null }],
  ["in giacenza", { status: "available_for_pickup", reason: null }],
  ["la spedizione è in giacenza", { status: "available_for_pickup", reason: null }],
  ["la spedizione è disponibile per il ritiro", { status: "available_for_pickup", reason: null }],
  ["in fase di verifica per lo svincolo", { status: "in_transit", reason: "customs:processing" }],
  ["in attesa di svincolo", { status: "exception", reason: "customs:held" }],
  ["destinatario assente", { status: "delivery_attempt_failed", reason: "recipient:absent" }],
  ["tentativo di consegna", { status: "delivery_attempt_failed", reason: null }],
  ["consegnata", { status: "delivered", reason: null }],
  ["consegnato", { status: "delivered", reason: null }],
  ["restituita al mittente", { status: "returned", reason: null }],
  ["la spedizione è stata restituita al mittente", { status: "returned", reason: null }],
]);

/** `stato` of the shipment: 5 by the same clients, 4 by their sample; the lower ones are steps on the way whose words are not known. */
export const shipmentStates: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["4", { status: "out_for_delivery", reason: null }],
  ["5", { status: "delivered", reason: null }],
]);
