/**
 * A workflow of the platform: an execution for each request, which waits for what people decide and then starts one opener for the grant that it is told. It is told ids and nothing else,
 * and decides nothing: the opener looks in the database. Executions may be lost, come twice and outlive their request.
 */
export interface ReleaseWorkflow {
  /** Begins an execution. Where there is or was one of the same request and round, there is no second, and no error. @throws {WorkflowError} */
  begin(execution: WorkflowExecution): Promise<void>;
  /**
   * Waits until executions tell the tokens that they wait with; what is not settled comes again.
   * @param bounds waits no longer than `waitMs`; `signal` ends the wait with nothing. @throws {WorkflowError}
   */
  receive(bounds: { readonly waitMs: number; readonly signal?: AbortSignal }): Promise<readonly WaitingExecution[]>;
  /** Ends what was received. @throws {WorkflowError} */
  settle(waiting: WaitingExecution): Promise<void>;
  /** Tells an execution what was decided. @returns false where nobody waits with this token any more. @throws {WorkflowError} */
  answer(token: string, decided: WorkflowDecision): Promise<boolean>;
  close(): Promise<void>;
}

export interface WorkflowExecution {
  /** UUID. */
  readonly request: string;
  /** UUID. */
  readonly tenant: string;
  /** From 0. */
  readonly round: number;
}

export interface WaitingExecution extends WorkflowExecution {
  readonly token: string;
  /** Of this receive. */
  readonly receipt: string;
}

/** The grant and the moment that it ends; or the state of a request that has none. */
export type WorkflowDecision = { readonly grant: string; readonly executeBefore: Date } | { readonly ended: string };

export class WorkflowError extends Error {
  override readonly name = "WorkflowError";
  /** `unavailable`: not reached or throttled; tried again. `not-permitted`, `misconfigured`: policies or settings, for somebody to mend; tried again too. */
  readonly code: WorkflowErrorCode;
  constructor(code: WorkflowErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Listed in docs/errors.md. */
export const workflowErrorCodes = ["unavailable", "not-permitted", "misconfigured"] as const;
export type WorkflowErrorCode = (typeof workflowErrorCodes)[number];
