import { type RoleName, supervisorHost } from "./role.ts";
import { runRole } from "./run-role.ts";

await runRole(process.argv[2] as RoleName, await supervisorHost());
