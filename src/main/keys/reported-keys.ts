import { KeyError, type SealingKeys } from "../../vault/keys/provider.ts";
import { errorKind, type ProgramLog } from "../log.ts";

/** The same keys, with a line in the log where the provider fails: its callers answer 503 `busy` and say no more. */
export function reportedKeys(keys: SealingKeys, log: Pick<ProgramLog, "error">): SealingKeys {
  const report = (error: unknown): never => {
    if (error instanceof KeyError) log.error(errorKind(error), "the root keys do not answer");
    throw error;
  };
  return {
    ...keys,
    generateDataKey: (context) => keys.generateDataKey(context).catch(report),
    wrap: (dataKey, context) => keys.wrap(dataKey, context).catch(report),
    derive: (label, epoch) => keys.derive(label, epoch).catch(report),
  };
}
