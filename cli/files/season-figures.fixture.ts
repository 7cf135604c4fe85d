import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { type BoxScore, type BoxScores, type Entry, foldBoxScores } from "#domain/boxscore";
import { brokenRules } from "#domain/line-rules";
import { type PlayedGame, type PlayerLine, playedGame } from "#domain/plays";
import {
  byWindow,
  foldSeason,
  playerSeasonOver,
  sumOfTallies,
  type Tally,
  teamSeason,
  WINDOW_KINDS,
} from "#domain/season";
import { ABBREVIATIONS, COUNTING, STATISTICS, sumOf } from "#domain/statistics";
import { gameLogsOf } from "../../domain/season/game-logs.fixture.ts";
import { type GamePlays, readGames, readOfficialLines } from "./index.ts";

/** What a folder of events comes to as lines, and how that compares with the official box scores. */
export type SeasonFigures = {
  readonly games: number;
  readonly lines: Readonly<Record<PlayerLine["reason"] | "team", number>>;
  /** Players' games in which nothing was counted. */
  readonly allZero: number;
  /** Players' games in the events, and those of them whose counting statistics are all official. */
  readonly players: number;
  readonly playersEqual: number;
  /** Players' games whose seconds / 60, rounded half up, are the official minutes. */
  readonly minutesEqual: number;
  /** "game player" of those that only one of the two has, or has for another team. */
  readonly strangers: readonly string[];
  /** "game player statistic official ours", sorted. */
  readonly differences: readonly string[];
  /** The same from the file that lists them. */
  readonly differencesListed: readonly string[];
  /**
   * What contradicts games.csv or the order of time, lines that break a rule of box scores, and periods
   * or windows that do not add up.
   */
  readonly contradictions: readonly string[];
};

/** Turns every game below `folder` (which has events/ and the official files) into lines and counts. */
export async function seasonFigures(folder: string): Promise<SeasonFigures> {
  const lines = { appeared: 0, counted: 0, "period-ended": 0, team: 0 };
  const finals = new Map<string, PlayerLine>();
  const contradictions: string[] = [];
  const planned = new Map(
    rowsOf(join(folder, "games.csv")).map((row) => [row.game_id ?? "", row] as const),
  );
  const boxes = new Map<string, BoxScore>();
  let games = 0;
  for await (const game of readGames(join(folder, "events"))) {
    games += 1;
    const played = playedGame(game.plays, game.tipOff);
    for (const line of played.lines) {
      lines[line.kind === "player" ? line.reason : "team"] += 1;
      if (line.kind !== "player") continue;
      finals.set(`${game.gameId} ${line.playerId}`, line);
      for (const { statistic, description } of brokenRules(line.totals)) {
        contradictions.push(`${game.gameId} ${line.playerId}: ${statistic} ${description}`);
      }
    }
    contradictions.push(...contradictionsOf(game, played, planned.get(game.gameId)));
    for (const [gameId, box] of foldBoxScores(new Map(), entriesOf(game, played))) {
      boxes.set(gameId, box);
    }
  }
  contradictions.push(...windowContradictions(boxes));

  const strangers = new Set(finals.keys());
  const differences: string[] = [];
  let playersEqual = 0;
  let minutesEqual = 0;
  for (const { gameId, rows } of await readOfficialLines(join(folder, "player-box.csv.gz"))) {
    for (const { playerId, teamId, minutes, totals } of rows) {
      const key = `${gameId} ${playerId}`;
      contradictions.push(...brokenRules(totals).map(({ statistic }) => `${key}: ${statistic}`));
      const line = finals.get(key);
      if (line?.teamId !== teamId) strangers.add(key);
      else strangers.delete(key);
      const wrong = COUNTING.filter((statistic) => line?.totals[statistic] !== totals[statistic]);
      if (wrong.length === 0) playersEqual += 1;
      for (const statistic of wrong) {
        const cell = [ABBREVIATIONS[statistic], totals[statistic], line?.totals[statistic]];
        differences.push(`${key} ${cell.join(" ")}`);
      }
      if (Math.floor((line?.totals.secondsPlayed ?? 0) / 60 + 0.5) === minutes) minutesEqual += 1;
    }
  }
  return {
    games,
    lines,
    allZero: [...finals.values()].filter(({ totals }) =>
      COUNTING.every((statistic) => totals[statistic] === 0),
    ).length,
    players: finals.size,
    playersEqual,
    minutesEqual,
    strangers: [...strangers],
    differences: differences.sort(),
    differencesListed: rowsOf(join(folder, "official-vs-events-differences.csv"))
      .map((row) => [row.game_id, row.player_id, row.stat, row.official, row.from_events].join(" "))
      .sort(),
    contradictions,
  };
}

