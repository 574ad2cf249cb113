import type { EndpointName } from "../policies/context.ts";
import type { Actor, Target, Time } from "./world.ts";

/** One question to all policies together, with the answer that is expected of them. */
export interface Cell {
  /** Unique; `controls.ts` names cells by it. */
  readonly id: string;
  /** The item of the guide that it proves (controls.ts). */
  readonly control: string;
  readonly who: Actor;
  readonly does: string;
  readonly on: Target;
  /**
   * From where. An endpoint of ours, by name; `outside`: the internet; `their-network`: an endpoint of somebody else; `service`: a service of AWS acts on the caller's call. Left out: processes call through
   * the endpoint of the action's service, everybody else from outside.
   */
  readonly from?: EndpointName | "outside" | "their-network" | "service";
  /** What else the request brings: encryption context, tags, region, MFA … */
  readonly having?: Readonly<Record<string, string | readonly string[]>>;
  /** Left out: `daily`. */
  readonly during?: Time;
  readonly verdict: Verdict;
}

/**
 * `allowed`. `not granted`: nobody allows it; the same call would go through if somebody did. Else the statements that deny it (`kind name Sid`), all of them: these hold
 * although role, resource and endpoint allow everything, and the call goes through without them.
 */
export type Verdict = "allowed" | "not granted" | readonly string[];

/** A group's cells get their ids in order. */
export function group(name: string, control: string, rows: readonly Row[]): readonly Cell[] {
  return rows.map(([who, does, on, verdict, rest = {}], index) => ({
    id: `${name}-${String(index + 1).padStart(2, "0")}`,
    control: rest.control ?? control,
    who,
    does,
    on,
    verdict,
    ...(rest.from === undefined ? {} : { from: rest.from }),
    ...(rest.during === undefined ? {} : { during: rest.during }),
    ...(rest.having === undefined ? {} : { having: rest.having }),
  }));
}

export type Row = readonly [
  who: Actor,
  does: string,
  on: Target,
  verdict: Verdict,
  rest?: Partial<Pick<Cell, "from" | "having" | "during" | "control">>,
];
