import { objectStoreContract } from "../../src/cloud/object-store.contract.ts";
import { MemoryObjectStore } from "./memory-object-store.ts";

objectStoreContract("memory store", async () => ({ store: new MemoryObjectStore(), close: async () => {} }));
