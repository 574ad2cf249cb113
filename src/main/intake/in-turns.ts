/** A few milliseconds of work. */
const turnItems = 32;

/** An object and no function: optimised code of a function that is made anew for each batch is given up whenever the heap is collected. */
export interface Maker<Item, Made> {
  make(item: Item): Made;
}

/**
 * Works through a batch in turns of the event loop, so that the answers of the batch before leave, and requests for the next one come in, while this
 * one is made. @throws what `make` throws; nothing after it is made.
 */
export async function inTurns<Item, Made>(items: readonly Item[], maker: Maker<Item, Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (const item of items) {
    if (made.length > 0 && made.length % turnItems === 0) await new Promise((resolve) => setImmediate(resolve));
    made.push(maker.make(item));
  }
  return made;
}
