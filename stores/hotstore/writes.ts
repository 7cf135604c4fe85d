import { type BoxScores, EMPTY_BOX_SCORE } from "#domain/boxscore";
import { EMPTY_TALLY, type SeasonTotals } from "#domain/season";
import type { Slot } from "#domain/slots";
import { STATISTICS } from "#domain/statistics";
import { changedGameFields, gameInListText, tallyText, teamOnlyText } from "./codec.ts";
import { keysOf } from "./keys.ts";

/** One command on one key. */
export type Write = { readonly key: string; readonly command: string; readonly args: string[] };

/** The state of the games and seasons that a fold touches. */
export type SlotState = { readonly games: BoxScores; readonly seasons: SeasonTotals };

/** Arguments of one command; the script refuses more than 4,000. */
const ARGUMENTS_MAX = 2_000;

/**
 * The writes that lead from one state of a slot to the next: only what changed. What is written is a
 * function of the state alone, so that a slot that was made again equals one that grew.
 */
export function writesOf(slot: Slot, generation: string, was: SlotState, now: SlotState): Write[] {
  const keys = keysOf(slot, generation);
  const writes: Write[] = [];
  const put = (key: string, command: string, args: string[]) => {
    for (let at = 0; at < args.length; at += ARGUMENTS_MAX) {
      writes.push({ key, command, args: args.slice(at, at + ARGUMENTS_MAX) });
    }
  };

  const list: string[] = [];
  for (const [gameId, box] of now.games) {
    const before = was.games.get(gameId) ?? EMPTY_BOX_SCORE;
    put(keys.game(gameId), "HSET", changedGameFields(before, box));
    const text = gameInListText(box);
    if (!was.games.has(gameId) || text !== gameInListText(before)) list.push(gameId, text);
  }
  put(keys.games, "HSET", list);

  for (const [playerId, season] of now.seasons.players) {
    const key = keys.player(playerId);
    const before = was.seasons.players.get(playerId);
    if (season.all.games === 0) {
      if (before) writes.push({ key, command: "UNLINK", args: [] });
      continue;
    }
    const fields = ["all", tallyText(season.all)];
    for (const [teamId, tally] of season.byTeam) {
      if (before?.byTeam.get(teamId) !== tally) fields.push(teamId, tallyText(tally));
    }
    put(key, "HSET", fields);
    const gone = [...(before?.byTeam.keys() ?? [])].filter((id) => !season.byTeam.has(id));
    put(key, "HDEL", gone);
  }

  for (const [teamId, season] of now.seasons.teams) {
    const key = keys.team(teamId);
    const before = was.seasons.teams.get(teamId);
    if (season.players.games > 0) put(key, "HSET", ["players", tallyText(season.players)]);
    else if (before) put(key, "HDEL", ["players"]);
    if (Object.values(season.team).some((value) => value !== 0)) {
      put(key, "HSET", ["team", teamOnlyText(season.team)]);
    } else if (before) put(key, "HDEL", ["team"]);
  }

  for (const statistic of STATISTICS) {
    const scores: string[] = [];
    const gone: string[] = [];
    for (const [playerId, { all }] of now.seasons.players) {
      const before = was.seasons.players.get(playerId)?.all ?? EMPTY_TALLY;
      if (all.games === 0) gone.push(playerId);
      else if (before.games === 0 || before.totals[statistic] !== all.totals[statistic]) {
        // Kept as minus the score and read upwards: Redis would break ties backwards otherwise.
        scores.push(String(-all.totals[statistic]), playerId);
      }
    }
    put(keys.standings(statistic), "ZADD", scores);
    put(keys.standings(statistic), "ZREM", gone);
  }
  return writes;
}
