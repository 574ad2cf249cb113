import type { Random } from "./random.ts";

/** Somebody who does not exist, with an address that does not exist either. */
export interface Person {
  readonly givenName: string;
  readonly familyName: string;
  readonly street: string;
  readonly houseNumber: string;
  readonly postalCode: string;
  readonly city: string;
  readonly country: string;
  /** Of the domain that RFC 2606 keeps for examples. */
  readonly email: string;
  readonly phone: string;
}

interface Region {
  readonly country: string;
  readonly cities: readonly string[];
  readonly streets: readonly string[];
  /** Given out to nobody, or to nobody who lives there. */
  readonly postalCodes: readonly string[];
  readonly phonePrefix: string;
}

const regions: readonly Region[] = [
  {
    country: "DE",
    cities: ["Nebelstadt", "Oberluftheim", "Erdachtingen"],
    streets: ["Luftschlossweg", "Erfundene Gasse", "Traumallee", "Nirgendstraße"],
    postalCodes: ["00001", "00417", "05001"],
    phonePrefix: "+4915000",
  },
  {
    country: "NL",
    cities: ["Fantasiedam", "Verzonnenveen"],
    streets: ["Luchtkasteelkade", "Verzonnenlaan", "Nergensplein"],
    postalCodes: ["0001 ZZ", "0417 XX"],
    phonePrefix: "+3160000",
  },
  {
    country: "FR",
    cities: ["Fictiville", "Bourg-Inventé"],
    streets: ["Rue des Nuages", "Allée Imaginaire", "Place du Songe"],
    postalCodes: ["00001", "00417"],
    phonePrefix: "+3370000",
  },
  {
    country: "PL",
    cities: ["Zmyślin", "Nigdzieburg"],
    streets: ["ulica Wymyślona", "aleja Senna"],
    postalCodes: ["00-000", "99-999"],
    phonePrefix: "+4850000",
  },
  {
    country: "NO",
    cities: ["Drømmevik", "Diktstad"],
    streets: ["Luftslottveien", "Ingenstedsgata"],
    postalCodes: ["0000", "9999"],
    phonePrefix: "+4790000",
  },
  {
    country: "GB",
    cities: ["Neverham", "Much Imagining"],
    streets: ["Cloud Castle Lane", "Invention Row"],
    postalCodes: ["QQ1 1QQ", "QV0 0ZZ"],
    phonePrefix: "+4477009",
  },
  {
    country: "US",
    cities: ["Nowhere Falls", "Dream Creek"],
    streets: ["Imaginary Ave", "Fable St"],
    postalCodes: ["00001", "00417"],
    phonePrefix: "+1555010",
  },
];

const givenNames = [
  "Wilhelmine",
  "Ottokar",
  "Jurriaan",
  "Wietske",
  "Clothilde",
  "Anselme",
  "Bogumiła",
  "Zdzisław",
  "Ragnfrid",
  "Torbjørn",
  "Philippa",
  "Crispin",
];
const familyNames = [
  "Erdacht",
  "Niemand-Luft",
  "Tesselschade",
  "van Oldenzaal",
  "Dubuisson-Rêve",
  "Fictif",
  "Wymyślona",
  "Nikt",
  "Drømdal",
  "Oppfunnet",
  "Figment",
  "Nobody",
];

export function personOf(random: Random, country: string): Person {
  const region = regions.find((each) => each.country === country) ?? regions[0]!;
  const givenName = random.pick(givenNames);
  const familyName = random.pick(familyNames);
  const serial = String(random.below(1e5)).padStart(5, "0");
  return {
    givenName,
    familyName,
    street: random.pick(region.streets),
    houseNumber: String(900 + random.below(100)),
    postalCode: random.pick(region.postalCodes),
    city: random.pick(region.cities),
    country: region.country,
    email: `${ascii(givenName)}.${ascii(familyName)}.${serial}@example.org`,
    phone: `${region.phonePrefix}${serial}`,
  };
}

export function fullName({ givenName, familyName }: Person): string {
  return `${givenName} ${familyName}`;
}

export function streetLine({ street, houseNumber }: Person): string {
  return `${street} ${houseNumber}`;
}

function ascii(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/[^a-z]/g, "");
}
