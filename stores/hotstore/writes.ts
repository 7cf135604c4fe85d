import { type BoxScores, countedLine, EMPTY_BOX_SCORE, type PlayerLines } from "#domain/boxscore";
import {
  EMPTY_TALLY,
  isEmptySide,
  type SeasonTotals,
  sidesOf,
  type TeamSeason,
} from "#domain/season";
import type { Slot } from "#domain/slots";
import { STATISTICS } from "#domain/statistics";
import {
  changedGameFields,
  gameInListText,
  playerGameText,
  playerSeasonText,
  teamGameText,
  teamSeasonText,
} from "./codec.ts";
import type { HotCursor } from "./cursor.ts";
import { keysOf } from "./keys.ts";

/** One command on one key. */
export type Write = { readonly key: string; readonly command: string; readonly args: string[] };

/** The state of the games and seasons that a fold touches. */
export type SlotState = { readonly games: BoxScores; readonly seasons: SeasonTotals };

/** Arguments of one command; the script refuses more than 4,000. */
const ARGUMENTS_MAX = 2_000;

/**
 * The writes that lead from one state of a slot to the next, which is that at the cursor: only what changed.
 * But for the versions of games, what is written is a function of the state alone, so that a slot that was
 * made again equals one that grew.
 */
export function writesOf(
  slot: Slot,
  { generation, digest }: Pick<HotCursor, "generation" | "digest">,
  was: SlotState,
  now: SlotState,
): Write[] {
  const keys = keysOf(slot, generation);
  const writes: Write[] = [];
  const put = (key: string, command: string, args: string[]) => {
    for (let at = 0; at < args.length; at += ARGUMENTS_MAX) {
      writes.push({ key, command, args: args.slice(at, at + ARGUMENTS_MAX) });
    }
  };
  const putField = (key: string, field: string, text: string | undefined) =>
    text === undefined ? put(key, "HDEL", [field]) : put(key, "HSET", [field, text]);

  const list: string[] = [];
  const versions: string[] = [];
  for (const [gameId, box] of now.games) {
    const before = was.games.get(gameId) ?? EMPTY_BOX_SCORE;
    const fields = changedGameFields(before, box);
    put(keys.game(gameId), "HSET", fields);
    if (fields.length > 0) versions.push(gameId, digest);
    const text = gameInListText(box);
    if (!was.games.has(gameId) || text !== gameInListText(before)) list.push(gameId, text);
  }
  put(keys.games, "HSET", list);
  put(keys.versions, "HSET", versions);

  const { players, teams } = now.seasons;
  const known = [...players].filter(([, { all }]) => all.games > 0);
  const goneIds = [...players].filter(([, { all }]) => all.games === 0).map(([id]) => id);
  const goneTeams = [...teams].filter(([, season]) => isEmpty(season));
  put(
    keys.players,
    "HSET",
    known.flatMap(([id, season]) => [id, playerSeasonText(season)]),
  );
  put(keys.players, "HDEL", goneIds);
  put(
    keys.teams,
    "HSET",
    [...teams].flatMap(([id, season]) => (isEmpty(season) ? [] : [id, teamSeasonText(season)])),
  );
  put(
    keys.teams,
    "HDEL",
    goneTeams.map(([id]) => id),
  );

  for (const [gameId, box] of now.games) {
    const before = was.games.get(gameId) ?? EMPTY_BOX_SCORE;
    const lines = changedTexts(before.players, box.players, lineText);
    for (const [id, text] of lines) putField(keys.playerGames(id), gameId, text);
    const sides = changedTexts(sidesOf(before), sidesOf(box), teamGameText);
    for (const [id, text] of sides) putField(keys.teamGames(id), gameId, text);
  }

  for (const statistic of STATISTICS) {
    const scores: string[] = [];
    for (const [playerId, { all }] of known) {
      const before = was.seasons.players.get(playerId)?.all ?? EMPTY_TALLY;
      if (before.games === 0 || before.totals[statistic] !== all.totals[statistic]) {
        // Kept as minus the score and read upwards: Redis would break ties backwards otherwise.
        scores.push(String(-all.totals[statistic]), playerId);
      }
    }
    put(keys.standings(statistic), "ZADD", scores);
    put(keys.standings(statistic), "ZREM", goneIds);
  }
  return writes;
}

/** Whether a team's season is worth nothing: no game of it counts on either side. */
function isEmpty(season: TeamSeason): boolean {
  return isEmptySide(season) && isEmptySide(season.opponents);
}

/** The line that counts as a player's game log has it; undefined when none does. */
function lineText(lines: PlayerLines): string | undefined {
  const counted = countedLine(lines);
  return counted && playerGameText(counted);
}

/** The texts that are new or other ones, and undefined for those that are gone. */
function changedTexts<Value>(
  was: ReadonlyMap<string, Value>,
  now: ReadonlyMap<string, Value>,
  textOf: (value: Value) => string | undefined,
): Map<string, string | undefined> {
  const changed = new Map<string, string | undefined>();
  for (const id of now.keys()) {
    const [before, after] = [was.get(id), now.get(id)];
    // Most are the very objects that they were.
    if (before === after) continue;
    const text = after && textOf(after);
    if (text !== (before && textOf(before))) changed.set(id, text);
  }
  for (const id of was.keys()) if (!now.has(id)) changed.set(id, undefined);
  return changed;
}
