import type { Cell } from "../cell.ts";
import { exportCells } from "./export.ts";
import { guardCells } from "./guards.ts";
import { keyCells } from "./keys.ts";
import { processCells } from "./processes.ts";
import { storageCells } from "./storage.ts";
import { workflowCells } from "./workflow.ts";

/** The whole truth table. */
export const cells: readonly Cell[] = [...keyCells, ...storageCells, ...workflowCells, ...exportCells, ...guardCells, ...processCells];
