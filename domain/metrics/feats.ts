import type { Counting, Totals } from "#domain/statistics";

/** The categories of which two make a double-double and three a triple-double. */
export const DOUBLE_CATEGORIES = [
  "points",
  "rebounds",
  "assists",
  "steals",
  "blocks",
] as const satisfies readonly Counting[];

/** How often a player had ten or more in two categories of a game, and in three. */
export type Feats = { readonly doubleDoubles: number; readonly tripleDoubles: number };

/**
 * In how many of {@link DOUBLE_CATEGORIES} a line of one game has 10 or more. What is unknown has
 * not.
 * Version 1. Source: NBA stats glossary, DD2 and TD3.
 */
export function doubleFigures(line: Totals): number {
  let figures = 0;
  for (const category of DOUBLE_CATEGORIES) if ((line[category] ?? 0) >= 10) figures += 1;
  return figures;
}

/**
 * Double- and triple-doubles over the lines of single games. A triple-double is a double-double as
 * well.
 * Version 1. Source: NBA stats glossary, DD2 and TD3.
 */
export function featsOf(lines: Iterable<Totals>): Feats {
  let doubleDoubles = 0;
  let tripleDoubles = 0;
  for (const line of lines) {
    const figures = doubleFigures(line);
    if (figures >= 2) doubleDoubles += 1;
    if (figures >= 3) tripleDoubles += 1;
  }
  return { doubleDoubles, tripleDoubles };
}
