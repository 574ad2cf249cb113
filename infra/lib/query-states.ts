import type { EscStack } from "./esc-stack.ts";
import type { AuditQuery } from "./audit-queries.ts";
import { prefix } from "./prefix.ts";

export interface QueryStatesProps {
  readonly database: string;
  readonly workgroup: string;
  readonly topicArn: string;
}

/** A query that has not ended by then will not. */
const querySeconds = 1800;

/** Amazon States Language: every query, one after the other, and people are told of each that found something or could not be asked. */
export function queryStates(stack: EscStack, queries: readonly AuditQuery[], { database, workgroup, topicArn }: QueryStatesProps): object {
  const task = (resource: string): string => `arn:${stack.partition}:states:::${resource}`;
  const tell = (subject: string, next: string): object => ({
    Type: "Task",
    Resource: task("sns:publish"),
    Parameters: { TopicArn: topicArn, Subject: subject, Message: `Workgroup ${workgroup} has the rows` },
    ResultPath: null,
    Next: next,
  });
  const states = queries.flatMap(({ name, sql }, index) => {
    const next = queries[index + 1]?.name ?? "Asked";
    return [
      [
        name,
        {
          Type: "Task",
          Resource: task("athena:startQueryExecution.sync"),
          Parameters: { QueryString: sql, QueryExecutionContext: { Database: database }, WorkGroup: workgroup },
          TimeoutSeconds: querySeconds,
          ResultPath: "$.query",
          Retry: [{ ErrorEquals: ["Athena.TooManyRequestsException"], IntervalSeconds: 30, MaxAttempts: 4, BackoffRate: 2 }],
          Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: `${name} could not be asked` }],
          Next: `${name} rows`,
        },
      ],
      [
        `${name} rows`,
        {
          Type: "Task",
          Resource: task("athena:getQueryResults"),
          Parameters: { "QueryExecutionId.$": "$.query.QueryExecution.QueryExecutionId", MaxResults: 2 },
          // Counts alone: rows hold keys of objects and names of sessions, and stay in the bucket of answers.
          ResultSelector: { "count.$": "States.ArrayLength($.ResultSet.Rows)" },
          ResultPath: "$.rows",
          Next: `${name} found`,
        },
      ],
      [
        `${name} found`,
        // The first row is the header.
        {
          Type: "Choice",
          Choices: [{ Variable: "$.rows.count", NumericGreaterThan: 1, Next: `${name} has findings` }],
          Default: next,
        },
      ],
      [`${name} has findings`, tell(`${prefix} audit: ${name}`, next)],
      [`${name} could not be asked`, tell(`${prefix} audit: ${name} could not be asked`, next)],
    ] as const;
  });
  return {
    Comment: "What is asked of the evidence every day",
    StartAt: queries[0]!.name,
    States: { ...Object.fromEntries(states), Asked: { Type: "Succeed" } },
  };
}
