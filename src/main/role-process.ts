import { runFront } from "./front.ts";
import { roleStart } from "./role.ts";
import { runWorker } from "./worker.ts";
import { runArchivist } from "./archivist.ts";

const roles = { front: runFront, worker: runWorker, archivist: runArchivist } as const;

const name = process.argv[2] as keyof typeof roles;
await roles[name](await roleStart());
