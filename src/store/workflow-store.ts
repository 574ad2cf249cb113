import type pg from "pg";

/** An execution that is to begin: of which request, and which one of it. */
export interface DueExecution {
  readonly request: string;
  readonly tenant: string;
  readonly round: number;
}

/** An execution that waits, and what is decided of its request. */
export interface DueAnswer {
  readonly request: string;
  readonly token: string;
  readonly state: string;
  /** Null where there is none, or it is over. */
  readonly grant: string | null;
  readonly executeBy: Date | null;
}

/** What the process that grants knows of the platform's workflow. Nothing is decided by it. */
export interface WorkflowStore {
  /** @param silentMs an execution that nothing was heard of for so long is taken for lost. */
  toBegin(silentMs: number, limit: number): Promise<readonly DueExecution[]>;
  noteBegun(execution: Pick<DueExecution, "request" | "round">): Promise<void>;
  /** @returns false where there is no such transfer. */
  takeToken(execution: DueExecution, token: string): Promise<boolean>;
  toAnswer(limit: number): Promise<readonly DueAnswer[]>;
  /** @param isTaken false where nobody waited with the token any more. */
  noteAnswered(answer: Pick<DueAnswer, "request" | "token">, isTaken: boolean): Promise<void>;
}

export function workflowStore(pool: pg.Pool): WorkflowStore {
  return {
    toBegin: async (silentMs, limit) =>
      (
        await pool.query<DueExecution & pg.QueryResultRow>("select * from parcelkeep.workflows_to_begin($1, $2)", [
          `${silentMs} milliseconds`,
          limit,
        ])
      ).rows,
    noteBegun: async ({ request, round }) => void (await pool.query("select parcelkeep.note_workflow($1, $2)", [request, round])),
    takeToken: async ({ request, tenant, round }, token) =>
      (
        await pool.query<{ taken: boolean }>("select parcelkeep.take_workflow_token($1, $2, $3, $4) as taken", [
          request,
          tenant,
          round,
          token,
        ])
      ).rows[0]!.taken,
    toAnswer: async (limit) =>
      (
        await pool.query<DueAnswer & pg.QueryResultRow>(
          `select request, token, state, grant_id as "grant", execute_by as "executeBy" from parcelkeep.workflow_answers($1)`,
          [limit],
        )
      ).rows,
    noteAnswered: async ({ request, token }, isTaken) =>
      void (await pool.query("select parcelkeep.note_workflow_answer($1, $2, $3)", [request, token, isTaken])),
  };
}
