import { type Command, Option } from "commander";
import { GAME_STATUSES, type GameStatus } from "#domain/boxscore";
import { GameStatus as OnWire } from "#gen/courtside/game/v1/game_pb.ts";
import type { GameSummary } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { orderOnWire, statusOnWire } from "#wire/games";
import { allGames } from "../all-games.ts";
import { dateArgument } from "../arguments.ts";
import { gameJson, stageText, teamJson, teamText } from "../game-text.ts";
import { meshServices } from "../mesh-services.ts";
import { teamMeant } from "../names.ts";
import { askedSeason, type SeasonOptions, seasonText, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { tableOf } from "../tables.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";

type Options = SeasonOptions &
  WhenOptions & {
    readonly date?: string;
    readonly team?: string;
    readonly status?: GameStatus;
    readonly newest?: boolean;
    readonly json?: boolean;
  };

/** `games`: the games of a season, of one day, team or status, with their scores. */
export function addGames(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("games")))
    .description("list the games of a season, with their scores")
    .option("--date <day>", "only the games of this day", dateArgument)
    .option("--team <team>", "only the games of this team, by id, short name or name")
    .addOption(
      new Option("--status <status>", "only the games that have come so far").choices(
        GAME_STATUSES,
      ),
    )
    .option("--newest", "the last game first")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- games --date 2023-10-24" +
        "\n  npm run -s courtside -- games --team LAL --status final --newest",
    )
    .action(async (options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const { date, team, status, newest } = options;
      const teamId = team === undefined ? "" : await teamMeant(services, season.league, team);
      const order = orderOnWire(newest ? "newest-first" : undefined);
      const asked = { date, teamId, status: statusOnWire(status), order, ...when };
      const { games, position } = await allGames(services, season, asked);
      services.close();
      if (options.json) {
        const json = { games: games.map(summaryJson), position };
        return shell.out(JSON.stringify(json, null, 2));
      }
      if (games.length === 0) {
        const limits = [status, team && `of ${team}`, date && `on ${date}`].filter(Boolean);
        const what = ["No game", ...limits].join(" ");
        shell.note(`${what} is known in ${seasonText(season)}.`);
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
    const begun = game?.status === OnWire.LIVE || game?.status === OnWire.FINAL;
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
