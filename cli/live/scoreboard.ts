import type { Standing } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import type { GetBoxScoreResponse, TeamBox } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { scoreText } from "../box-score.ts";
import { wholeTeamText } from "../game-text.ts";
import { type Cell, tableOf } from "../tables.ts";
import { clockText } from "../totals.ts";

/** What is shown of a game while it is played. */
export type Moment = {
  readonly box: GetBoxScoreResponse;
  /** The first of each board, under the board's heading. */
  readonly leaders: readonly { readonly head: string; readonly standings: readonly Standing[] }[];
};

/** How much room there is to show it. */
export type Room = { readonly columns: number; readonly rows: number };

const NAME_COLUMNS_MAX = 24;
const NAME_COLUMNS_MIN = 10;
// All columns but the name, with one space between them.
const COUNTS_COLUMNS = 54;
// As wide as they will be at the end of a game: columns that grow under the eye are restless.
const HEAD_COLUMNS: Readonly<Record<string, number>> = { MIN: 6, FG: 6, "3P": 5, FT: 5 };
// Around the players' rows: a heading, a rule, a rule and the totals a team, and an empty line.
const ROWS_A_TEAM = 5;

/** The scoreboard as lines that fit the room: score and clock, both teams' players, leaders. */
export function scoreboardLines({ box, leaders }: Moment, { columns, rows }: Room): string[] {
  const leaderLines = leaders.map(({ head, standings }) => leaderLine(head, standings));
  const taken = 2 + leaderLines.length + ROWS_A_TEAM * Math.max(1, box.teams.length);
  const playersMax = Math.max(1, Math.floor((rows - 1 - taken) / Math.max(1, box.teams.length)));
  const nameColumns = Math.max(
    NAME_COLUMNS_MIN,
    Math.min(NAME_COLUMNS_MAX, columns - COUNTS_COLUMNS),
  );
  const teams = box.teams.flatMap((team) => [
    ...teamLines(team, playersMax, nameColumns, columns).split("\n"),
    "",
  ]);
  const lines = [scoreText(box), "", ...teams, ...leaderLines];
  return lines.slice(0, Math.max(1, rows - 1)).map((line) => line.slice(0, columns));
}

function teamLines(box: TeamBox, playersMax: number, nameColumns: number, room: number): string {
  const { team, players, totals } = box;
  const heads = ["MIN", "PTS", "FG", "3P", "FT", "REB", "AST", "STL", "BLK", "TOV", "PF"];
  const name = (text: string) => text.slice(0, nameColumns).padEnd(nameColumns);
  const columns = [
    { head: name(wholeTeamText(team)) },
    ...heads.map((head) => ({
      head: head.padStart(HEAD_COLUMNS[head] ?? 3),
      align: "right" as const,
    })),
  ];
  const shown = players
    .slice(0, playersMax)
    .map((player) => [name(player.name), ...cells(player.totals)]);
  return tableOf({ columns, rows: shown, totals: [[name("Totals"), ...cells(totals)]] }, room);
}

function cells(totals: TeamBox["totals"]): Cell[] {
  return [
    clockText(totals?.secondsPlayed),
    totals?.points,
    `${totals?.fieldGoalsMade ?? 0}-${totals?.fieldGoalsAttempted ?? 0}`,
    `${totals?.threePointersMade ?? 0}-${totals?.threePointersAttempted ?? 0}`,
    `${totals?.freeThrowsMade ?? 0}-${totals?.freeThrowsAttempted ?? 0}`,
    totals?.rebounds,
    totals?.assists,
    totals?.steals,
    totals?.blocks,
    totals?.turnovers,
    totals?.personalFouls,
  ];
}

/** The first of a board in one line: "PTS  1 Nikola Jokić 29 · 2 Anthony Davis 17". */
export function leaderLine(head: string, standings: readonly Standing[]): string {
  const rows = standings.map(({ rank, name, score }) => `${rank} ${name} ${score}`);
  return `Season ${head.toUpperCase().padEnd(4)} ${rows.join(" · ")}`;
}
