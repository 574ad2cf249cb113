import { type Place, resourceIn } from "../../aws/place.ts";
import { ConfigError, readSetting } from "./setting.ts";

/**
 * ARN of the role that `open` takes on for its grant; null: it opens as who it was started.
 * @throws {ConfigError} @throws {PlaceError} for one of another partition.
 */
export function readOpenerRole(env: NodeJS.ProcessEnv, place: Place): string | null {
  const role = readSetting(env, "PARCELKEEP_OPENER_ROLE");
  if (role === null) return null;
  if (!resourceIn(place, "iam", role).startsWith("role/")) throw new ConfigError("PARCELKEEP_OPENER_ROLE must be the ARN of a role");
  return role;
}

/** Where a workflow of the platform starts openers. */
export interface WorkflowNames {
  /** ARN of a state machine of Step Functions. */
  readonly machine: string;
  /** ARN of the SQS FIFO queue by which it tells the tokens that it waits with. */
  readonly queue: string;
}

/**
 * The workflow that has openers started; null where this machine's supervisor does.
 * @throws {ConfigError} @throws {PlaceError} for one elsewhere.
 */
export function readWorkflow(env: NodeJS.ProcessEnv, place: Place): WorkflowNames | null {
  const machine = readSetting(env, "PARCELKEEP_WORKFLOW");
  const queue = readSetting(env, "PARCELKEEP_WORKFLOW_QUEUE");
  if (machine === null && queue === null) return null;
  if (machine === null || !resourceIn(place, "states", machine).startsWith("stateMachine:"))
    throw new ConfigError("PARCELKEEP_WORKFLOW must be the ARN of a state machine of Step Functions");
  if (queue === null || !resourceIn(place, "sqs", queue).endsWith(".fifo"))
    throw new ConfigError("PARCELKEEP_WORKFLOW_QUEUE must be the ARN of the SQS FIFO queue that the workflow tells its tokens by");
  return { machine, queue };
}
