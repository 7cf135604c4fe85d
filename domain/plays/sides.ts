import { inGameOrder, type Play } from "./play.ts";

/** Which team plays at home. A side is absent while it has not scored. */
export type Sides = { readonly homeTeamId?: string; readonly awayTeamId?: string };

/** The sides, told from whose score rises with whose baskets. */
export function sidesOf(plays: readonly Play[]): Sides {
  let homeTeamId: string | undefined;
  let awayTeamId: string | undefined;
  let before = { home: 0, away: 0 };
  for (const { made, teamId, score } of inGameOrder(plays)) {
    if (made && score.home > before.home && score.away === before.away) homeTeamId ??= teamId;
    if (made && score.away > before.away && score.home === before.home) awayTeamId ??= teamId;
    before = score;
  }
  return { homeTeamId, awayTeamId };
}
