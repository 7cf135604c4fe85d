/**
 * The results of `work` for each item, in the order of the items, so many at once. Throws the first
 * failure; what was begun by then is waited for, and nothing more is begun.
 */
export async function eachAtOnce<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let place = 0;
  for await (const item of items) {
    if (failures.length > 0) break;
    const at = place++;
    const one = work(item)
      .then((result) => {
        results[at] = result;
      })
      .catch((error) => {
        failures.push(error);
      })
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= atOnce) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
  return results;
}
