import { zoned } from "../clock-text.ts";
import type { Happened, Stage } from "../life.ts";
import { after, json, last, type SimulatedCarrier, type Tracked } from "../simulated-carrier.ts";

const statuses: Partial<Record<Stage, readonly [code: string, label: string]>> = {
  announced: ["DR1", "Votre envoi est en cours de préparation chez son expéditeur."],
  accepted: ["PC1", "Votre envoi est pris en charge."],
  sorted: ["ET1", "Votre envoi est en cours d'acheminement."],
  arrived: ["ET3", "Votre envoi est arrivé dans le pays de destination."],
  out_for_delivery: ["MD2", "Votre envoi est en cours de livraison."],
  at_pickup: ["AG1", "Votre envoi vous attend dans un point de retrait."],
  collected: ["DI1", "Votre envoi a été retiré."],
  delivered: ["DI1", "Votre envoi est livré."],
};

/** La Poste's Suivi v2: key in a header, 10 numbers a call, a code of its own for each; its answers name nobody. */
export const laposte: SimulatedCarrier = {
  source: "laposte",
  batchMax: 10,
  country: "FR",
  credentialFields: ["okapiKey"],
  quotas: [{ unit: "calls", count: 100, windowMs: 60_000 }],
  stages: new Set(Object.keys(statuses) as Stage[]),
  authorised: ({ headers }, { okapiKey }) => headers["x-okapi-key"] === okapiKey,
  asked: ({ path }) => after(path, "/suivi/v2/idships/")?.split(",") ?? null,
  answer: (found, missing) => {
    const unknown = missing.map((idShip) => ({
      lang: "fr_FR",
      scope: "open",
      returnCode: 404,
      returnMessage: "Nous ne trouvons pas cet envoi.",
      idShip,
    }));
    const entries: readonly object[] = [...found.map(entry), ...unknown];
    return entries.length === 1 ? json(entries[0], found.length === 1 ? 200 : 404) : json(entries, 207);
  },
  refused: () => json({ code: "UNAUTHORIZED", message: "Votre clé est invalide." }, 401),
  overQuota: (seconds) => json({ code: "QUOTA_EXCEEDED", message: "Quota dépassé" }, 429, { "retry-after": String(seconds) }),
  badRequest: () => json({ lang: "fr_FR", scope: "open", returnCode: 400, returnMessage: "Requête invalide" }, 400),
};

function entry({ parcel, happened, expectedAt }: Tracked): object {
  const done = last(happened);
  const isFinal = done.stage === "delivered" || done.stage === "collected";
  const event = ({ stage, at }: Happened): object => ({ code: statuses[stage]![0], label: statuses[stage]![1], date: zoned(at) });
  return {
    lang: "fr_FR",
    scope: "open",
    returnCode: 200,
    idShip: parcel.number,
    shipment: {
      idShip: parcel.number,
      holder: 4,
      product: "colissimo",
      isFinal,
      entryDate: zoned(happened[0]!.at),
      ...(isFinal ? { deliveryDate: zoned(done.at) } : {}),
      estimDate: zoned(expectedAt),
      event: [...happened].reverse().map(event),
      contextData: { deliveryChoice: { deliveryChoice: 0 }, originCountry: "FR", arrivalCountry: "FR" },
      url: `https://www.laposte.fr/outils/suivre-vos-envois?code=${parcel.number}`,
    },
  };
}
