import assert from "node:assert/strict";
import type { Message } from "../../src/domain/message.ts";
import { packMessage } from "../../src/domain/packed-message.ts";
import { packShipment, unpackShipment } from "../../src/domain/packed-shipment.ts";
import { foldMessages, type ShipmentState } from "../../src/domain/shipment.ts";
import { applyJobs, type HeldShipment, readJobs } from "../../src/process/apply-jobs.ts";
import { exactness, type Identity, identityOf, includes } from "../../src/process/identity.ts";

/** The tracking index in memory: does what the store does with what `applyJobs` gives, and complains of what the store could not do. */
export class ShipmentIndex {
  readonly #rows = new Map<string, { held: Omit<HeldShipment, "state">; packed: string | null }>();
  readonly #links = new Map<string, Set<string>>();
  readonly #numbersById = new Map<string, Set<string>>();
  #serial = 0;

  /** One turn of a worker. @returns the ids that each message got in its receipt. */
  turn(messages: readonly Message[], tenant = "tenant"): readonly (readonly string[])[] {
    const read = readJobs(messages.map((message) => ({ tenant, message: packMessage(message) })));
    const met = new Set(read.numbers.flatMap((number) => [...(this.#links.get(number) ?? [])]));
    const held = [...met].map((id): HeldShipment => {
      const { held, packed } = this.#rows.get(id)!;
      return { ...held, state: unpackShipment(packed!) };
    });
    const applied = applyJobs(read, held, () => `id-${String(this.#serial++).padStart(6, "0")}`);
    for (const number of applied.newNumbers) assert.equal(this.#links.get(number)?.size ?? 0, 0, "new and known numbers are told apart");
    for (const { id, shownAs, droppedNumbers } of applied.merged) {
      this.#unlink(id, droppedNumbers);
      const row = this.#rows.get(id)!;
      this.#rows.set(id, { held: { ...row.held, shownAs }, packed: null });
    }
    for (const write of applied.writes) {
      assert.equal(this.#rows.has(write.id), !write.isNew, "new and known shipments are told apart");
      const { id, tenant, carrier, discriminator, shownAs } = write;
      this.#rows.set(id, { held: { id, tenant, carrier, discriminator, shownAs }, packed: packShipment(write.state) });
      this.#unlink(id, write.droppedNumbers);
      this.#link(id, write.addedNumbers);
      assert.deepEqual(
        [...(this.#numbersById.get(id) ?? [])].sort(),
        write.state.numbers,
        "a shipment is found by its numbers and no others",
      );
    }
    for (const { from, to } of applied.redirected) {
      for (const [id, row] of this.#rows) if (row.held.shownAs === from) this.#rows.set(id, { ...row, held: { ...row.held, shownAs: to } });
    }
    for (const ids of applied.touched)
      for (const id of ids) assert.equal(this.#rows.get(id)?.held.shownAs, null, "receipts name what is shown");
    return applied.touched;
  }

  /** What is shown, by id. */
  shown(): ReadonlyMap<string, ShipmentState> {
    const shown = [...this.#rows].filter(([, { held }]) => held.shownAs === null);
    return new Map(shown.map(([id, { packed }]) => [id, unpackShipment(packed!)]));
  }

  /** What an id that was once shown is answered with. */
  answer(id: string): ShipmentState {
    const row = this.#rows.get(id)!;
    const standing = row.held.shownAs === null ? row : this.#rows.get(row.held.shownAs)!;
    assert.equal(standing.held.shownAs, null, "what answers for others is shown itself");
    return unpackShipment(standing.packed!);
  }

  #link(id: string, numbers: readonly string[]): void {
    for (const number of numbers) {
      addTo(this.#links, number, id);
      addTo(this.#numbersById, id, number);
    }
  }

  #unlink(id: string, numbers: readonly string[]): void {
    for (const number of numbers) {
      assert.ok(this.#links.get(number)?.delete(id), "only what is linked can be unlinked");
      this.#numbersById.get(id)!.delete(number);
    }
  }
}

/** The shipments of a set of messages, by what a shipment is and not by how messages arrive. */
export function shipmentsOf(messages: readonly Message[]): readonly ShipmentState[] {
  const numbered = messages.filter(({ number }) => number !== null);
  const identities = new Map(numbered.map((message) => [JSON.stringify(identityOf(message)), identityOf(message)]));
  const all = [...identities.values()].flatMap((identity) => {
    const parts = connected(numbered.filter((message) => includes(identity, identityOf(message))));
    return parts
      .filter((part) => part.some((message) => exactness(identityOf(message)) === exactness(identity)))
      .map((part) => ({ identity, part }));
  });
  const isCovered = ({ identity, part }: { identity: Identity; part: readonly Message[] }): boolean =>
    all.some(
      (other) => exactness(other.identity) > exactness(identity) && includes(other.identity, identity) && other.part.includes(part[0]!),
    );
  return all.filter((each) => !isCovered(each)).map(({ part }) => foldMessages(null, part));
}

/** The messages in groups that share numbers. */
function connected(messages: readonly Message[]): readonly (readonly Message[])[] {
  let groups: { numbers: Set<string>; messages: Message[] }[] = [];
  for (const message of messages) {
    const numbers = [message.number!, ...message.alternatives];
    const joined = groups.filter((group) => numbers.some((number) => group.numbers.has(number)));
    const group = {
      numbers: new Set([...numbers, ...joined.flatMap((each) => [...each.numbers])]),
      messages: [...joined.flatMap((each) => each.messages), message],
    };
    groups = [...groups.filter((each) => !joined.includes(each)), group];
  }
  return groups.map((group) => group.messages);
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
