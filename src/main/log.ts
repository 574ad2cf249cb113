import { pino } from "pino";

/** Structured log on standard error. Lines hold ids, counts and codes; whoever logs an error logs its kind and code, not its message. */
export function programLog(level: string, role: string) {
  return pino({ level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: false }));
}
export type ProgramLog = ReturnType<typeof programLog>;

/** What may be said of an error: its class and code, never its message (a database's message can quote a value). */
export function errorKind(error: unknown): { readonly error: string; readonly code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? { error: error.name, code } : { error: error.name };
}
