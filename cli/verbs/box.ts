import type { Command } from "commander";
import { dateArgument } from "../arguments.ts";
import { boxScoreJson, boxScoreText } from "../box-score.ts";
import { gameMeant } from "../game-meant.ts";
import { meshServices, read } from "../mesh-services.ts";
import { askedSeason, type SeasonOptions, seasonOfGame, withSeason } from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";

type Options = SeasonOptions &
  WhenOptions & {
    readonly date?: string;
    readonly periods?: boolean;
    readonly metrics?: boolean;
    readonly json?: boolean;
  };

/** `box`: the box score of one game. */
export function addBox(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("box")))
    .description("show the box score of a game")
    .argument("<game>", 'its id, or its teams as "LAL@DEN", the visitors first')
    .option("--date <day>", "the day of the game, where teams met more than once", dateArgument)
    .option("--periods", "with a row a period, below each player and the team")
    .option("--metrics", "with eFG%, TS% and game scores, and pace and ratings of the teams")
    .option("--json", "as JSON, always with the periods")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- box 0022300061" +
        "\n  npm run -s courtside -- box LAL@DEN --date 2023-10-24",
    )
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const asked = askedSeason(options);
      const gameId = await gameMeant(services, asked, query, options.date);
      const season = seasonOfGame(asked.league, gameId) ?? asked;
      const withMetrics = options.metrics ?? false;
      const box = await read(() =>
        services.stats.getBoxScore({ withMetrics, season, gameId, ...when }),
      );
      services.close();
      await shell.out(
        options.json
          ? JSON.stringify(boxScoreJson(box), null, 2)
          : boxScoreText(box, shell.columns, options.periods),
      );
    });
}
