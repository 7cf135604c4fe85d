import type { Command } from "commander";
import type { GetTeamSeasonResponse } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { teamJson, wholeTeamText } from "../game-text.ts";
import { meshServices, read } from "../mesh-services.ts";
import { teamMeant } from "../names.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { tableOf } from "../tables.ts";
import {
  meanCells,
  TOTALS_COLUMNS,
  teamTotalsJson,
  teamTotalsText,
  totalsCells,
  totalsJson,
} from "../totals.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";

type Options = SeasonOptions & WhenOptions & { readonly json?: boolean };

/** `team`: a team's season. */
export function addTeam(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("team")))
    .description("show a team's season")
    .argument("<team>", "an id, a short name or a part of the name")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- team Lakers")
    .action(async (query: string, options: Options) => {
      const when = whenAsked(options);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const teamId = await teamMeant(services, season.league, query);
      const answer = await read(() => services.stats.getTeamSeason({ season, teamId, ...when }));
      services.close();
      await shell.out(
        options.json
          ? JSON.stringify(teamSeasonJson(answer), null, 2)
          : teamText(answer, season, shell.columns),
      );
    });
}

function teamText(
  answer: GetTeamSeasonResponse,
  season: AskedSeason,
  width: number | undefined,
): string {
  const { team, gamesPlayed, totals, teamTotals } = answer;
  const columns = [{ head: "" }, { head: "GP", align: "right" }, ...TOTALS_COLUMNS] as const;
  const rows = [
    ["total", gamesPlayed, ...totalsCells(totals)],
    ["per game", "", ...meanCells(totals, gamesPlayed)],
  ];
  const table = tableOf({ columns, rows }, width);
  const head = `${wholeTeamText(team)} (${team?.teamId}) · ${seasonText(season)}`;
  return [`${head}\n`, table, teamTotalsText(teamTotals)].filter(Boolean).join("\n");
}

function teamSeasonJson({
  team,
  gamesPlayed,
  totals,
  teamTotals,
  position,
}: GetTeamSeasonResponse) {
  return {
    team: teamJson(team),
    gamesPlayed,
    totals: totalsJson(totals),
    teamTotals: teamTotalsJson(teamTotals),
    position,
  };
}
