import type { Command } from "commander";
import type { PlayerSeason } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { teamJson, teamText } from "../game-text.ts";
import { meshServices, read } from "../mesh-services.ts";
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

type Options = SeasonOptions & WhenOptions & { readonly json?: boolean };

/** `player`: a player's season, in all and per team. */
export function addPlayer(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("player")))
    .description("show a player's season, in all and per team")
    .argument("<player>", "an id or a name; capitals and accents do not matter")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- player Doncic")
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const playerId = await playerMeant(services, season.league, query);
      const answer = await read(() =>
        services.stats.getPlayerSeason({ season, playerId, ...when }),
      );
      services.close();
      const { player, position } = answer;
      if (player === undefined) return;
      await shell.out(
        options.json
          ? JSON.stringify({ ...playerJson(player), position }, null, 2)
          : playerText(player, season, shell.columns),
      );
    });
}

function playerText(player: PlayerSeason, season: AskedSeason, width: number | undefined) {
  const { name, playerId, gamesPlayed, totals, teams } = player;
  const columns = [{ head: "Team" }, { head: "GP", align: "right" }, ...TOTALS_COLUMNS] as const;
  const perTeam = teams.map(({ team, gamesPlayed, totals }): Cell[] => [
    teamText(team),
    gamesPlayed,
    ...totalsCells(totals),
  ]);
  const inAll: Cell[] = ["All", gamesPlayed, ...totalsCells(totals)];
  const mean: Cell[] = ["per game", "", ...meanCells(totals, gamesPlayed)];
  const below = perTeam.length > 1 ? [inAll, mean] : [mean];
  const table = tableOf({ columns, rows: perTeam, totals: below }, width);
  return `${name} (${playerId}) · ${seasonText(season)}\n\n${table}`;
}

function playerJson({ playerId, name, gamesPlayed, totals, teams }: PlayerSeason) {
  return {
    playerId,
    name,
    gamesPlayed,
    totals: totalsJson(totals),
    teams: teams.map(({ team, gamesPlayed, totals }) => ({
      team: teamJson(team),
      gamesPlayed,
      totals: totalsJson(totals),
    })),
  };
}
