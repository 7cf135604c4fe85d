/** How a list of games is ordered by time. */
export type Order = (typeof ORDERS)[number];

/** Both orders. */
export const ORDERS = ["oldest-first", "newest-first"] as const;

/** What a row of a list has to tell of its game. */
type Row = { readonly gameId: string; readonly facts: { readonly date?: string } };

/** Rows by their games' dates, then by game id, in either order; those without a date come last. */
export function inOrder<Game extends Row>(rows: Iterable<Game>, order: Order): Game[] {
  const sign = order === "oldest-first" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [one, other] = [a.facts.date, b.facts.date];
    if ((one === undefined) !== (other === undefined)) return one === undefined ? 1 : -1;
    return sign * (compared(one ?? "", other ?? "") || compared(a.gameId, b.gameId));
  });
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
