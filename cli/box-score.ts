import type { GetBoxScoreResponse, TeamBox } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { gameJson, periodText, stageText, teamJson, teamText, wholeTeamText } from "./game-text.ts";
import { type Cell, tableOf } from "./tables.ts";
import {
  type AnsweredPeriods,
  periodsJson,
  TOTALS_COLUMNS,
  teamTotalsJson,
  teamTotalsText,
  totalsCells,
  totalsJson,
} from "./totals.ts";

/**
 * A box score as text: the score, and a table a team, so wide where it is known; `periods` gives each
 * period, and what is in none, a row below the player's and the team's.
 */
export function boxScoreText(box: GetBoxScoreResponse, width?: number, periods = false): string {
  const teams = box.teams.map((team) => teamBoxText(team, width, periods));
  return [scoreText(box), ...teams].join("\n\n");
}

/** The score in one line: "LAL 107 @ DEN 119 · final · 2023-10-24 · 0022300061". */
export function scoreText({ game, teams }: GetBoxScoreResponse): string {
  const known = game?.homeTeamId !== undefined && game.awayTeamId !== undefined;
  const sides = teams.map(({ team, totals }) => `${teamText(team)} ${totals?.points ?? 0}`);
  const parts = [sides.join(known ? " @ " : " – "), stageText(game), game?.date, game?.gameId];
  return parts.filter(Boolean).join(" · ");
}

function teamBoxText(box: TeamBox, width: number | undefined, periods: boolean): string {
  const { team, players, totals, teamTotals } = box;
  const columns = [{ head: wholeTeamText(team) }, ...TOTALS_COLUMNS];
  const rowsBelow = (answered: AnsweredPeriods) => (periods ? periodRows(answered) : []);
  const rows = players.flatMap((player) => [
    [player.name, ...totalsCells(player.totals)],
    ...rowsBelow(player),
  ]);
  const inAll = [["Totals", ...totalsCells(totals)], ...rowsBelow(box)];
  const table = tableOf({ columns, rows, totals: inAll }, width);
  const teamOnly = teamTotalsText(teamTotals);
  return teamOnly === undefined ? table : `${table}\n${teamOnly}`;
}

function periodRows({ periods, unassigned }: AnsweredPeriods): Cell[][] {
  const rows = periods.map(({ period, totals }) => [
    ` ${periodText(period)}`,
    ...totalsCells(totals),
  ]);
  return unassigned === undefined ? rows : [...rows, [" unassigned", ...totalsCells(unassigned)]];
}

/** A box score for a program. */
export function boxScoreJson({ game, teams, position }: GetBoxScoreResponse) {
  return {
    game: gameJson(game),
    teams: teams.map(({ team, players, totals, teamTotals, periods, unassigned }) => ({
      team: teamJson(team),
      players: players.map((player) => ({
        playerId: player.playerId,
        name: player.name,
        official: player.official,
        totals: totalsJson(player.totals),
        ...periodsJson(player),
      })),
      totals: totalsJson(totals),
      teamTotals: teamTotalsJson(teamTotals),
      ...periodsJson({ periods, unassigned }),
    })),
    position,
  };
}
