import { createClient, createRouterTransport } from "@connectrpc/connect";
import { type BoxScore, foldBoxScores } from "#domain/boxscore";
import type { Standing } from "#domain/ranking";
import { foldSeason, isTeamKnown, type SeasonTotals } from "#domain/season";
import type { Slot } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { type Position, positionOf } from "#runtime/positions";
import {
  BEGINNING,
  type Cursor,
  decodeRow,
  type Journal,
  type JournalEntry,
} from "#stores/journal";
import {
  type History,
  type PastReads,
  pastFrom,
  pastReaderOf,
  readerOf,
  type SeasonReads,
  withFallback,
} from "#stores/reads";
import type { RosterCache } from "#stores/roster";
import { leaderboardHandlers } from "../../services/leaderboard/handlers.ts";
import { statsHandlers } from "../../services/stats/handlers.ts";
import { SILENT } from "./stores.fixture.ts";

/** Every entry of a slot's log, in order. */
export async function entriesOf(journal: Journal, slot: Slot): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (let cursor: Cursor = BEGINNING; ; ) {
    const rows = await journal.read(slot, cursor, 10_000);
    const last = rows.at(-1);
    if (last === undefined) return entries;
    entries.push(...rows.flatMap(decodeRow));
    cursor = { endOffset: last.firstOffset + last.entries, digest: last.digest };
  }
}

/**
 * The services over what a season must be after so many entries of its log: games by the fold of them,
 * and all sums made anew from those games for each position, so that nothing is carried on.
 *
 * Names are not known, so ids stand in their place.
 */
export function seasonOracle(entries: readonly JournalEntry[]) {
  const games = new Map<string, BoxScore>();
  let at: Position | undefined;
  let totals: SeasonTotals = NOTHING;

  async function found<Value>(value: Value) {
    if (at === undefined) return { cursor: undefined, value };
    const { journalId, endOffset, term } = at;
    const recordedAt = entries[endOffset - 1]?.recordedAt ?? 0;
    const cursor = { journalId, endOffset, terms: [{ term, firstOffset: 0 }], recordedAt };
    return { cursor, value };
  }
  const knownPlayers = () => [...totals.players].filter(([, { all }]) => all.games > 0);
  const board = (statistic: Statistic): Standing[] => {
    const rows = knownPlayers()
      .map(([member, { all }]) => ({ member, score: all.totals[statistic] }))
      .sort((a, b) => b.score - a.score || (a.member < b.member ? -1 : 1));
    return rows.map(({ member, score }) => {
      return { member, score, rank: 1 + rows.findIndex((row) => row.score === score) };
    });
  };
  const reads: Partial<SeasonReads> = {
    game: (_, gameId) => found(games.get(gameId)),
    players: (_, ids) => found(ids.map((id) => new Map(knownPlayers()).get(id))),
    team: (_, id) => found([totals.teams.get(id)].find((team) => team && isTeamKnown(team))),
    standings: (_, statistic, from, count) => {
      const rows = board(statistic);
      return found({ total: rows.length, rows: rows.slice(from, from + count) });
    },
    standingsOf: (_, statistic, members) => {
      const rows = new Map(board(statistic).map((row) => [row.member, row]));
      return found(members.map((member) => rows.get(member)));
    },
    standingsAround: (_, statistic, member, eachSide) => {
      const rows = board(statistic);
      const place = rows.findIndex((row) => row.member === member);
      return found(
        place < 0 ? [] : rows.slice(Math.max(0, place - eachSide), place + eachSide + 1),
      );
    },
  };
  const whole = reads as SeasonReads;
  const history: History = { at: () => reads as PastReads };
  const past = pastFrom({ primary: history }, SILENT);
  const read = readerOf(withFallback(whole, whole, SILENT), past);
  const readPast = pastReaderOf(read, past);
  const means = { read, readPast, names: NO_NAMES, slotOfGame: async () => undefined };
  const transport = createRouterTransport((router) =>
    router
      .service(StatsService, statsHandlers(means))
      .service(LeaderboardService, leaderboardHandlers(means)),
  );

  return {
    entries: entries.length,
    stats: createClient(StatsService, transport),
    leaderboard: createClient(LeaderboardService, transport),
    /** Goes on to the position of a token, which is no earlier one; empty is before the beginning. */
    moveTo(token: string): void {
      const from = at?.endOffset ?? 0;
      at = positionOf(token);
      const end = at?.endOffset ?? 0;
      if (end < from || end > entries.length) throw new Error(`${from} cannot go on to ${end}`);
      if (end === from) return;
      const more = entries.slice(from, end).map(({ entry }) => entry);
      for (const [gameId, box] of foldBoxScores(games, more)) games.set(gameId, box);
      totals = foldSeason(NOTHING, new Map(), games);
    },
  };
}

/** A {@link seasonOracle}. */
export type SeasonOracle = ReturnType<typeof seasonOracle>;

const NOTHING: SeasonTotals = { players: new Map(), teams: new Map() };

const NO_NAMES: RosterCache = {
  of: () => ({ version: 0, teams: new Map(), players: new Map() }),
  stop() {},
};
