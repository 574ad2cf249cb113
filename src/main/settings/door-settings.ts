import { readFile } from "node:fs/promises";
import type { Config } from "../config.ts";
import { ingressKeyPath, operatorKeyPath } from "../keys/key-paths.ts";
import { ConfigError, readSetting } from "./setting.ts";

/** Keys to the front's doors that a platform sets; null: they lie in the data folder. */
export interface DoorKeys {
  readonly operatorKey: string | null;
  readonly ingressKey: string | null;
}

/** Settings that hold them: each process of a supervised program reads the data folder instead. */
export const doorKeySettings = ["PARCELKEEP_OPERATOR_KEY", "PARCELKEEP_INGRESS_KEY"] as const;

/** A service that makes secrets puts nothing before them: random letters alone are the key without its beginning. */
const bareForm = /^(?!pk[a-z]*_)[A-Za-z0-9]{32,100}$/;

/** @throws {ConfigError} without the key. */
export function readDoorKeys(env: NodeJS.ProcessEnv): DoorKeys {
  const key = (name: (typeof doorKeySettings)[number], prefix: string): string | null => {
    const value = readSetting(env, name);
    if (value === null || new RegExp(`^${prefix}_[A-Za-z0-9_-]{8,100}$`).test(value)) return value;
    if (bareForm.test(value)) return `${prefix}_${value}`;
    throw new ConfigError(`${name} must be ${prefix}_ and random letters, or 32 random letters and more`);
  };
  return { operatorKey: key("PARCELKEEP_OPERATOR_KEY", "pko"), ingressKey: key("PARCELKEEP_INGRESS_KEY", "pkc") };
}

export async function operatorKeyOf({ operatorKey, dataDir }: Config): Promise<string> {
  return operatorKey ?? (await readFile(operatorKeyPath(dataDir), "utf8")).trim();
}

/** Of the process that asks carriers. @throws where there is none. */
export async function ingressKeyOf({ ingressKey, dataDir }: Config): Promise<string> {
  return ingressKey ?? (await readFile(ingressKeyPath(dataDir), "utf8")).trim();
}
