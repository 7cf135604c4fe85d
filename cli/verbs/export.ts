import { Argument, type Command } from "commander";
import { ABBREVIATIONS, STATISTICS } from "#domain/statistics";
import type { GetBoxScoreResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { allGames } from "../all-games.ts";
import { csvLine } from "../csv.ts";
import { eachAtOnce } from "../each-at-once.ts";
import { meshServices, read } from "../mesh-services.ts";
import { progressOn } from "../progress.ts";
import { askedSeason, type SeasonOptions, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";

const CALLS_AT_ONCE = 8;

const HEADER = ["game_id", "team_id", "player_id", ...STATISTICS.map((one) => ABBREVIATIONS[one])];

/** `export`: what is known, as a file for other programs. */
export function addExport(program: Command, shell: Shell): void {
  withSeason(program.command("export"))
    .description("write every player's line of every game as CSV")
    .addArgument(new Argument("<what>", "what to export").choices(["player-games"]))
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- export player-games > season.csv")
    .action(async (_: string, options: SeasonOptions) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const { games } = await allGames(services, season);
      const gameIds = games.map(({ game }) => game?.gameId ?? "").sort();
      const progress = progressOn(shell.screen, "exported", gameIds.length, "games");
      const rows = await eachAtOnce(gameIds, CALLS_AT_ONCE, async (gameId) => {
        const box = await read(() => services.stats.getBoxScore({ season, gameId }));
        progress.add(1);
        return rowsOf(gameId, box);
      });
      progress.end();
      services.close();
      await shell.out(csvLine(HEADER));
      for (const ofGame of rows) {
        if (ofGame.length > 0) await shell.out(ofGame.map(csvLine).join("\n"));
      }
    });
}

/** The rows of one game, by team and player; what is not known counts 0, as it does in sums. */
export function rowsOf(gameId: string, { teams }: GetBoxScoreResponse): (string | number)[][] {
  const rows = teams.flatMap(({ team, players }) =>
    players.map(({ playerId, totals }) => {
      const counts = STATISTICS.map((statistic) => totals?.[statistic] ?? 0);
      return { teamId: team?.teamId ?? "", playerId, counts };
    }),
  );
  rows.sort((a, b) => byText(a.teamId, b.teamId) || byText(a.playerId, b.playerId));
  return rows.map(({ teamId, playerId, counts }) => [gameId, teamId, playerId, ...counts]);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
