import {
  type BoxScore,
  EMPTY_BOX_SCORE,
  type Entry,
  foldBoxScores,
  type GameFacts,
} from "#domain/boxscore";

/** A moment to look back to. What is absent does not limit. */
export type Moment = {
  /** What had happened by then, by the arena's clock, in ms since 1970: as is known by now. */
  readonly happened?: number;
  /** What had been recorded by then, in ms since 1970: as was believed then. */
  readonly known?: number;
  /** What had been recorded before this offset. */
  readonly endOffset?: number;
};

/** Between which plays a game lies: those that live lines have counted, in ms since 1970. */
export type Span = { readonly first: number; readonly last: number };

/**
 * A game as of what had happened by a moment, from the entries that are known of it.
 *
 * A live line counts from the moment of its last play. Official lines are published of the whole game, so
 * they count from its last play on, as does who did not play. Day, teams and tip-off are known from the beginning; how far the game
 * had come follows from its span, and period and clock of a moment before its end are unknown.
 */
export function boxScoreAsOf(entries: Iterable<Entry>, happened: number, span: Span | undefined) {
  const ended = span === undefined || happened >= span.last;
  const counted: Entry[] = [];
  for (const entry of entries) {
    if (entry.kind === "live" || entry.kind === "team") {
      if (entry.line.happenedAt <= happened) counted.push(entry);
    } else if (entry.kind === "game" || ended) counted.push(entry);
  }
  const [first] = counted;
  if (first === undefined) return EMPTY_BOX_SCORE;
  const box = foldBoxScores(new Map(), counted).get(first.gameId) ?? EMPTY_BOX_SCORE;
  if (ended) return box;
  // Who has not played is known at the end: somebody on the bench may come in until then.
  const { didNotPlay, ...known } = box;
  return { ...known, facts: factsBeforeEnd(box, happened, span) };
}

function factsBeforeEnd({ facts }: BoxScore, happened: number, span: Span): GameFacts {
  const { period, clockLeftMs, homeScore, awayScore, status, ...lasting } = facts;
  return { ...lasting, status: happened < span.first ? "scheduled" : "live" };
}
