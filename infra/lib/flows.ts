import type { Config } from "../config/schema.ts";
import { attestorHosts } from "./attestors.ts";

/** Processes of the program that listen to nobody but, one of them, the entry. */
export const processes = [
  "front",
  "worker",
  "archivist",
  "keeper",
  "sequencer",
  "outbound",
  "granter",
  "opener",
  "rekeyer",
  "migrator",
  "role-maker",
] as const;
export type Process = (typeof processes)[number];

export type Member = Process | "entry" | "database" | "cache" | "endpoints" | "private-carriers";

/** Outside the network: a prefix list, and whatever the firewall lets through from the caller's range. */
export const outsides = ["object-store", "carriers", "identity-provider", "attestors"] as const;
export type Outside = (typeof outsides)[number];

/** Who opens a connection to whom in the processing network. Everything else is shut: each member has a security group of its own without any other rule. */
export interface Flow {
  readonly from: Member;
  readonly to: Member | Outside;
  readonly port: number;
  readonly why: string;
}

export const ports = { postgres: 5432, valkey: 6379, https: 443, front: 8080 } as const;

export function processingFlows(config: Pick<Config, "signIn" | "witnesses" | "timeStamps">): readonly Flow[] {
  const front: Flow = { from: "front", to: "identity-provider", port: ports.https, why: "who signs in" };
  const sequencer: Flow = { from: "sequencer", to: "attestors", port: ports.https, why: "witnesses and time-stamps of the audit log" };
  return [...always, ...(config.signIn === null ? [] : [front]), ...(attestorHosts(config).length === 0 ? [] : [sequencer])];
}

const always: readonly Flow[] = [
  { from: "entry", to: "front", port: ports.front, why: "requests, after TLS" },
  ...processes.map((from): Flow => ({ from, to: "database", port: ports.postgres, why: "its own database roles" })),
  { from: "front", to: "cache", port: ports.valkey, why: "tracking states" },
  ...processes.map((from): Flow => ({ from, to: "endpoints", port: ports.https, why: "secrets, logs and the services of its task role" })),
  // Layers of images come from S3, so every task reaches it; what it may read there its role and the endpoint's policy say.
  ...processes.map((from): Flow => ({
    from,
    to: "object-store",
    port: ports.https,
    why: "its image; objects where its task role says so",
  })),
  // Answers of carriers re-enter where webhooks do: by the front's captured door.
  { from: "outbound", to: "entry", port: ports.https, why: "what carriers answered" },
  { from: "opener", to: "entry", port: ports.https, why: "what the recipient answered" },
  { from: "outbound", to: "carriers", port: ports.https, why: "carriers and merchants, by way of the firewall" },
  { from: "opener", to: "carriers", port: ports.https, why: "the one recipient of its grant, by way of the firewall" },
  { from: "outbound", to: "private-carriers", port: ports.https, why: "carriers on PrivateLink" },
  { from: "opener", to: "private-carriers", port: ports.https, why: "carriers on PrivateLink" },
];
