export type EmbeddedPostgresErrorCode =
  | "unsupported-platform"
  | "binaries-unusable"
  | "folder-unusable"
  | "passwords-unusable"
  | "initialisation-failed"
  | "start-failed"
  | "not-ready"
  | "stop-failed";

export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
  /**
   * What the caller does next: `unsupported-platform` names a database of its own, `binaries-unusable` runs `npm ci`, `folder-unusable` and
   * `passwords-unusable` are for the owner of the data folder; `initialisation-failed`, `start-failed` and `not-ready` carry the end of the
   * server's log; `stop-failed` leaves a server running, which the next start adopts.
   */
  readonly code: EmbeddedPostgresErrorCode;
  /** The end of what the server said, for the operator. It holds no data values (see `settings.ts`). */
  readonly serverLog: string;
  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions & { readonly serverLog?: string }) {
    const serverLog = options?.serverLog?.trim() ?? "";
    super(serverLog === "" ? message : `${message}\n${serverLog}`, options);
    this.code = code;
    this.serverLog = serverLog;
  }
}
