import { type Command, InvalidArgumentError, Option } from "commander";
import type { LeaderCategory } from "#domain/metrics";
import { CATEGORIES } from "#domain/season-metrics";
import { ABBREVIATIONS, type Statistic } from "#domain/statistics";
import type {
  Leader,
  ListLeadersResponse,
  Standing,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { statisticOnWire } from "#wire/lines";
import { categoryOnWire } from "#wire/metrics";
import { positiveArgument } from "../arguments.ts";
import { teamJson, teamText } from "../game-text.ts";
import { type MeshServices, meshServices, read } from "../mesh-services.ts";
import { formulasJson, percent } from "../metrics-text.ts";
import {
  type AskedSeason,
  askedSeason,
  type SeasonOptions,
  seasonText,
  withSeason,
} from "../seasons.ts";
import { Complaint, type Shell } from "../shell.ts";
import { CATEGORY_HEADINGS, rankingNamed, wordsOf } from "../stat-names.ts";
import { type Cell, type Column, tableOf } from "../tables.ts";
import { type WhenOptions, whenAsked, withWhen } from "../when.ts";
import { optionsText, type WindowOptions, windowOfOptions, withWindow } from "../windows.ts";

type Options = SeasonOptions &
  WhenOptions &
  WindowOptions & {
    readonly top: number;
    readonly minimum?: "league" | "none";
    readonly minGames?: number;
    readonly minMinutes?: number;
    readonly minMade?: number;
    readonly minAttempted?: number;
    readonly json?: boolean;
  };

const PAGE_SIZE_MAX = 500;

/** `leaders`: the players of a season ranked by a statistic, or by what is derived of them. */
export function addLeaders(program: Command, shell: Shell): void {
  withWindow(withWhen(withSeason(program.command("leaders"))))
    .description("rank the players of a season by a statistic, or by what is derived such as FG%")
    .argument("<stat>", 'pts, reb, "three pointers made", …; or "FG%", PPG, PER, TS%, DD2, …')
    .option("--top <n>", "how many", positiveArgument, 10)
    .addOption(
      new Option("--minimum <which>", "what a player must have, where it is derived")
        .choices(["league", "none"])
        .conflicts(["minGames", "minMinutes", "minMade", "minAttempted"]),
    )
    .option("--min-games <n>", "at least so many games", countArgument)
    .option("--min-minutes <n>", "at least so many minutes on court", countArgument)
    .option("--min-made <n>", "at least so many made of the shots of a percentage", countArgument)
    .option("--min-attempted <n>", "at least so many of them attempted", countArgument)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run -s courtside -- leaders assists --top 20" +
        "\n  npm run -s courtside -- leaders points --week 2023-10-29" +
        '\n  npm run -s courtside -- leaders "FG%"' +
        "\n  npm run -s courtside -- leaders PER --min-minutes 100",
    )
    .action(async (name: string, options: Options) => {
      const ranking = rankingNamed(name);
      const services = meshServices(shell.env);
      const season = askedSeason(options);
      const text =
        "statistic" in ranking
          ? await totalsLeaders(services, season, ranking.statistic, options)
          : await derivedLeaders(services, season, ranking.category, options);
      services.close();
      await shell.out(text);
    });
}

