import { pino } from "pino";

/**
 * Structured log on standard error. Lines hold ids, counts and codes; whoever logs an error logs its kind and code, not its message.
 * @param sync whether each line is written when it is logged, for a process that may end at once.
 */
export function programLog(level: string, role: string, { sync = false }: { readonly sync?: boolean } = {}) {
  return pino({ level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync }));
}
export type ProgramLog = ReturnType<typeof programLog>;

/** What may be said of an error: its class and code, never its message (a database's message can quote a value). */
export function errorKind(error: unknown): { readonly error: string; readonly code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? { error: error.name, code } : { error: error.name };
}
