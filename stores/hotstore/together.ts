import { setImmediate as immediate } from "node:timers/promises";

/** Items of one question at most, so that it keeps nobody else waiting for long. */
const ITEMS_MAX = 256;

/** What a store replied: the text of the cursor, and a reply for each item, in their order. */
export type Replies<Reply> = readonly [cursor: string, replies: readonly Reply[]];

/** Asks for items that are under the same key. */
export type Ask<Key, Item, Reply> = (key: Key, items: readonly Item[]) => Promise<Replies<Reply>>;

/** What is asked of a key in this turn. */
type Gathered<Item, Reply> = {
  readonly name: string;
  readonly items: Item[];
  readonly replies: Promise<Replies<Reply>>;
};

/**
 * Lets what is asked of one key in one turn of the event loop share a question. What costs is the question: a
 * process that has just stood still finds many calls waiting, and is through with them in half the time.
 */
export function together<Key, Item, Reply>(
  ask: Ask<Key, Item, Reply>,
  nameOf: (key: Key) => string,
): Ask<Key, Item, Reply> {
  let gathered: Gathered<Item, Reply>[] = [];

  async function askLater(key: Key, items: readonly Item[]): Promise<Replies<Reply>> {
    await immediate();
    gathered = gathered.filter((one) => one.items !== items);
    return ask(key, items);
  }

  return async (key, items) => {
    const name = nameOf(key);
    let open = gathered.find(
      (one) => one.name === name && one.items.length + items.length <= ITEMS_MAX,
    );
    if (open === undefined) {
      const items: Item[] = [];
      open = { name, items, replies: askLater(key, items) };
      gathered.push(open);
    }
    const from = open.items.length;
    open.items.push(...items);
    const [cursor, replies] = await open.replies;
    return [cursor, replies.slice(from, from + items.length)];
  };
}
