import type { Command } from "commander";
import { ABBREVIATIONS, type Statistic } from "#domain/statistics";
import type { Standing } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { statisticOnWire } from "#wire/lines";
import { positiveArgument } from "../arguments.ts";
import { type MeshServices, meshServices, read } from "../mesh-services.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import type { Shell } from "../shell.ts";
import { statisticNamed, wordsOf } from "../stat-names.ts";
import { tableOf } from "../tables.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";

type Options = SeasonOptions & WhenOptions & { readonly top: number; readonly json?: boolean };

const PAGE_SIZE_MAX = 500;

/** `leaders`: the players of a season ranked by one statistic. */
export function addLeaders(program: Command, shell: Shell): void {
  withWhen(withSeason(program.command("leaders")))
    .description("rank the players of a season by a statistic")
    .argument("<stat>", 'a statistic: pts, reb, "three pointers made", …')
    .option("--top <n>", "how many", positiveArgument, 10)
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  npm run -s courtside -- leaders assists --top 20")
    .action(async (name: string, options: Options) => {
      const statistic = statisticNamed(name);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const { standings, total, position } = await top(services, season, statistic, options);
      services.close();
      if (options.json) {
        const json = { statistic, standings: standings.map(standingJson), total, position };
        return shell.out(JSON.stringify(json, null, 2));
      }
      const head = `${wordsOf(statistic)} · ${seasonText(season)}`;
      await shell.out(`${head}\n\n${leadersTable(statistic, standings)}`);
    });
}

/** The first so many of a board, and the position of the last page that it took. */
async function top(
  services: MeshServices,
  season: AskedSeason,
  statistic: Statistic,
  options: Options,
) {
  const count = options.top;
  const when = whenAsked(options);
  const board = { season, statistic: statisticOnWire(statistic) };
  const standings: Standing[] = [];
  for (let pageToken = ""; ; ) {
    const pageSize = Math.min(PAGE_SIZE_MAX, count - standings.length);
    const request = { board, pageSize, pageToken, ...when };
    const page = await read(() => services.leaderboard.listStandings(request));
    standings.push(...page.standings);
    pageToken = page.nextPageToken;
    if (pageToken === "" || standings.length >= count) {
      return { standings, total: page.total, position: page.position };
    }
  }
}

/** A board as a table. */
export function leadersTable(statistic: Statistic, standings: readonly Standing[]): string {
  const columns = [
    { head: "#", align: "right" },
    { head: "Player" },
    { head: ABBREVIATIONS[statistic].toUpperCase(), align: "right" },
  ] as const;
  const rows = standings.map(({ rank, name, score }) => [rank, name, String(score)]);
  return tableOf({ columns, rows });
}

function standingJson({ rank, memberId, name, score }: Standing) {
  return { rank, playerId: memberId, name, value: Number(score) };
}
