/** A member of a board and its score; a higher score is better. */
export type Scored = { readonly member: string; readonly score: number };

/** Its place among all: 1 is best; equal scores share a rank and the next one is skipped. */
export type Standing = Scored & { readonly rank: number };

/**
 * The standings of consecutive rows of a board, best first (1, 2, 2, 4: standard competition ranking).
 *
 * `from` is the 0-based place of the first row, and `better` how many members of the whole board have a
 * higher score than it: fewer than `from` when its score is shared across the page's edge.
 */
export function ranked<Row extends Scored>(
  rows: readonly Row[],
  from: number,
  better: number,
): (Row & Standing)[] {
  let rank = better + 1;
  let score = rows[0]?.score;
  return rows.map((row, at) => {
    if (row.score !== score) {
      rank = from + at + 1;
      ({ score } = row);
    }
    return { ...row, rank };
  });
}
