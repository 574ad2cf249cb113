import { passAll } from "./all.ts";

const isOpen = passAll((line) => process.stdout.write(`${line}\n`));
if (!isOpen) process.exitCode = 1;
