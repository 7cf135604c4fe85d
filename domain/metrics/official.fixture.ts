import type { Totals } from "#domain/statistics";
import {
  type FinalScore,
  fieldGoalPercentage,
  freeThrowPercentage,
  type TeamStanding,
  teamStandings,
  threePointPercentage,
} from "./index.ts";

/** One official line of a team, and what the league derived from it. */
export type OfficialTeamLine = {
  readonly gameId: string;
  readonly date: string;
  readonly teamId: string;
  readonly isHome: boolean;
  readonly won: boolean;
  /** Minutes are whole there, of all players together. */
  readonly totals: Totals;
  /** To three places; undefined where the cell is empty. */
  readonly percentages: readonly (number | undefined)[];
};

const COLUMNS: readonly (readonly [keyof Totals, string])[] = [
  ["points", "PTS"],
  ["fieldGoalsMade", "FGM"],
  ["fieldGoalsAttempted", "FGA"],
  ["threePointersMade", "FG3M"],
  ["threePointersAttempted", "FG3A"],
  ["freeThrowsMade", "FTM"],
  ["freeThrowsAttempted", "FTA"],
  ["offensiveRebounds", "OREB"],
  ["defensiveRebounds", "DREB"],
  ["rebounds", "REB"],
  ["assists", "AST"],
  ["steals", "STL"],
  ["blocks", "BLK"],
  ["turnovers", "TOV"],
  ["personalFouls", "PF"],
];

/** The rows of a CSV file that quotes nothing, by their headings. */
export function rowsOf(csv: string): Map<string, string>[] {
  const [heading = "", ...lines] = csv.trim().split("\n");
  const names = heading.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return new Map(names.map((name, at) => [name, cells[at] ?? ""]));
  });
}

/** The lines of a team-box file. */
export function officialTeamLines(csv: string): OfficialTeamLine[] {
  return rowsOf(csv).map((row) => {
    const text = (column: string) => row.get(column) ?? "";
    const percentage = (column: string) => (text(column) === "" ? undefined : Number(text(column)));
    return {
      gameId: text("GAME_ID"),
      date: text("GAME_DATE"),
      teamId: text("TEAM_ID"),
      isHome: text("MATCHUP").includes(" vs. "),
      won: text("WL") === "W",
      totals: {
        secondsPlayed: 60 * Number(text("MIN")),
        ...Object.fromEntries(COLUMNS.map(([name, column]) => [name, Number(text(column))])),
      },
      percentages: ["FG_PCT", "FG3_PCT", "FT_PCT"].map(percentage),
    };
  });
}

/** Each percentage of the lines that is not the official one when rounded to three places. */
export function percentagesDifferent(lines: readonly OfficialTeamLine[]): string[] {
  return lines.flatMap(({ gameId, teamId, totals, percentages }) => {
    const ours = [fieldGoalPercentage, threePointPercentage, freeThrowPercentage].map((formula) =>
      thousandths(formula(totals)),
    );
    return ours.flatMap((value, at) => {
      const official = thousandths(percentages[at]);
      return value === official ? [] : [`${gameId} ${teamId}: ${value}, official ${official}`];
    });
  });
}

/** The two sides of each game, home first. */
export function sidesOf(
  lines: readonly OfficialTeamLine[],
): (readonly [home: OfficialTeamLine, away: OfficialTeamLine])[] {
  const games = Map.groupBy(lines, ({ gameId }) => gameId);
  return [...games.values()].map((sides) => {
    const home = sides.find(({ isHome }) => isHome);
    const away = sides.find(({ isHome }) => !isHome);
    if (!home || !away || sides.length !== 2)
      throw new Error(`${sides[0]?.gameId} has no two sides.`);
    return [home, away] as const;
  });
}

/** The final scores of the games. */
export function finalScoresOf(lines: readonly OfficialTeamLine[]): FinalScore[] {
  return sidesOf(lines).map(([home, away]) => ({
    gameId: home.gameId,
    date: home.date,
    homeTeamId: home.teamId,
    awayTeamId: away.teamId,
    homeScore: home.totals.points ?? 0,
    awayScore: away.totals.points ?? 0,
  }));
}

/** What the letters W and L of the lines make of each team, in order of team id. */
export function officialRecords(lines: readonly OfficialTeamLine[]) {
  const teams = Map.groupBy(lines, ({ teamId }) => teamId);
  return [...teams]
    .map(([teamId, all]) => {
      const inOrder = all.toSorted((one, other) => (one.date < other.date ? -1 : 1));
      const letters = inOrder.map(({ won }) => (won ? "W" : "L")).join("");
      const count = (letter: string, isHome: boolean) =>
        all.filter((line) => line.isHome === isHome && (line.won ? "W" : "L") === letter).length;
      return {
        teamId,
        home: { wins: count("W", true), losses: count("L", true) },
        away: { wins: count("W", false), losses: count("L", false) },
        lastInARow: /(W+|L+)$/.exec(letters)?.[0],
      };
    })
    .sort(byTeam);
}

/** The same of our table. */
export function ourRecords(lines: readonly OfficialTeamLine[]) {
  return teamStandings(finalScoresOf(lines)).map(recordOf).sort(byTeam);
}

function recordOf({ teamId, home, away, streak }: TeamStanding) {
  const lastInARow = streak && (streak.result === "won" ? "W" : "L").repeat(streak.games);
  return { teamId, home, away, lastInARow };
}

function byTeam(one: { readonly teamId: string }, other: { readonly teamId: string }): number {
  return one.teamId < other.teamId ? -1 : 1;
}

function thousandths(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000);
}
