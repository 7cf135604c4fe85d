import type { Command } from "commander";
import { Order } from "#gen/courtside/read/v1/order_pb.ts";
import { GameResult, type LoggedGame } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { everyPage } from "../every-page.ts";
import { gameJson, stageText, teamJson, teamText } from "../game-text.ts";
import { meshServices } from "../mesh-services.ts";
import { subjectMeant } from "../names.ts";
import { askedSeason, type SeasonOptions, seasonText, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { tableOf } from "../tables.ts";
import { TOTALS_COLUMNS, teamTotalsJson, totalsCells, totalsJson } from "../totals.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";
import { type WindowOptions, windowOfOptions, withWindow } from "../windows.ts";

type Options = SeasonOptions &
  WhenOptions &
  WindowOptions & { readonly oldest?: boolean; readonly json?: boolean };

const GAMES_PER_PAGE = 500;

/** `log`: the games of a player or a team. */
export function addLog(program: Command, shell: Shell): void {
  withWindow(withWhen(withSeason(program.command("log"))))
    .description("show the games of a player or a team, one by one")
    .argument("<who>", "a player or a team, by id, name or short name")
    .option("--oldest", "the first game first")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- log Jokic --month 2023-10" +
        "\n  npm run -s courtside -- log LAL --oldest",
    )
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const { subject, name } = await subjectMeant(services, season.league, query);
      const order = options.oldest ? Order.OLDEST_FIRST : Order.NEWEST_FIRST;
      const window = windowOfOptions(options);
      const asked = { season, subject, order, window, pageSize: GAMES_PER_PAGE, ...when };
      const { rows, position } = await everyPage(
        (pageToken) => services.stats.getGameLog({ ...asked, pageToken }),
        ({ games }) => games,
      );
      services.close();
      if (options.json) {
        return shell.out(JSON.stringify({ games: rows.map(loggedJson), position }, null, 2));
      }
      const head = `${name} (${subject.value}) · ${seasonText(season)}`;
      if (rows.length === 0) return shell.note(`${head}: no game counts there.`);
      await shell.out(`${head}\n\n${logTable(rows, shell.columns)}`);
    });
}

const RESULTS: Readonly<Partial<Record<GameResult, string>>> = {
  [GameResult.WON]: "won",
  [GameResult.LOST]: "lost",
};

function logTable(games: readonly LoggedGame[], width: number | undefined): string {
  const columns = [
    { head: "Date" },
    { head: "Game" },
    { head: "Result" },
    { head: "Score", align: "right" },
    ...TOTALS_COLUMNS,
  ] as const;
  const rows = games.map((row) => {
    const { game, team, opponent, atHome, points, opponentPoints, result, totals } = row;
    const between = atHome === undefined ? "–" : atHome ? "vs" : "@";
    return [
      game?.date,
      `${teamText(team)} ${between} ${teamText(opponent)}`,
      RESULTS[result] ?? stageText(game),
      `${points}-${opponentPoints}`,
      ...totalsCells(totals),
    ];
  });
  return tableOf({ columns, rows }, width);
}

function loggedJson({ game, team, opponent, ...row }: LoggedGame) {
  return {
    ...gameJson(game),
    team: teamJson(team),
    opponent: teamJson(opponent),
    atHome: row.atHome ?? null,
    points: row.points,
    opponentPoints: row.opponentPoints,
    result: RESULTS[row.result] ?? null,
    totals: totalsJson(row.totals),
    ...(row.official !== undefined && { official: row.official }),
    ...(row.teamTotals && { teamTotals: teamTotalsJson(row.teamTotals) }),
  };
}
