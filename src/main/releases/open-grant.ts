import { randomUUID } from "node:crypto";
import { GrantSessionError } from "../../aws/grant-session-error.ts";
import { type Opened, OpenerError } from "../../vault/opening.ts";
import { type Config, readConfig, readConnections } from "../config.ts";
import { exitCodeOf } from "../exit-code.ts";
import { errorKind, type ProgramLog, programLog } from "../log.ts";
import { openTransfer } from "./opener.ts";

/**
 * How a task that was started for one grant ends, for whoever started it (docs/operations/emergency-transfer.md has the table). With `notKnown` the grant may be used or not, and the
 * database knows; a second start is safe with each of them, since a grant is used once.
 */
export const openExits = { delivered: 0, notKnown: 1, refused: 3, failed: 4, mayHaveArrived: 5 } as const;

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface GrantToOpen {
  readonly grant: string;
  readonly tenant: string;
}

/**
 * Does what the program's supervisor does for a grant, as a platform's task: one opener process, with the same walls. What the grant is about stands in the database; ids are all that
 * this is told. Ends by itself: the opener is killed after a minute. A signal before it has begun ends it with nothing opened; afterwards the opener finishes its one thing.
 * @returns the exit code.
 */
export async function openGrant({ grant, tenant }: GrantToOpen): Promise<number> {
  const config = readConfig();
  const connection = readConnections(["parcelkeep_opener"]).parcelkeep_opener;
  const log = programLog(config.logLevel, "opener", { sync: true });
  if (!uuidForm.test(grant) || !uuidForm.test(tenant)) {
    log.error("a grant and its tenant are UUIDs; nothing was opened");
    return openExits.refused;
  }
  const signals = new Signals(log);
  try {
    const session = await sessionOf(config, { grant, tenant });
    signals.finishWhatBegins();
    const opened = await openTransfer(config, connection, { tenant, approved: grant, purpose: "transfer", id: randomUUID() }, session);
    return told(opened, grant, log);
  } catch (error) {
    if (error instanceof GrantSessionError)
      log.error({ grant, ...errorKind(error) }, "no session was given for the grant; nothing was opened");
    else if (error instanceof OpenerError)
      log.error(
        { grant, ...errorKind(error), ...(error.keys === null ? {} : { keys: error.keys }) },
        "the opener did not say what became of its grant",
      );
    else throw error;
    return exitCodeOf(error);
  }
}

/** The variables of a session that can open for this grant alone; none where no role is set. */
async function sessionOf({ aws, openerRole }: Config, grant: GrantToOpen): Promise<Readonly<Record<string, string>>> {
  if (openerRole === null) return {};
  const { grantSession } = await import("../../aws/aws-grant-session.ts");
  return grantSession(aws, openerRole, grant);
}

function told(opened: Opened, grant: string, log: ProgramLog): number {
  if (opened.purpose !== "transfer") throw new TypeError("an opener of a transfer answered something else");
  const { state, outcome } = opened;
  const line = { grant, state, outcome };
  switch (state) {
    case "delivered":
      log.info(line, "a transfer was carried out");
      return openExits.delivered;
    case "not-used":
      log.error(line, "the grant is none, is used, over or of another tenant; nothing was opened");
      return openExits.refused;
    case "failed":
      log.error(line, "the grant is over and nothing arrived");
      return openExits.failed;
    case "unknown":
      log.error(line, "the grant is used and it may have arrived");
      return openExits.mayHaveArrived;
  }
}

class Signals {
  #hasBegun = false;

  constructor(log: ProgramLog) {
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.on(signal, () => {
        if (this.#hasBegun) return log.warn({ signal }, "told to end; the opener has begun and ends by itself");
        log.warn({ signal }, "told to end before anything was opened");
        process.exit(openExits.notKnown);
      });
  }

  finishWhatBegins(): void {
    this.#hasBegun = true;
  }
}
