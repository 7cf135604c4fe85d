import {
  type LineMetrics,
  LineMetricsSchema,
  type Shooting,
  TeamMetricsSchema,
} from "#gen/courtside/metrics/v1/metrics_pb.ts";
import type {
  AbsentPlayer,
  GetBoxScoreResponse,
  TeamBox,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { gameJson, periodText, stageText, teamJson, teamText, wholeTeamText } from "./game-text.ts";
import { decimal, formulasJson, metricsJson, percent, ratingsText } from "./metrics-text.ts";
import { type Cell, type Column, tableOf } from "./tables.ts";
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
  const { team, players, totals, teamTotals, metrics, didNotPlay } = box;
  const derived = metrics === undefined ? [] : METRICS_COLUMNS;
  const columns = [{ head: wholeTeamText(team) }, ...TOTALS_COLUMNS, ...derived];
  const rowsBelow = (answered: AnsweredPeriods) =>
    periods ? periodRows(answered).map((row) => [...row, ...derived.map(() => "")]) : [];
  const lineCells = ({ metrics: { shooting, gameScore } = {} }: Measured): Cell[] =>
    derived.length === 0 ? [] : [...metricsCells(shooting), decimal(gameScore)];
  const rows = players.flatMap((player) => [
    [player.name, ...totalsCells(player.totals), ...lineCells(player)],
    ...rowsBelow(player),
  ]);
  const ofTeam = metrics === undefined ? [] : [...metricsCells(metrics.shooting), ""];
  const inAll = [["Totals", ...totalsCells(totals), ...ofTeam], ...rowsBelow(box)];
  const table = tableOf({ columns, rows, totals: inAll }, width);
  const ratings = metrics && ratingsText(metrics);
  const flagged = box.flags.map((flag) => `Does not fit: ${flag}.`);
  const below = [teamTotalsText(teamTotals), ratings, absencesText(didNotPlay), ...flagged];
  return [table, ...below].filter(Boolean).join("\n");
}

/** Who did not play and why, as sentences; undefined when nothing is known of it. */
function absencesText(absent: readonly AbsentPlayer[]): string | undefined {
  const listed = (what: string, players: readonly AbsentPlayer[]) => {
    const names = players.map(({ name, ...why }) =>
      [name, reasonText(why)].filter(Boolean).join(" "),
    );
    return names.length === 0 ? [] : [`${what}: ${names.join(", ")}.`];
  };
  const sentences = [
    ...listed(
      "Did not play",
      absent.filter(({ inactive }) => !inactive),
    ),
    ...listed(
      "Inactive",
      absent.filter(({ inactive }) => inactive),
    ),
  ];
  return sentences.length === 0 ? undefined : sentences.join("\n");
}

// The league's words begin with whether the player was on the active list, which is said already.
function reasonText({ reason, description }: Pick<AbsentPlayer, "reason" | "description">) {
  const word = reason
    .replace(/^[A-Z]+_/, "")
    .replaceAll("_", " ")
    .toLowerCase();
  const why = [word, description].filter(Boolean).join(": ");
  return why === "" ? "" : `(${why})`;
}

const METRICS_COLUMNS: readonly Column[] = ["eFG%", "TS%", "GmSc"].map((head) => ({
  head,
  align: "right",
}));

/** A row that may have metrics. */
type Measured = { readonly metrics?: Partial<LineMetrics> | undefined };

function metricsCells(shooting: Shooting | undefined): Cell[] {
  return [
    percent(shooting?.effectiveFieldGoalPercentage),
    percent(shooting?.trueShootingPercentage),
  ];
}

function periodRows({ periods, unassigned }: AnsweredPeriods): Cell[][] {
  const rows = periods.map(({ period, totals }) => [
    ` ${periodText(period)}`,
    ...totalsCells(totals),
  ]);
  return unassigned === undefined ? rows : [...rows, [" unassigned", ...totalsCells(unassigned)]];
}

/** A box score for a program. */
export function boxScoreJson({ game, teams, formulas, position }: GetBoxScoreResponse) {
  return {
    game: gameJson(game),
    teams: teams.map(({ team, players, totals, teamTotals, periods, unassigned, ...more }) => ({
      team: teamJson(team),
      players: players.map((player) => ({
        playerId: player.playerId,
        name: player.name,
        official: player.official,
        totals: totalsJson(player.totals),
        ...periodsJson(player),
        ...(formulas && { metrics: metricsJson(LineMetricsSchema, player.metrics) }),
      })),
      totals: totalsJson(totals),
      teamTotals: teamTotalsJson(teamTotals),
      ...periodsJson({ periods, unassigned }),
      ...(formulas && { metrics: metricsJson(TeamMetricsSchema, more.metrics) }),
      flags: [...more.flags],
      didNotPlay: more.didNotPlay.map(({ playerId, name, inactive, reason, description }) => ({
        ...{ playerId, name, inactive },
        ...{ reason: reason || null, description: description || null },
      })),
    })),
    ...(formulas && { formulas: formulasJson(formulas) }),
    position,
  };
}
