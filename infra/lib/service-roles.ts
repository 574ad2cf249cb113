import type { SubnetGroup } from "../constructs/tracking-network.ts";
import type { Process } from "./flows.ts";

/** How a process runs all the time. */
export interface ServiceRole {
  readonly name: Exclude<Process, "opener" | "rekeyer" | "migrator" | "role-maker">;
  readonly cpu: 512 | 1024 | 2048;
  readonly memoryMiB: 1024 | 2048 | 4096;
  /** One: the role works alone (docs/operations/serve.md) and is replaced instead of doubled while it is deployed. */
  readonly instances: "one" | "one-and-a-spare" | Scaled;
  readonly subnets: SubnetGroup;
  /** How long it may finish what it has begun after SIGTERM; Fargate takes 120 at most. */
  readonly drainSeconds: number;
}

export interface Scaled {
  readonly min: number;
  readonly max: number;
  /** What says that there are too few: the processor, or messages that wait in a queue for each running task. */
  readonly by: { readonly processorPercent: number } | { readonly queue: "inbox"; readonly messagesPerTask: number };
}

export const serviceRoles: readonly ServiceRole[] = [
  {
    name: "front",
    cpu: 2048,
    memoryMiB: 4096,
    instances: { min: 2, max: 40, by: { processorPercent: 55 } },
    subnets: "front",
    drainSeconds: 60,
  },
  {
    name: "worker",
    cpu: 1024,
    memoryMiB: 2048,
    instances: { min: 2, max: 40, by: { queue: "inbox", messagesPerTask: 2_000 } },
    subnets: "service",
    drainSeconds: 60,
  },
  {
    name: "outbound",
    cpu: 1024,
    memoryMiB: 2048,
    instances: { min: 2, max: 20, by: { processorPercent: 60 } },
    subnets: "connector",
    drainSeconds: 120,
  },
  { name: "archivist", cpu: 1024, memoryMiB: 2048, instances: "one", subnets: "service", drainSeconds: 120 },
  { name: "keeper", cpu: 512, memoryMiB: 1024, instances: "one", subnets: "service", drainSeconds: 60 },
  { name: "sequencer", cpu: 512, memoryMiB: 1024, instances: "one-and-a-spare", subnets: "sequencer", drainSeconds: 60 },
  {
    name: "granter",
    cpu: 512,
    memoryMiB: 1024,
    instances: { min: 2, max: 4, by: { processorPercent: 60 } },
    subnets: "service",
    drainSeconds: 60,
  },
];
