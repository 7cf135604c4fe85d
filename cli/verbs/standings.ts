import type { Command } from "commander";
import type {
  ListTeamStandingsResponse,
  TeamStanding,
  WinLoss,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { teamJson, wholeTeamText } from "../game-text.ts";
import { meshServices, read } from "../mesh-services.ts";
import { formulasJson } from "../metrics-text.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { type Cell, tableOf } from "../tables.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";

type Options = SeasonOptions & WhenOptions & { readonly json?: boolean };

/** `standings`: the teams of a season by games won. */
export function addStandings(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("standings")))
    .description("list the teams of a season by games won, from the games that are final")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- standings" +
        "\n  npm run -s courtside -- standings --as-of 2023-10-27",
    )
    .action(async (options: Options) => {
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const request = { season, ...whenAsked(options) };
      const answer = await read(() => services.leaderboard.listTeamStandings(request));
      services.close();
      await shell.out(
        options.json ? standingsJson(answer) : standingsText(season, answer, shell.columns),
      );
    });
}

function standingsText(
  season: AskedSeason,
  { standings }: ListTeamStandingsResponse,
  width: number | undefined,
): string {
  const heads = ["W", "L", "PCT", "GB", "HOME", "AWAY", "STRK", "PF", "PA", "DIFF"];
  const columns = [{ head: "Team" }, ...heads.map((head) => ({ head, align: "right" }) as const)];
  const table = tableOf({ columns, rows: standings.map(cellsOf) }, width);
  return `standings · ${seasonText(season)}\n\n${table}`;
}

function cellsOf(row: TeamStanding): Cell[] {
  const { wins, losses, percentage, gamesBehind, streak, pointsFor, pointsAgainst } = row;
  const difference = pointsFor - pointsAgainst;
  return [
    ...[wholeTeamText(row.team), wins, losses],
    percentage?.toFixed(3).replace(/^0/, ""),
    gamesBehind === 0 ? "-" : gamesBehind.toFixed(1),
    recordText(row.home),
    recordText(row.away),
    streak === 0 ? "-" : `${streak > 0 ? "W" : "L"}${Math.abs(streak)}`,
    ...[pointsFor, pointsAgainst, difference > 0 ? `+${difference}` : difference],
  ];
}

function recordText(record: WinLoss | undefined): string {
  return `${record?.wins ?? 0}-${record?.losses ?? 0}`;
}

function standingsJson({ standings, formulas, position }: ListTeamStandingsResponse): string {
  const json = {
    standings: standings.map((row) => {
      const { wins, losses, percentage, gamesBehind, streak, pointsFor, pointsAgainst } = row;
      return {
        team: teamJson(row.team),
        ...{ wins, losses, percentage: percentage ?? null, gamesBehind, streak },
        ...{ home: recordJson(row.home), away: recordJson(row.away), pointsFor, pointsAgainst },
      };
    }),
    ...{ formulas: formulasJson(formulas), position },
  };
  return JSON.stringify(json, null, 2);
}

function recordJson(record: WinLoss | undefined) {
  return { wins: record?.wins ?? 0, losses: record?.losses ?? 0 };
}
