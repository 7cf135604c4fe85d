import type { Command } from "commander";
import { type PlayerMetrics, PlayerMetricsSchema } from "#gen/courtside/metrics/v1/metrics_pb.ts";
import type { Window } from "#gen/courtside/read/v1/window_pb.ts";
import type {
  GetPlayerSeasonResponse,
  PlayerSeason,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { teamJson, teamText } from "../game-text.ts";
import { meshServices, read } from "../mesh-services.ts";
import { formulasJson, metricsJson, playerMetricsText } from "../metrics-text.ts";
import { playerMeant } from "../names.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { type Cell, tableOf } from "../tables.ts";
import { meanCells, TOTALS_COLUMNS, totalsCells, totalsJson } from "../totals.ts";
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

/** `player`: a player's season or a window of it, in all and per team. */
export function addPlayer(program: Command, shell: Shell): void {
  withBy(withWindow(withWhen(withSeason(program.command("player")))))
    .description("show a player's season, in all and per team")
    .argument("<player>", "an id or a name; capitals and accents do not matter")
    .option("--metrics", "with what is derived: percentages, rates and ratings")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- player Doncic" +
        "\n  npm run -s courtside -- player Doncic --week 2023-10-29" +
        "\n  npm run -s courtside -- player Doncic --by month" +
        "\n  npm run -s courtside -- player Jokic --metrics",
    )
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const playerId = await playerMeant(services, season.league, query);
      const window = windowOfOptions(options);
      const request = { season, playerId, window, withMetrics: options.metrics, ...when };
      const answer = await read(() => services.stats.getPlayerSeason(request));
      const { player } = answer;
      if (player === undefined) return services.close();
      const { by } = options;
      if (by !== undefined) {
        const subject = { case: "playerId" as const, value: playerId };
        const { rows, position } = await allWindows(services, season, subject, by, when);
        services.close();
        const { name } = player;
        if (options.json) {
          const json = { playerId, name, by, windows: rows.map(windowTotalsJson), position };
          return shell.out(JSON.stringify(json, null, 2));
        }
        const head = headOf(player, season);
        return shell.out(`${head}\n\n${windowsTable(by, rows, shell.columns)}`);
      }
      services.close();
      if (options.json) {
        return shell.out(JSON.stringify(answerJson(player, answer), null, 2));
      }
      if (player.gamesPlayed === 0) {
        return shell.note(`${headOf(player, season, answer.window)}: no game counts there.`);
      }
      await shell.out(playerText(player, season, answer.window, shell.columns));
    });
}

/** Whose season it is, and which, or which window of it. */
function headOf({ name, playerId }: PlayerSeason, season: AskedSeason, window?: Window): string {
  const when = window === undefined ? "" : ` · ${windowText(window)}`;
  return `${name} (${playerId}) · ${seasonText(season)}${when}`;
}

function playerText(
  player: PlayerSeason,
  season: AskedSeason,
  window: Window | undefined,
  width: number | undefined,
) {
  const { gamesPlayed, totals, teams, live } = player;
  const columns = [{ head: "Team" }, { head: "GP", align: "right" }, ...TOTALS_COLUMNS] as const;
  const perTeam = teams.map(({ team, gamesPlayed, totals }): Cell[] => [
    teamText(team),
    gamesPlayed,
    ...totalsCells(totals),
  ]);
  const inAll: Cell[] = ["All", gamesPlayed, ...totalsCells(totals)];
  const mean: Cell[] = ["per game", "", ...meanCells(totals, gamesPlayed)];
  const below = [...(perTeam.length > 1 ? [inAll] : []), mean, ...liveRows(live)];
  const table = tableOf({ columns, rows: perTeam, totals: below }, width);
  const rows = teams.map(({ team, metrics }) => ({ name: teamText(team), metrics }));
  if (rows.length > 1) rows.push({ name: "All", metrics: player.metrics });
  const derived = player.metrics && playerMetricsText(rows, width);
  return [headOf(player, season, window), table, derived].filter(Boolean).join("\n\n");
}

function answerJson(player: PlayerSeason, { window, formulas, position }: GetPlayerSeasonResponse) {
  const derived = formulas && { formulas: formulasJson(formulas) };
  return { ...playerJson(player), window: windowJson(window), ...derived, position };
}

function playerJson(player: PlayerSeason) {
  const { playerId, name, gamesPlayed, totals, teams, live } = player;
  const derived = (metrics: PlayerMetrics | undefined) =>
    player.metrics && { metrics: metricsJson(PlayerMetricsSchema, metrics) };
  return {
    playerId,
    name,
    gamesPlayed,
    totals: totalsJson(totals),
    ...derived(player.metrics),
    teams: teams.map(({ team, gamesPlayed, totals, metrics }) => ({
      team: teamJson(team),
      gamesPlayed,
      totals: totalsJson(totals),
      ...derived(metrics),
    })),
    live: liveJson(live),
  };
}
