import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sizingDocument } from "./sizing/document.ts";

// `node scripts/run.mjs scripts/sizing.ts` writes docs/operations/sizing.md anew after the model or a measurement has changed.
writeFileSync(join(import.meta.dirname, "..", "docs", "operations", "sizing.md"), sizingDocument());
