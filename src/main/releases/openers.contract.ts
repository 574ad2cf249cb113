import assert from "node:assert/strict";
import { test } from "node:test";
import type { transferWorld } from "../../../test/support/transfer-world.ts";
import type { Openers } from "./openers.ts";
import { carryOut } from "./transfer-opening.ts";

export type OpenerRun = (given: { readonly grant: string; readonly tenant: string }) => Promise<void>;

export interface OpenersUnderTest {
  /** Openers of its own, as another process that grants has them. */
  openers(): Openers;
  close(): Promise<void>;
}

/** Longer than what is silent is taken for lost. */
const patienceMs = 60_000;

/**
 * What everybody must do who has openers started.
 * @param make of a world, and of what an opener does when it is started.
 */
export function openersContract(
  name: string,
  world: Awaited<ReturnType<typeof transferWorld>>,
  make: (opener: OpenerRun) => Promise<OpenersUnderTest>,
): void {
  const { granted, parts, stateOf, entriesOf } = world;

  const check = (what: string, opener: () => OpenerRun, body: (under: OpenersUnderTest) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const under = await make(opener());
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  };
  const until = async (openers: readonly Openers[], is: () => Promise<boolean>): Promise<void> => {
    for (const late = performance.now() + patienceMs; !(await is()); await new Promise((resolve) => setTimeout(resolve, 20))) {
      if (performance.now() > late) throw new Error("waited in vain");
      for (const each of openers) await each.turn();
    }
  };
  const isIn = async (id: string, state: string): Promise<boolean> => (await stateOf(id)).state === state;
  const honest = (): { readonly opener: OpenerRun; readonly sent: () => number } => {
    const { given, sent } = parts();
    return { opener: async ({ grant, tenant }) => void (await carryOut(grant, { ...given, tenant })), sent: () => sent.length };
  };

  {
    const { opener, sent } = honest();
    check(
      "an opener carries out what is granted, once, however many look",
      () => opener,
      async (under) => {
        const before = sent();
        const { id, grant } = await granted();
        const both = [under.openers(), under.openers()];
        await until(both, () => isIn(id, "delivered"));
        for (const each of both) await each.turn();
        for (const each of both) await each.stop();
        assert.equal(sent() - before, 1);
        assert.deepEqual(await entriesOf(grant), ["opening.intended", "opening.done", "transfer.executed"]);
      },
    );
  }

  {
    const { opener, sent } = honest();
    check(
      "none is started for what is over, and the next one is",
      () => opener,
      async (under) => {
        const over = await granted();
        await world.owner.query("update parcelkeep.approval_requests set execute_by = now() - interval '1 second' where id = $1", [
          over.id,
        ]);
        const next = await granted();
        const openers = under.openers();
        await until([openers], () => isIn(next.id, "delivered"));
        await openers.stop();
        assert.equal(sent(), 1);
        assert.deepEqual(await entriesOf(over.grant), []);
      },
    );
  }

  {
    const { opener } = honest();
    const failing = new Set<string>();
    const reluctant: OpenerRun = async (given) => {
      if (!failing.has(given.grant)) {
        failing.add(given.grant);
        throw new Error("no room for a task");
      }
      await opener(given);
    };
    check(
      "one that did not use its grant is started again, and holds up no other",
      () => reluctant,
      async (under) => {
        const [one, other] = [await granted(), await granted()];
        failing.add(other.grant);
        const openers = under.openers();
        await until([openers], async () => (await isIn(other.id, "delivered")) && (await isIn(one.id, "delivered")));
        await openers.stop();
      },
    );
  }

  {
    const { opener, sent } = honest();
    check(
      "a tenant's word that does not fit opens nothing",
      () =>
        async ({ grant }) =>
          opener({ grant, tenant: crypto.randomUUID() }),
      async (under) => {
        const { id, grant } = await granted();
        const openers = under.openers();
        for (let turns = 0; turns < 3; turns++) await openers.turn();
        await openers.stop();
        assert.equal(sent(), 0);
        assert.equal((await stateOf(id)).state, "granted");
        await world.owner.query("update parcelkeep.approval_requests set state = 'withdrawn' where grant_id = $1", [grant]);
      },
    );
  }
}