function contradictionsOf(
  { gameId, plays }: GamePlays,
  { lines, periods, score, homeTeamId, awayTeamId }: PlayedGame,
  row: Record<string, string> | undefined,
): string[] {
  const points = new Map<string, number>();
  const finals = new Map<string, PlayerLine>();
  let before = 0;
  let backwards = 0;
  let atOdds = 0;
  for (const line of lines) {
    if (line.kind === "player" && !addsUp(line)) atOdds += 1;
    if (line.happenedAt < before || !Number.isInteger(line.happenedAt)) backwards += 1;
    before = line.happenedAt;
    if (line.kind === "player") finals.set(line.playerId, line);
  }
  for (const { teamId, totals } of finals.values()) {
    points.set(teamId, (points.get(teamId) ?? 0) + totals.points);
  }
  const ours = [homeTeamId, awayTeamId, score.home, score.away, periods, plays.length];
  const sums = [points.get(homeTeamId ?? ""), points.get(awayTeamId ?? "")];
  const theirs = [
    row?.home_team_id,
    row?.away_team_id,
    row?.home_score,
    row?.away_score,
    row?.periods,
    row?.events,
  ];
  return [
    ...(ours.join() === theirs.join() ? [] : [`${gameId}: ${ours} is not ${theirs}`]),
    ...(sums.join() === `${score.home},${score.away}` ? [] : [`${gameId}: points ${sums}`]),
    ...(atOdds === 0 ? [] : [`${gameId}: the periods of ${atOdds} lines do not add up`]),
    ...(backwards === 0 ? [] : [`${gameId}: ${backwards} lines go back in time`]),
  ];
}

function addsUp({ periods, period, totals }: PlayerLine): boolean {
  const sum = sumOf(periods.map((row) => row.totals));
  const numbers = periods.map((row) => row.period);
  return (
    numbers.every((number, at) => number > (numbers[at - 1] ?? 0) && number <= period) &&
    STATISTICS.every((statistic) => (sum[statistic] ?? 0) === totals[statistic])
  );
}

/** What a game comes to as the journal has it: its date, and the lines of its players. */
function entriesOf({ gameId, date }: GamePlays, { lines }: PlayedGame): Entry[] {
  const facts = { kind: "game" as const, gameId, revision: 1, facts: { date } };
  const own = lines.flatMap((line, at): Entry[] =>
    line.kind === "player"
      ? [
          {
            kind: "live",
            gameId,
            playerId: line.playerId,
            line: { ...line, epoch: 1, number: at + 1 },
          },
        ]
      : [],
  );
  return [facts, ...own];
}

/** Of which players and teams the windows of a kind do not add up to the season. */
function windowContradictions(boxes: BoxScores): string[] {
  const season = foldSeason({ players: new Map(), teams: new Map() }, new Map(), boxes);
  const logs = gameLogsOf(boxes);
  return WINDOW_KINDS.flatMap((kind) => {
    const contradiction = (id: string, all: Tally, parts: readonly Tally[]) =>
      isDeepStrictEqual(sumOfTallies(parts), all) ? [] : [`the ${kind}s of ${id} do not add up`];
    const players = [...season.players].flatMap(([id, { all }]) => {
      const windows = byWindow(kind, logs.players.get(id) ?? []);
      return contradiction(
        id,
        all,
        windows.map(({ games }) => playerSeasonOver(games).all),
      );
    });
    const teams = [...season.teams].flatMap(([id, { players }]) => {
      const windows = byWindow(kind, logs.teams.get(id) ?? []);
      return contradiction(
        id,
        players,
        windows.map(({ games }) => teamSeason(games).players),
      );
    });
    return [...players, ...teams];
  });
}

function rowsOf(file: string): Record<string, string>[] {
  return parse(readFileSync(file, "utf8"), { columns: true });
}
