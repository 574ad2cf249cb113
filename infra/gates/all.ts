import { production } from "../config/production.ts";
import { staging } from "../config/staging.ts";
import { sorted } from "./acknowledgements.ts";
import { controlTowerPack, guardFindings, noInternetPack, ownPack } from "./guard.ts";
import { line } from "./line.ts";
import { endpointNames, literalNames, principalSuffix } from "./names.ts";
import { servicesOffered } from "./services.ts";
import { policySizes } from "./sizes.ts";
import { packFindings, templatesOf } from "./synthesised.ts";
import type { Finding, Gate, NamedTemplate } from "./template.ts";
import { workflows } from "./workflows.ts";

/** Gates that want templates and no engine. */
export const plainGates: Readonly<Record<string, Gate>> = {
  "no literal partition, region or suffix": literalNames,
  "service principals": principalSuffix,
  "endpoint names": endpointNames,
  "services that the region offers": servicesOffered,
  "policy and template sizes": policySizes,
  "Amazon States Language": workflows,
};

/** What each gate has against both stages. Prints a line for each, so that a slow one is seen. @returns whether all are open. */
export function passAll(print: (line: string) => void): boolean {
  let isOpen = true;
  const gate = <Result>(name: string, run: () => Result, against: (result: Result) => readonly string[]): Result => {
    const began = performance.now();
    const result = run();
    const findings = against(result);
    isOpen &&= findings.length === 0;
    print(line(name, findings, performance.now() - began));
    return result;
  };
  const templates = gate(
    "both stages synthesise",
    () => [staging, production].flatMap(templatesOf),
    () => [],
  );
  gate(
    "the same again, byte for byte",
    () => [staging, production].flatMap(templatesOf),
    (again) => differing(templates, again),
  );
  for (const [name, run] of Object.entries(plainGates))
    gate(
      name,
      () => run(templates),
      (findings) => findings.map(shown),
    );
  gate(
    "our own rules",
    () => guardFindings([ownPack], templates),
    (findings) => findings.map(shown),
  );
  const guard = gate(
    "asked: Control Tower's proactive controls",
    () =>
      guardFindings(
        [controlTowerPack()],
        templates.filter(({ name }) => differsByStage(name)),
      ),
    () => [],
  );
  gate(
    "no way to the internet but one",
    () =>
      guardFindings(
        [noInternetPack],
        templates.filter(({ name }) => !name.endsWith("-egress")),
      ),
    (findings) => findings.map(shown),
  );
  const packs = gate(
    "asked: CloudFormation's schemas and rules, AwsSolutions, NIST 800-53 R5",
    () => [staging, production].flatMap((config) => packFindings(config, differsByStage)),
    () => [],
  );
  gate(
    "every finding of theirs is acknowledged with a reason, and no reason is stale",
    () => sorted([...guard, ...packs]),
    ({ open, stale }) => [...open.map(shown), ...stale.map(({ rule, at }) => `stale: ${rule} at ${at}`)],
  );
  return isOpen;
}

/** Production, and of staging what is made of other resources: keys of KMS in the place of those in a store. The rules take seconds for each stack. */
function differsByStage(name: string): boolean {
  return name.startsWith("production-") || name === "staging-vault-keys";
}

function differing(before: readonly NamedTemplate[], after: readonly NamedTemplate[]): string[] {
  return before.filter((each, index) => JSON.stringify(each) !== JSON.stringify(after[index])).map(({ name }) => name);
}

function shown({ rule, at, what }: Finding): string {
  return `${rule} at ${at}: ${what.replaceAll(/\s+/g, " ").slice(0, 200)}`;
}
