import type { Command } from "commander";
import { TeamMetricsSchema } from "#gen/courtside/metrics/v1/metrics_pb.ts";
import type { GetTeamSeasonResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { teamJson, wholeTeamText } from "../game-text.ts";
import { meshServices, read } from "../mesh-services.ts";
import { formulasJson, metricsJson, teamMetricsText } from "../metrics-text.ts";
import { teamMeant } from "../names.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { type Cell, tableOf } from "../tables.ts";
import {
  averageCells,
  meanCells,
  TOTALS_COLUMNS,
  teamTotalsJson,
  teamTotalsText,
  totalsCells,
  totalsJson,
} from "../totals.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";
import {
  allWindows,
  type ByOptions,
  liveJson,
  liveRows,
  type WindowOptions,
  windowJson,
  windowOfOptions,
  windowsTable,
  windowText,
  windowTotalsJson,
  withBy,
  withWindow,
} from "../windows.ts";

type Options = SeasonOptions &
  WhenOptions &
  WindowOptions &
  ByOptions & { readonly metrics?: boolean; readonly json?: boolean };

/** `team`: a team's season, or a window of it. */
export function addTeam(program: Command, shell: Shell): void {
  withBy(withWindow(withWhen(withSeason(program.command("team")))))
    .description("show a team's season")
    .argument("<team>", "an id, a short name or a part of the name")
    .option("--metrics", "with what is derived: percentages, four factors, pace and ratings")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- team Lakers" +
        "\n  npm run -s courtside -- team Lakers --month 2023-10" +
        "\n  npm run -s courtside -- team Lakers --by week" +
        "\n  npm run -s courtside -- team Denver --metrics",
    )
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const teamId = await teamMeant(services, season.league, query);
      const window = windowOfOptions(options);
      const request = { season, teamId, window, withMetrics: options.metrics, ...when };
      const answer = await read(() => services.stats.getTeamSeason(request));
      const { by } = options;
      if (by !== undefined) {
        const subject = { case: "teamId" as const, value: teamId };
        const { rows, position } = await allWindows(services, season, subject, by, when);
        services.close();
        const { team } = answer;
        if (options.json) {
          const windows = rows.map(windowTotalsJson);
          return shell.out(
            JSON.stringify({ team: teamJson(team), by, windows, position }, null, 2),
          );
        }
        const head = headOf(answer, season);
        return shell.out(`${head}\n\n${windowsTable(by, rows, shell.columns)}`);
      }
      services.close();
      if (options.json) return shell.out(JSON.stringify(teamSeasonJson(answer), null, 2));
      if (answer.gamesPlayed === 0 && answer.window !== undefined) {
        return shell.note(`${headOf(answer, season)}: no game counts there.`);
      }
      await shell.out(teamText(answer, season, shell.columns));
    });
}

/** Whose season it is, and which, or which window of it. */
function headOf({ team, window }: GetTeamSeasonResponse, season: AskedSeason): string {
  const when = window === undefined ? "" : ` · ${windowText(window)}`;
  return `${wholeTeamText(team)} (${team?.teamId}) · ${seasonText(season)}${when}`;
}

function teamText(
  answer: GetTeamSeasonResponse,
  season: AskedSeason,
  width: number | undefined,
): string {
  const { gamesPlayed, totals, teamTotals, live, metrics } = answer;
  const columns = [{ head: "" }, { head: "GP", align: "right" }, ...TOTALS_COLUMNS] as const;
  const opponents = metrics && ["opponents per game", "", ...averageCells(metrics.opponentPerGame)];
  const rows: Cell[][] = [
    ["total", gamesPlayed, ...totalsCells(totals)],
    ["per game", "", ...meanCells(totals, gamesPlayed)],
    ...(opponents === undefined ? [] : [opponents]),
    ...liveRows(live),
  ];
  const table = tableOf({ columns, rows }, width);
  const derived = metrics && `\n${teamMetricsText(metrics, width)}`;
  return [`${headOf(answer, season)}\n`, table, teamTotalsText(teamTotals), derived]
    .filter(Boolean)
    .join("\n");
}

function teamSeasonJson({
  team,
  gamesPlayed,
  totals,
  teamTotals,
  live,
  window,
  metrics,
  formulas,
  position,
}: GetTeamSeasonResponse) {
  return {
    team: teamJson(team),
    gamesPlayed,
    totals: totalsJson(totals),
    teamTotals: teamTotalsJson(teamTotals),
    live: liveJson(live),
    window: windowJson(window),
    ...(metrics && {
      metrics: metricsJson(TeamMetricsSchema, metrics),
      formulas: formulasJson(formulas),
    }),
    position,
  };
}
