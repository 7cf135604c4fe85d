import type { HandlerContext } from "@connectrpc/connect";
import {
  gamesIn,
  isTeamKnown,
  type PlayerSeason,
  playerSeasonOver,
  type TeamSeason,
  teamSeason,
  type Window,
} from "#domain/season";
import { type Season, type Slot, slotOf } from "#domain/slots";
import { deadlineOf } from "#runtime/rpc";
import type { FoundIn, Reader, ReadsWithFallback, When } from "#stores/reads";

/** How long a reader waits for its position, in ms: without a deadline of its own, and at most. */
const WAIT_MS_DEFAULT = 5_000;
const WAIT_MS_MAX = 10_000;

/** How long a call may wait for its position. */
export function waitOf(context: HandlerContext) {
  return deadlineOf(context, WAIT_MS_DEFAULT, WAIT_MS_MAX);
}

/** A reader of seasons that waits no longer than a call may. */
export function bounded(read: Reader) {
  return <Value>(
    season: Season,
    when: When,
    context: HandlerContext,
    find: (from: ReadsWithFallback) => Promise<FoundIn<Value>>,
  ) => read(slotOf(season), when, waitOf(context), find);
}

/**
 * Players' seasons, or what of them lies in a window, in the order asked for; undefined for a player of
 * whom no line counts in the season.
 */
export async function playersIn(
  from: ReadsWithFallback,
  slot: Slot,
  playerIds: readonly string[],
  window: Window | undefined,
): Promise<FoundIn<(PlayerSeason | undefined)[]>> {
  if (window === undefined) return from.players(slot, playerIds);
  const found = await from.playerGames(slot, playerIds);
  const value = found.value.map((games) =>
    games.length === 0 ? undefined : playerSeasonOver(gamesIn(window, games)),
  );
  return { ...found, value };
}

/** A team's season, or what of it lies in a window; undefined where no line counts in the season. */
export async function teamIn(
  from: ReadsWithFallback,
  slot: Slot,
  teamId: string,
  window: Window | undefined,
): Promise<FoundIn<TeamSeason | undefined>> {
  if (window === undefined) return from.team(slot, teamId);
  const found = await from.teamGames(slot, teamId);
  const isKnown = isTeamKnown(teamSeason(found.value));
  return { ...found, value: isKnown ? teamSeason(gamesIn(window, found.value)) : undefined };
}
