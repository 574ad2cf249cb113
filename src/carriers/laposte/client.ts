import { answered, failureByStatus, jsonBody, jsonType, malformed, noneFound, part, unavailable } from "../call-outcome.ts";
import type { CarrierClient } from "../client.ts";
import { isRecord, record, text } from "../json.ts";

/** Codes in place of a shipment: the number is unknown, or is no number of La Poste's. */
const unknownCodes: ReadonlySet<unknown> = new Set([404, 400]);

/**
 * La Poste's Suivi v2 (Colissimo, Chronopost, tracked letters), up to 10 numbers a call, joined by commas: one number answers with an object,
 * several with a list and the status 207, each with a `returnCode` of its own (developer.laposte.fr/products/suivi and public clients, read
 * 2026-11-26). Clients there pass on the address of the person who looks (`X-Forwarded-For`, `ip_address`); it is never sent.
 */
export const client: CarrierClient = {
  source: "laposte",
  baseUrl: "https://api.laposte.fr",
  batchMax: 10,
  credentialFields: ["okapiKey"],
  trackRequest: (numbers, credentials, _token, baseUrl) => ({
    method: "GET",
    url: `${baseUrl}/suivi/v2/idships/${numbers.map(encodeURIComponent).join(",")}?lang=fr_FR`,
    headers: { accept: jsonType, "x-okapi-key": part(credentials, "okapiKey") },
    body: null,
    literals: [jsonType, "fr_FR"],
  }),
  readTrackAnswer: (answer, numbers) => {
    const failure = failureByStatus(answer, [400, 404]);
    if (failure !== null) return failure;
    // Of one number it says that this is none; of several that the call was wrong.
    if (answer.status === 400 && numbers.length > 1) return malformed;
    const body = jsonBody(answer);
    const entries = Array.isArray(body) ? body.map(record) : isRecord(body) ? [body] : [];
    if (entries.length === 0 || entries.some((entry) => typeof entry["returnCode"] !== "number")) return malformed;
    if (entries.every((entry) => Number(entry["returnCode"]) >= 500)) return unavailable(answer);
    if (entries.every((entry) => unknownCodes.has(entry["returnCode"]))) return noneFound(numbers);
    const unknown = new Set(entries.filter((entry) => unknownCodes.has(entry["returnCode"])).map((entry) => text(entry["idShip"])));
    return answered(
      answer,
      numbers.filter((number) => unknown.has(number)),
    );
  },
};
