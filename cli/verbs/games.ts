import type { Command } from "commander";
import { GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { GameSummary } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { allGames } from "../all-games.ts";
import { dateArgument } from "../arguments.ts";
import { gameJson, stageText, teamJson, teamText } from "../game-text.ts";
import { meshServices } from "../mesh-services.ts";
import { askedSeason, type SeasonOptions, seasonText, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { tableOf } from "../tables.ts";

type Options = SeasonOptions & { readonly date?: string; readonly json?: boolean };

/** `games`: the games of a season or of one day, with their scores. */
export function addGames(program: Command, shell: Shell): void {
  withSeason(program.command("games"))
    .description("list the games of a season, or of one day, with their scores")
    .option("--date <day>", "only the games of this day", dateArgument)
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- games --date 2023-10-24")
    .action(async (options: Options) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const { games, position } = await allGames(services, season, options.date);
      services.close();
      if (options.json) {
        const json = { games: games.map(summaryJson), position };
        return shell.out(JSON.stringify(json, null, 2));
      }
      if (games.length === 0) {
        const when = options.date === undefined ? "" : ` on ${options.date}`;
        shell.note(`No game of ${seasonText(season)} is known${when}.`);
        return;
      }
      await shell.out(gamesTable(games));
    });
}

function gamesTable(games: readonly GameSummary[]): string {
  const columns = [
    { head: "Date" },
    { head: "Game" },
    { head: "Away" },
    { head: "", align: "right" },
    { head: "Home" },
    { head: "", align: "right" },
    { head: "Status" },
  ] as const;
  const rows = games.map(({ game, away, home, awayPoints, homePoints }) => {
    const begun = game?.status === GameStatus.LIVE || game?.status === GameStatus.FINAL;
    const played = begun || awayPoints + homePoints > 0;
    return [
      game?.date,
      game?.gameId,
      teamText(away),
      played ? awayPoints : "",
      teamText(home),
      played ? homePoints : "",
      stageText(game),
    ];
  });
  return tableOf({ columns, rows });
}

function summaryJson({ game, away, home, awayPoints, homePoints }: GameSummary) {
  return {
    ...gameJson(game),
    away: teamJson(away),
    home: teamJson(home),
    awayPoints,
    homePoints,
  };
}
