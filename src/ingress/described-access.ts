import { accessOf, type RouteAccess } from "./route-access.ts";
import { isScope } from "./tenant-caller.ts";

/** Ways to say who calls, for the description of the interface. */
export const securitySchemes = {
  apiKey: { type: "http", scheme: "bearer", description: "a tenant's API key, or the operator's" },
  session: { type: "apiKey", in: "cookie", name: "__Host-parcelkeep_session", description: "an operator who is signed in" },
} as const;

const byKey = { apiKey: [] };
const bySession = { session: [] };

const says: Readonly<
  Record<Exclude<RouteAccess, "public" | "source" | "coming-in" | "read" | "write" | "ingest" | "persons" | "transfers">, string>
> = {
  "operator-key": "For the operator's key.",
  connector: "For the operator's key, and the process that asks carriers.",
  officer: "For a security officer whose passkey was used in the last five minutes, or the operator's key.",
  overseer: "For a security officer or auditor, or the operator's key.",
  decider: "For an approver or security officer, or the operator's key; the passkey says who decides.",
  "signed-in": "For whoever is signed in.",
};

/** Who may call a route, as `route-access.ts` has it. */
export function describedAccess(method: string, url: string): { readonly security?: readonly object[]; readonly description?: string } {
  const access = accessOf(method, url);
  if (access === null || access === "public" || access === "source" || access === "coming-in") return {};
  if (isScope(access)) return { security: [byKey, bySession], description: `Scope: \`${access}\`.` };
  const security = { "operator-key": [byKey], connector: [byKey], "signed-in": [bySession] }[access as string] ?? [byKey, bySession];
  return { security, description: says[access] };
}
