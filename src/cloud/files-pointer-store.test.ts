import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FilesPointerStore } from "./files-pointer-store.ts";
import { pointerStoreContract } from "./pointer-store.contract.ts";

pointerStoreContract("files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pointers-"));
  return { store: new FilesPointerStore(join(folder, "made-later")), close: () => rm(folder, { recursive: true }) };
});
