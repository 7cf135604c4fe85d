import { type AppendItem, type AppendVerdict, ENTRIES_PER_ROW_MAX } from "./journal.ts";

/** Items that are appended as one, and what they are of. */
export type Run = {
  readonly item: AppendItem;
  /** The items that it is made of, by their places: more than one only where they follow each other. */
  readonly places: readonly number[];
};

/**
 * Puts lines together that follow each other in one upload: what costs is the item, and many items are
 * one line. They fit their gate together or not at all.
 */
export function runsOf(items: readonly AppendItem[]): Run[] {
  const runs: Building[] = [];
  const open = new Map<string, Building>();
  for (const [place, item] of items.entries()) {
    const game = `${item.league} ${item.gameId}`;
    const last = open.get(game);
    if (last !== undefined && item.kind === "lines" && follows(item, last)) {
      last.parts.push(item);
      last.places.push(place);
      last.entries += item.entries;
      continue;
    }
    const run = { parts: [item], places: [place], entries: item.entries };
    runs.push(run);
    // Whatever else is said of a game stays where it is between its lines.
    open.set(game, run);
  }
  return runs.map(({ parts, places, entries }) => {
    const first = parts[0] as AppendItem;
    if (parts.length === 1) return { item: first, places };
    const body = Buffer.concat(parts.map((part) => part.body));
    return { item: { ...first, entries, body }, places };
  });
}

type Building = { readonly parts: AppendItem[]; readonly places: number[]; entries: number };

function follows(item: AppendItem & { kind: "lines" }, { parts, entries }: Building): boolean {
  const first = parts[0];
  return (
    first?.kind === "lines" &&
    first.slot === item.slot &&
    first.epoch === item.epoch &&
    first.number + entries === item.number &&
    entries + item.entries <= ENTRIES_PER_ROW_MAX
  );
}

/** What became of the items at some places that were appended as one; the end is that of all of them. */
export function* verdictsOf(
  places: readonly number[],
  verdict: AppendVerdict,
  items: readonly AppendItem[],
): Generator<readonly [place: number, AppendVerdict]> {
  let { firstOffset } = verdict;
  for (const place of places) {
    yield [place, { ...verdict, firstOffset }];
    if (firstOffset !== undefined) firstOffset += items[place]?.entries ?? 0;
  }
}
