import { setImmediate as immediate } from "node:timers/promises";
import type { Slot } from "#domain/slots";

/** Items of one question at most, so that it keeps nobody else waiting for long. */
const ITEMS_MAX = 256;

/** What a store replied: the text of the cursor, and a reply for each item, in their order. */
export type Replies<Reply> = readonly [cursor: string, replies: readonly Reply[]];

/** The hash or set of a slot that items are in. */
export type Place = { readonly slot: Slot; readonly key: string };

/** Asks for items of a place. */
export type Ask<Item, Reply> = (place: Place, items: readonly Item[]) => Promise<Replies<Reply>>;

/** What is asked of a place in this turn. */
type Gathered<Item, Reply> = {
  readonly key: string;
  readonly items: Item[];
  readonly replies: Promise<Replies<Reply>>;
};

/**
 * Lets what is asked of one place in one turn of the event loop share a question. What costs is the question: a
 * process that has just stood still finds many calls waiting, and is through with them in half the time.
 */
export function together<Item, Reply>(ask: Ask<Item, Reply>): Ask<Item, Reply> {
  let gathered: Gathered<Item, Reply>[] = [];

  async function askLater(place: Place, items: readonly Item[]): Promise<Replies<Reply>> {
    await immediate();
    gathered = gathered.filter((one) => one.items !== items);
    return ask(place, items);
  }

  return async (place, items) => {
    let open = gathered.find(
      ({ key, items: known }) => key === place.key && known.length + items.length <= ITEMS_MAX,
    );
    if (open === undefined) {
      const items: Item[] = [];
      open = { key: place.key, items, replies: askLater(place, items) };
      gathered.push(open);
    }
    const from = open.items.length;
    open.items.push(...items);
    const [cursor, replies] = await open.replies;
    return [cursor, replies.slice(from, from + items.length)];
  };
}
