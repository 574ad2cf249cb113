/** One gate, as `npm run infra:check` prints it: open or not, its time, its name, and below it what it has against it. */
export function line(name: string, findings: readonly string[], ms: number): string {
  const head = `${findings.length === 0 ? "ok  " : "FAIL"}  ${(ms / 1000).toFixed(1).padStart(5)} s  ${name}`;
  return [head, ...findings.map((each) => `              ${each}`)].join("\n");
}
