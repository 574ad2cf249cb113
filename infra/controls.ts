import { architectureControls } from "./controls/architecture.ts";
import { assuranceControls } from "./controls/assurance.ts";
import { operationControls } from "./controls/operation.ts";
import type { Control } from "./controls/control.ts";

/**
 * What the guide asks for, item by item: where it is enforced, where it is proven, what an auditor is shown. Printed as docs/compliance/controls.md by infra/print-controls.ts. A test sees that every
 * policy, cell, file and page that is named here exists, and that every group of the truth table is named.
 */
export const controls: readonly Control[] = [...architectureControls, ...operationControls, ...assuranceControls];
