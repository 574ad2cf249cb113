import type { StatusMeaning } from "../../domain/status.ts";
import { statusTable } from "../status-table.ts";

/**
 * `codEvento` of Correos's localizador, from public clients (read 2026-11-26); Correos gives its list to customers only, and codes for the office
 * and for returns are in none of them, so those are unknown here.
 */
export const eventCodes = statusTable([
  ["info_received", null, "A090000V"], // Pre-registrado
  ["in_transit", null, "A010000V P040000V G01L010V"], // Admitido, clasificado, en unidad de reparto
  ["out_for_delivery", null, "H020000V"], // En reparto
  ["delivered", null, "I010000V"], // Entregado
]);

/**
 * `phase` of an event in the answer of Correos's search page: the four steps it draws (public recordings, read 2026-11-26). The third is out for
 * delivery or waiting in the office, and the fourth ends a return as well, so those two are read with the words beside them.
 */
export const phases: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["1", { status: "info_received", reason: null }],
  ["2", { status: "in_transit", reason: null }],
]);

/** Words of an event's summary, in capitals and without accents, that leave no choice; in Spanish and English. Any other text is tokenised and says nothing here. */
export const summaryWords: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["PRE-REGISTRADO", { status: "info_received", reason: null }],
  ["ADMITIDO", { status: "in_transit", reason: null }],
  ["CLASIFICADO", { status: "in_transit", reason: null }],
  ["EN CAMINO", { status: "in_transit", reason: null }],
  ["EN REPARTO", { status: "out_for_delivery", reason: null }],
  ["OUT FOR DELIVERY", { status: "out_for_delivery", reason: null }],
  ["EN OFICINA", { status: "available_for_pickup", reason: null }],
  ["DISPONIBLE PARA RECOGIDA", { status: "available_for_pickup", reason: null }],
  ["AVAILABLE FOR COLLECTION", { status: "available_for_pickup", reason: null }],
  ["INTENTO DE ENTREGA", { status: "delivery_attempt_failed", reason: null }],
  ["DEVUELTO", { status: "returned", reason: null }],
  ["DEVUELTO AL REMITENTE", { status: "returned", reason: null }],
  ["ENTREGADO", { status: "delivered", reason: null }],
  ["DELIVERED", { status: "delivered", reason: null }],
]);

/** Error in place of events: anything but these says nothing about the number. */
export const errorCodes: ReadonlyMap<string, StatusMeaning> = new Map<string, StatusMeaning>([
  ["1", { status: "not_found", reason: null }],
]);
