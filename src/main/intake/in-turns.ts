/** A few milliseconds of work. */
const turnItems = 32;

/**
 * Works through a batch in turns of the event loop, so that the answers of the batch before leave, and requests for the next one come in, while this
 * one is made. @throws what `work` throws; nothing after it is worked on.
 */
export async function inTurns<Item, Made>(items: readonly Item[], work: (item: Item, index: number) => Made): Promise<Made[]> {
  const made: Made[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % turnItems === 0) await new Promise((resolve) => setImmediate(resolve));
    made.push(work(item, index));
  }
  return made;
}