/** The leaders by a statistic's total, as the options want them. */
async function totalsLeaders(
  services: MeshServices,
  season: AskedSeason,
  statistic: Statistic,
  options: Options,
): Promise<string> {
  if (options.minimum !== undefined || minimumAsked(options) !== undefined) {
    throw new Complaint("Totals have no minimum: it goes with what is derived, such as FG%.");
  }
  const { standings, total, position } = await top(services, season, statistic, options);
  if (options.json) {
    const json = { statistic, standings: standings.map(standingJson), total, position };
    return JSON.stringify(json, null, 2);
  }
  const within = optionsText(options);
  const head = [wordsOf(statistic), seasonText(season), within].filter(Boolean).join(" · ");
  return `${head}\n\n${leadersTable(statistic, standings)}`;
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
  const window = windowOfOptions(options);
  const board = { season, statistic: statisticOnWire(statistic), window };
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

/** The leaders of a category, as the options want them. */
async function derivedLeaders(
  services: MeshServices,
  season: AskedSeason,
  category: LeaderCategory,
  options: Options,
): Promise<string> {
  if (windowOfOptions(options) !== undefined) {
    throw new Complaint("Only totals are ranked within a day, a week or a month: pts, reb, …");
  }
  const minimum = minimumAsked(options);
  const ofShots = CATEGORIES[category].shots !== undefined;
  if (!ofShots && (minimum?.made || minimum?.attempted)) {
    throw new Complaint("--min-made and --min-attempted go with FG%, 3P%, FT% and eFG% alone.");
  }
  const request = {
    ...{ season, category: categoryOnWire(category), ...whenAsked(options) },
    ...(minimum && { minimum }),
  };
  const leaders: Leader[] = [];
  for (let pageToken = ""; ; ) {
    const pageSize = Math.min(PAGE_SIZE_MAX, options.top - leaders.length);
    const asked = { ...request, pageSize, pageToken };
    const page = await read(() => services.leaderboard.listLeaders(asked));
    leaders.push(...page.leaders);
    pageToken = page.nextPageToken;
    if (pageToken === "" || leaders.length >= options.top) {
      const answer = { ...page, leaders };
      return options.json ? derivedJson(category, answer) : derivedText(category, season, answer);
    }
  }
}

/** The numbers that the options ask for; all 0 to rank everybody, and undefined for the league's. */
function minimumAsked(options: Options) {
  const { minimum, minGames, minMinutes, minMade, minAttempted } = options;
  const own = [minGames, minMinutes, minMade, minAttempted];
  if (minimum !== "none" && own.every((count) => count === undefined)) return undefined;
  const [games = 0, minutes = 0, made = 0, attempted = 0] = own;
  return { games, secondsPlayed: 60 * minutes, made, attempted };
}

function derivedText(
  category: LeaderCategory,
  season: AskedSeason,
  { leaders, total, unqualified, minimum }: ListLeadersResponse,
): string {
  const hasShots = leaders.some(({ attempted }) => attempted !== undefined);
  const columns: Column[] = [
    { head: "#", align: "right" },
    { head: "Player" },
    { head: "Team" },
    { head: "GP", align: "right" },
    ...(hasShots ? [{ head: "made", align: "right" } as const] : []),
    { head: CATEGORY_HEADINGS[category], align: "right" },
  ];
  const rows = leaders.map(({ rank, name, teams, gamesPlayed, made, attempted, value }): Cell[] => [
    ...[rank, name, teams.map(teamText).join(", "), gamesPlayed],
    ...(hasShots ? [`${made}-${attempted}`] : []),
    valueText(category, value),
  ]);
  const others = `${unqualified} ${unqualified === 1 ? "other has" : "others have"} less than`;
  const which = minimum === "" ? "the minimum" : `the league's minimum (${minimum})`;
  const below = unqualified === 0 ? "" : `\n\n${total} ranked; ${others} ${which}.`;
  const head = `${wordsOf(category)} · ${seasonText(season)}`;
  return `${head}\n\n${tableOf({ columns, rows })}${below}`;
}

/** A value as people write it: fractions per cent, counts whole, ratios with two decimals. */
function valueText(category: LeaderCategory, value: number): Cell {
  const heading = CATEGORY_HEADINGS[category];
  if (heading.endsWith("%")) return percent(value);
  if (heading.endsWith("/TO")) return value.toFixed(2);
  return category === "doubleDoubles" || category === "tripleDoubles" ? value : value.toFixed(1);
}

function derivedJson(category: LeaderCategory, answer: ListLeadersResponse): string {
  const { leaders, total, unqualified, minimum, formulas, position } = answer;
  const json = {
    category,
    leaders: leaders.map(
      ({ rank, playerId, name, teams, value, gamesPlayed, made, attempted }) => ({
        ...{ rank, playerId, name, teams: teams.map(teamJson), value, gamesPlayed },
        ...{ made: made ?? null, attempted: attempted ?? null },
      }),
    ),
    ...{ total, unqualified, minimum: minimum || null, formulas: formulasJson(formulas), position },
  };
  return JSON.stringify(json, null, 2);
}

function countArgument(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 0.");
}
