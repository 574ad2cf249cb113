/**
 * Countries where every clock shows the same time, with their zone (IANA Time Zone Database 2026a, `zone1970.tab`). Germany's second zone
 * (Büsingen) keeps the first one's time, China has one official time. Countries with several times are left out: Spain (Canaries), Portugal
 * (Azores), the United States and the like; there the place says nothing.
 */
const pairs =
  "AD:Europe/Andorra AE:Asia/Dubai AL:Europe/Tirane AM:Asia/Yerevan AO:Africa/Luanda AT:Europe/Vienna AW:America/Aruba AX:Europe/Mariehamn " +
  "AZ:Asia/Baku BA:Europe/Sarajevo BB:America/Barbados BD:Asia/Dhaka BE:Europe/Brussels BG:Europe/Sofia BH:Asia/Bahrain BM:Atlantic/Bermuda " +
  "BN:Asia/Brunei BO:America/La_Paz BS:America/Nassau BW:Africa/Gaborone BY:Europe/Minsk BZ:America/Belize CH:Europe/Zurich CI:Africa/Abidjan " +
  "CM:Africa/Douala CN:Asia/Shanghai CO:America/Bogota CR:America/Costa_Rica CU:America/Havana CW:America/Curacao CZ:Europe/Prague DE:Europe/Berlin " +
  "DK:Europe/Copenhagen DO:America/Santo_Domingo DZ:Africa/Algiers EE:Europe/Tallinn EG:Africa/Cairo ET:Africa/Addis_Ababa FI:Europe/Helsinki " +
  "FO:Atlantic/Faroe FR:Europe/Paris GB:Europe/London GE:Asia/Tbilisi GF:America/Cayenne GG:Europe/Guernsey GH:Africa/Accra GI:Europe/Gibraltar " +
  "GP:America/Guadeloupe GR:Europe/Athens GT:America/Guatemala GU:Pacific/Guam GY:America/Guyana HK:Asia/Hong_Kong HN:America/Tegucigalpa " +
  "HR:Europe/Zagreb HU:Europe/Budapest IE:Europe/Dublin IL:Asia/Jerusalem IM:Europe/Isle_of_Man IN:Asia/Kolkata IQ:Asia/Baghdad IR:Asia/Tehran " +
  "IS:Atlantic/Reykjavik IT:Europe/Rome JE:Europe/Jersey JM:America/Jamaica JO:Asia/Amman JP:Asia/Tokyo KE:Africa/Nairobi KG:Asia/Bishkek " +
  "KH:Asia/Phnom_Penh KR:Asia/Seoul KW:Asia/Kuwait KY:America/Cayman LA:Asia/Vientiane LB:Asia/Beirut LI:Europe/Vaduz LK:Asia/Colombo " +
  "LT:Europe/Vilnius LU:Europe/Luxembourg LV:Europe/Riga LY:Africa/Tripoli MA:Africa/Casablanca MC:Europe/Monaco MD:Europe/Chisinau " +
  "ME:Europe/Podgorica MG:Indian/Antananarivo MK:Europe/Skopje MM:Asia/Yangon MO:Asia/Macau MQ:America/Martinique MT:Europe/Malta " +
  "MU:Indian/Mauritius MV:Indian/Maldives MY:Asia/Kuala_Lumpur MZ:Africa/Maputo NA:Africa/Windhoek NC:Pacific/Noumea NG:Africa/Lagos " +
  "NI:America/Managua NL:Europe/Amsterdam NO:Europe/Oslo NP:Asia/Kathmandu OM:Asia/Muscat PA:America/Panama PE:America/Lima PH:Asia/Manila " +
  "PK:Asia/Karachi PL:Europe/Warsaw PR:America/Puerto_Rico PY:America/Asuncion QA:Asia/Qatar RE:Indian/Reunion RO:Europe/Bucharest " +
  "RS:Europe/Belgrade SA:Asia/Riyadh SE:Europe/Stockholm SG:Asia/Singapore SI:Europe/Ljubljana SK:Europe/Bratislava SM:Europe/San_Marino " +
  "SN:Africa/Dakar SV:America/El_Salvador TH:Asia/Bangkok TN:Africa/Tunis TR:Europe/Istanbul TT:America/Port_of_Spain TW:Asia/Taipei " +
  "TZ:Africa/Dar_es_Salaam UG:Africa/Kampala UY:America/Montevideo VA:Europe/Vatican VE:America/Caracas VN:Asia/Ho_Chi_Minh YT:Indian/Mayotte " +
  "ZA:Africa/Johannesburg ZM:Africa/Lusaka ZW:Africa/Harare";

const zones: ReadonlyMap<string, string> = new Map(pairs.split(" ").map((pair) => pair.split(":") as [string, string]));

/**
 * @param country ISO 3166-1 alpha-2.
 * @returns the IANA zone of all clocks in the country; undefined where there are several, and for what is no country here.
 */
export function countryZone(country: string | null): string | undefined {
  return country === null ? undefined : zones.get(country);
}
