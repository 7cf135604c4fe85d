import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  coefficientsOf,
  type LeaderCategory,
  leaderMinimumsOf,
  type TeamStanding,
} from "#domain/metrics";
import {
  CATEGORIES,
  type Category,
  type FormulaName,
  type Leader,
  leaderBoard,
  type Qualifier,
  seasonContext,
  teamTable,
} from "#domain/season-metrics";
import { slotOf } from "#domain/slots";
import type {
  LeaderboardService,
  LeaderMinimum,
  LeaderSchema,
  TeamStandingSchema,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { badRequest } from "#runtime/rpc";
import { keptReads, listNamed, pageOf, placeAsked, type Reader, readPinned } from "#stores/reads";
import type { Names, RosterCache } from "#stores/roster";
import { categoryOf, formulasOnWire } from "#wire/metrics";
import { momentAsked } from "#wire/moments";
import { seasonAsked } from "#wire/seasons";
import { known, waitOf } from "./reading.ts";

const PAGE_SIZE_DEFAULT = 25;
const TEAMS_MAX = 500;

/** The formulas of the teams' table. */
const TABLE_FORMULAS: readonly FormulaName[] = [
  "gamesBehind",
  "teamStandings",
  "winningPercentage",
];

/** The formulas of a league's minimum. */
const MINIMUM_FORMULAS: readonly FormulaName[] = ["needed", "qualifies"];

/** What the handlers work on. */
type Means = { readonly read: Reader; readonly names: RosterCache };

/** The RPCs of what is derived from a season as a whole. */
type Leaders = Pick<ServiceImpl<typeof LeaderboardService>, "listLeaders" | "listTeamStandings">;

/** The RPCs of leaders and teams. The validation interceptor has enforced the rules in the .proto by now. */
export function leadersHandlers({ read, names }: Means): Leaders {
  const seasons = keptReads(
    read,
    (from, slot) => from.totals(slot),
    ({ league }, totals) => seasonContext(totals, coefficientsOf(league)),
  );
  const tables = keptReads(
    read,
    (from, slot) => from.games(slot),
    (_, games) => teamTable(games),
  );
  return {
    async listLeaders(request, context) {
      const { season: asked, pageSize, pageToken, readAfter, asOf } = request;
      const season = seasonAsked(asked);
      const slot = slotOf(season);
      const category = categoryOf(request.category);
      const qualifier = qualifierOf(request.minimum, category, season.league);
      const list = listNamed("leaders", slot, category, qualifier, momentAsked(asOf, slot));
      const place = placeAsked(pageToken, list);
      const found = await readPinned(place, { readAfter, asOf }, async (when) =>
        known(slot, await seasons(season, when, waitOf(context))),
      );
      const { leaders, unqualified } = leaderBoard(found.value, category, qualifier);
      const { rows, nextPageToken } = pageOf(
        leaders,
        { from: 0, pin: found.from.position, ...place },
        pageSize || PAGE_SIZE_DEFAULT,
        list,
      );
      const rule = CATEGORIES[category];
      const roster = names.of(season.league);
      const isOfLeague = qualifier.kind === "league";
      const formulas = [...rule.formulas, ...(isOfLeague ? MINIMUM_FORMULAS : [])];
      return {
        leaders: rows.map((row) => leaderOf(row, rule, roster)),
        nextPageToken,
        total: leaders.length,
        unqualified,
        minimum: isOfLeague ? qualifier.minimums.version : "",
        formulas: formulasOnWire(formulas, found.value.coefficients),
        ...found.from,
      };
    },

    async listTeamStandings({ season: asked, ...when }, context) {
      const season = seasonAsked(asked);
      const found = known(slotOf(season), await tables(season, when, waitOf(context)));
      const roster = names.of(season.league);
      return {
        standings: found.value.slice(0, TEAMS_MAX).map((row) => teamStandingOf(row, roster)),
        formulas: formulasOnWire(TABLE_FORMULAS, undefined),
        ...found.from,
      };
    },
  };
}

/** What a request asks of who is ranked: its own minimum, else the league's. */
function qualifierOf(
  own: LeaderMinimum | undefined,
  category: LeaderCategory,
  league: string,
): Qualifier {
  if (own === undefined) {
    const minimums = leaderMinimumsOf(league);
    const isAsked = minimums?.minimums[category] !== undefined;
    return isAsked ? { kind: "league", minimums } : { kind: "none" };
  }
  const { games, secondsPlayed, made, attempted } = own;
  const shots = Object.entries({ made, attempted }).filter(([, count]) => count > 0);
  if (CATEGORIES[category].shots === undefined && shots.length > 0) {
    const description = "must be 0: the category is no percentage of shots";
    throw badRequest(shots.map(([name]) => ({ field: `minimum.${name}`, description })));
  }
  return { kind: "own", least: { games, secondsPlayed, made, attempted } };
}

function leaderOf(
  { playerId, rank, value, season }: Leader,
  { shots }: Category,
  { players, teams }: Names,
): MessageInitShape<typeof LeaderSchema> {
  const { totals, games } = season.all;
  const inOrder = [...season.byTeam].sort(
    ([a, { games: ga }], [b, { games: gb }]) => gb - ga || (a < b ? -1 : 1),
  );
  return {
    rank,
    playerId,
    name: players.get(playerId)?.name ?? playerId,
    teams: inOrder.map(([teamId]) => teams.get(teamId) ?? { teamId }),
    value,
    gamesPlayed: games,
    ...(shots && { made: totals[shots.made], attempted: totals[shots.attempted] }),
  };
}

function teamStandingOf(
  { teamId, streak, ...row }: TeamStanding,
  { teams }: Names,
): MessageInitShape<typeof TeamStandingSchema> {
  const inARow = streak?.games ?? 0;
  return {
    ...row,
    team: teams.get(teamId) ?? { teamId },
    streak: streak?.result === "lost" ? -inARow : inARow,
  };
}
