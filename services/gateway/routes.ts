import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { GAME_STATUSES } from "#domain/boxscore";
import { ORDERS, type Order, SEASON_TYPES, type SeasonType } from "#domain/games";
import { LEADER_CATEGORIES } from "#domain/metrics";
import { WINDOW_KINDS, type Window } from "#domain/season";
import { STATISTICS } from "#domain/statistics";
import { SeasonType as OnWire, SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import {
  type IngestService,
  type RecordLinesRequestSchema,
  RecordLinesResponseSchema,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import {
  GetStandingsResponseSchema,
  type LeaderboardService,
  LeaderMinimumSchema,
  ListAroundRequestSchema,
  ListAroundResponseSchema,
  ListLeadersRequestSchema,
  ListLeadersResponseSchema,
  ListStandingsRequestSchema,
  ListStandingsResponseSchema,
  ListTeamStandingsResponseSchema,
  NeighbourhoodSchema,
  WatchStandingsRequestSchema,
  WatchStandingsResponseSchema,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { MomentSchema } from "#gen/courtside/read/v1/moment_pb.ts";
import {
  BatchGetPlayerSeasonsResponseSchema,
  GetBoxScoreRequestSchema,
  GetBoxScoreResponseSchema,
  GetGameLogRequestSchema,
  GetGameLogResponseSchema,
  GetPlayerSeasonRequestSchema,
  GetPlayerSeasonResponseSchema,
  GetTeamSeasonRequestSchema,
  GetTeamSeasonResponseSchema,
  ListGamesRequestSchema,
  ListGamesResponseSchema,
  ListPlayersRequestSchema,
  ListPlayersResponseSchema,
  ListTeamsResponseSchema,
  ListWindowsResponseSchema,
  type StatsService,
  WatchGameResponseSchema,
  WatchPlayersResponseSchema,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { positionOf } from "#runtime/positions";
import { type RpcClient, reasonOf } from "#runtime/rpc";
import { orderOnWire, statusOnWire } from "#wire/games";
import { statisticOnWire } from "#wire/lines";
import { categoryOnWire } from "#wire/metrics";
import { seasonOfGameAsked, seasonOnWire } from "#wire/seasons";
import { windowKindOnWire } from "#wire/windows";
import { gameMaxAgeS, NAMES_MAX_AGE_S, seasonMaxAgeS } from "./caching.ts";
import {
  GAME_LINE_EXAMPLE,
  GAME_LINE_SCHEMA,
  gameLineOf,
  LINES_EXAMPLE,
  LINES_SCHEMA,
  type LinesSaid,
  linesOf,
} from "./line-body.ts";
import {
  type Call,
  type ReadRoute,
  type Route,
  read,
  type WatchRoute,
  type WriteRoute,
  watch,
  wrong,
} from "./route.ts";
import { choice, day, flag, idOf, list, moment, month, textOf, whole, wholeOf } from "./rules.ts";

/** What the routes are answered from. */
export type Means = {
  readonly ingest: RpcClient<typeof IngestService>;
  readonly stats: RpcClient<typeof StatsService>;
  readonly leaderboard: RpcClient<typeof LeaderboardService>;
  /** The season that is meant where neither the request nor a game's id names one, e.g. "2023-24". */
  readonly season: string;
  /** In ms since 1970. */
  readonly now: () => number;
};

const IDS_MAX = 100;

const SEASON = {
  season: {
    rule: textOf(SeasonSchema.field.season),
    about: "The season by its two calendar years. Default: the current one.",
    example: "2023-24",
  },
  league: { rule: textOf(SeasonSchema.field.league), about: 'The league. Default: "nba".' },
  type: { rule: choice(SEASON_TYPES), about: 'The part of the season. Default: "regular".' },
};

const GAME_SEASON = {
  ...SEASON,
  season: {
    ...SEASON.season,
    about: "Default: what the game's id tells, else where it was recorded.",
  },
  type: { ...SEASON.type, about: "Default: what the game's id tells, else where it was recorded." },
};

const WATCHED_SEASON = {
  ...SEASON,
  season: { ...SEASON.season, about: "Default: what the game's id tells, else the current one." },
  type: { ...SEASON.type, about: 'Default: what the game\'s id tells, else "regular".' },
};

const MOMENT = {
  timestamp: {
    rule: moment,
    about: "What had happened by then, as is known now. RFC 3339, or milliseconds since 1970.",
  },
  known_at: {
    rule: moment,
    about: "What had been recorded by then: as was believed at that moment.",
  },
  at_position: {
    rule: textOf(MomentSchema.field.position),
    about: "What had been recorded up to this position.",
  },
};

const WINDOW = {
  day: { rule: day, about: "Only the games of this day.", example: "2023-11-05" },
  week: { rule: day, about: "Only the games of the week of this day, Monday to Sunday." },
  month: { rule: month, about: "Only the games of this month.", example: "2023-11" },
};

const METRICS = {
  metrics: { rule: flag, about: "true adds what is derived, such as FG%. Default: false." },
};

const GAME_ID = {
  rule: idOf(GetBoxScoreRequestSchema.field.gameId),
  about: "The game.",
  example: "0022300061",
};
const PLAYER_ID = {
  rule: idOf(GetPlayerSeasonRequestSchema.field.playerId),
  about: "The player.",
  example: "203999",
};
const TEAM_ID = {
  rule: idOf(GetTeamSeasonRequestSchema.field.teamId),
  about: "The team.",
  example: "1610612743",
};
const PLAYER_IDS = {
  rule: list(PLAYER_ID.rule, IDS_MAX),
  about: `Up to ${IDS_MAX} players, with commas between them.`,
  example: "203999,2544",
};
const STATISTIC = {
  rule: choice(STATISTICS),
  about: "What the board ranks by; more is better.",
  example: "points",
};
const MINIMUM = {
  minimum: {
    rule: choice(["league", "none"]),
    about: "What a player must have to be ranked. Default: league, unless one of min_… is given.",
  },
  min_games: {
    rule: wholeOf(LeaderMinimumSchema.field.games),
    about: "The least games that a player has in the season.",
  },
  min_minutes: {
    rule: whole(0, 100_000),
    about: "The least minutes on court.",
  },
  min_made: {
    rule: wholeOf(LeaderMinimumSchema.field.made),
    about: "Of the shots that a percentage is of, the least made.",
  },
  min_attempted: {
    rule: wholeOf(LeaderMinimumSchema.field.attempted),
    about: "Of the same shots, the least attempted.",
  },
};
const PAGE_TOKEN_ABOUT = "nextPageToken of the page before. Default: the first page.";

/** The table of all routes: what is routed, validated, answered and documented is in it alone. */
export function routesOver(means: Means): readonly Route[] {
  const { stats } = means;
  return [
    recordGameLine(means),
    playerSeason(means, "/stat/player/{playerId}", "getPlayer"),
    teamSeason(means, "/stat/team/{teamId}", "getTeam"),
    listGames(means),
    boxScore(means),
    recordLines(means),
    read({
      path: "/api/v1/players",
      id: "listPlayers",
      tag: "Names",
      summary: "The players whose name matches, best match first.",
      parameters: {
        query: {
          rule: textOf(ListPlayersRequestSchema.field.query),
          about: "An id, or a part of the name; case and diacritics do not matter. Default: all.",
          example: "jokic",
        },
        league: SEASON.league,
        page_size: {
          rule: wholeOf(ListPlayersRequestSchema.field.pageSize),
          about: "How many are wanted. Default: 25.",
        },
        page_token: {
          rule: textOf(ListPlayersRequestSchema.field.pageToken),
          about: PAGE_TOKEN_ABOUT,
        },
      },
      answers: ListPlayersResponseSchema,
      hasPosition: false,
      async reply({ query = "", league = "", ...asked }, { options }) {
        const { page_size: pageSize = 0, page_token: pageToken = "" } = asked;
        const request = { query, league, pageSize, pageToken };
        const message = await stats.listPlayers(request, options);
        return { message, maxAgeS: NAMES_MAX_AGE_S };
      },
    }),
    playersSeasons(means),
    playerSeason(means, "/api/v1/players/{playerId}/stats", "getPlayerSeason"),
    ...logs(means, { of: "player", tag: "Players", subject: { playerId: PLAYER_ID } }),
    read({
      path: "/api/v1/teams",
      id: "listTeams",
      tag: "Names",
      summary: "The teams whose name matches, by tricode.",
      parameters: {
        query: {
          rule: textOf(ListPlayersRequestSchema.field.query),
          about: "An id, a tricode, or a part of city and name. Default: all.",
          example: "DEN",
        },
        league: SEASON.league,
      },
      answers: ListTeamsResponseSchema,
      hasPosition: false,
      async reply({ query = "", league = "" }, { options }) {
        const message = await stats.listTeams({ query, league }, options);
        return { message, maxAgeS: NAMES_MAX_AGE_S };
      },
    }),
    teamSeason(means, "/api/v1/teams/{teamId}/stats", "getTeamSeason"),
    ...logs(means, { of: "team", tag: "Teams", subject: { teamId: TEAM_ID } }),
    teamStandings(means),
    categoryLeaders(means),
    ...leaders(means),
    ...watches(means),
  ];
}

function recordGameLine(means: Means): WriteRoute {
  return {
    kind: "write",
    method: "PUT",
    path: "/stat/live/game",
    id: "putGameLine",
    tag: "Recording",
    summary: "Replaces a player's line in a game: the totals so far, never an increment.",
    parameters: {},
    body: { schema: GAME_LINE_SCHEMA, example: GAME_LINE_EXAMPLE },
    answers: RecordLinesResponseSchema,
    reply: (_, body, call) => record(means, gameLineOf(body, means.now()), call),
  };
}

function recordLines(means: Means): WriteRoute {
  return {
    kind: "write",
    method: "POST",
    path: "/api/v1/games/{gameId}/stats",
    id: "recordLines",
    tag: "Recording",
    summary: "Replaces one player's line in a game, or those of several, all of them or none.",
    parameters: { gameId: GAME_ID },
    body: { schema: LINES_SCHEMA, example: LINES_EXAMPLE },
    answers: RecordLinesResponseSchema,
    reply: ({ gameId }, body, call) =>
      record(means, linesOf(String(gameId), body, means.now()), call),
  };
}

async function record({ ingest, season: current }: Means, said: LinesSaid, { options }: Call) {
  const { league, season, type, gameId, source, revision, lines } = said;
  const request = (years: string): MessageInitShape<typeof RecordLinesRequestSchema> => ({
    season: seasonOnWireOf({ league, season: years, type }),
    ...{ gameId, source, lines: [...lines] },
    ...(revision !== undefined && { revision }),
  });
  try {
    return await ingest.recordLines(request(season), options);
  } catch (error) {
    if (season !== "" || !asksForSeason(error)) throw error;
    // Nobody knows the game, and its id does not tell.
    return await ingest.recordLines(request(current), options);
  }
}

function asksForSeason(error: unknown): boolean {
  const { code, fieldViolations } = reasonOf(error);
  return (
    code === Code.InvalidArgument && fieldViolations.some(({ field }) => field === "season.season")
  );
}

function boxScore({ stats, now }: Means): ReadRoute {
  return read({
    path: "/api/v1/games/{gameId}/stats",
    id: "getBoxScore",
    tag: "Games",
    summary: "The box score of one game.",
    parameters: { gameId: GAME_ID, ...GAME_SEASON, ...MOMENT, ...METRICS },
    answers: GetBoxScoreResponseSchema,
    async reply({ gameId = "", metrics = false, ...asked }, { readAfter, options }) {
      const season = seasonOnWireOf(asked);
      const when = { readAfter, asOf: asOf(asked, readAfter) };
      const request = { season, gameId, withMetrics: metrics, ...when };
      const message = await stats.getBoxScore(request, options);
      return { message, maxAgeS: gameMaxAgeS(message.game, now()) };
    },
  });
}

function listGames({ stats, season: current }: Means): ReadRoute {
  return read({
    path: "/api/v1/games",
    id: "listGames",
    tag: "Games",
    summary: "The games of a season, a day, a status or a team, with their scores.",
    parameters: {
      date: {
        rule: textOf(ListGamesRequestSchema.field.date),
        about: "The day where the game is played. Default: every day of the season.",
        example: "2023-10-24",
      },
      status: {
        rule: choice(GAME_STATUSES),
        about: "How far the game has come. Default: whatever.",
        example: "final",
      },
      team_id: {
        rule: idOf(ListGamesRequestSchema.field.teamId),
        about: "A team that plays in it, at home or away. Default: any.",
        example: "1610612743",
      },
      order: { rule: choice(ORDERS), about: "By date and id. Default: oldest-first." },
      ...SEASON,
      ...MOMENT,
      page_size: {
        rule: wholeOf(ListGamesRequestSchema.field.pageSize),
        about: "How many are wanted. Default: 100.",
      },
      page_token: {
        rule: textOf(ListGamesRequestSchema.field.pageToken),
        about: PAGE_TOKEN_ABOUT,
      },
    },
    answers: ListGamesResponseSchema,
    async reply({ date = "", team_id: teamId = "", ...asked }, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const { page_size: pageSize = 0, page_token: pageToken = "" } = asked;
      const filters = { date, teamId, status: statusOnWire(asked.status) };
      const page = { order: orderOnWire(asked.order), pageSize, pageToken };
      const request = { season, ...filters, ...page, readAfter, asOf: asOf(asked, readAfter) };
      return { message: await stats.listGames(request, options), maxAgeS };
    },
  });
}

function playerSeason({ stats, season: current }: Means, path: string, id: string): ReadRoute {
  return read({
    path,
    id,
    tag: "Players",
    summary: "A player's totals of one season, or of a window of it, in all and per team.",
    parameters: { playerId: PLAYER_ID, ...SEASON, ...WINDOW, ...MOMENT, ...METRICS },
    answers: GetPlayerSeasonResponseSchema,
    async reply({ playerId = "", metrics = false, ...asked }, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const when = { window: windowIn(asked), readAfter, asOf: asOf(asked, readAfter) };
      const request = { season, playerId, withMetrics: metrics, ...when };
      const message = await stats.getPlayerSeason(request, options);
      return { message, maxAgeS };
    },
  });
}

function playersSeasons({ stats, season: current }: Means): ReadRoute {
  return read({
    path: "/api/v1/players/stats",
    id: "getPlayerSeasons",
    tag: "Players",
    summary: "Several players' totals of one season, or of a window of it, in the order asked for.",
    parameters: {
      player_ids: { ...PLAYER_IDS, isRequired: true },
      ...{ ...SEASON, ...WINDOW, ...MOMENT, ...METRICS },
    },
    answers: BatchGetPlayerSeasonsResponseSchema,
    async reply({ player_ids: playerIds = [], metrics = false, ...asked }, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const when = { window: windowIn(asked), readAfter, asOf: asOf(asked, readAfter) };
      const request = { season, playerIds: [...playerIds], withMetrics: metrics, ...when };
      return { message: await stats.batchGetPlayerSeasons(request, options), maxAgeS };
    },
  });
}

function teamSeason({ stats, season: current }: Means, path: string, id: string): ReadRoute {
  return read({
    path,
    id,
    tag: "Teams",
    summary: "A team's totals of one season, or of a window of it.",
    parameters: { teamId: TEAM_ID, ...SEASON, ...WINDOW, ...MOMENT, ...METRICS },
    answers: GetTeamSeasonResponseSchema,
    async reply({ teamId = "", metrics = false, ...asked }, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const when = { window: windowIn(asked), readAfter, asOf: asOf(asked, readAfter) };
      const request = { season, teamId, withMetrics: metrics, ...when };
      const message = await stats.getTeamSeason(request, options);
      return { message, maxAgeS };
    },
  });
}

/** Whose games: what the paths, the document and the requests call them. */
type Subject =
  | {
      readonly of: "player";
      readonly tag: string;
      readonly subject: { playerId: typeof PLAYER_ID };
    }
  | { readonly of: "team"; readonly tag: string; readonly subject: { teamId: typeof TEAM_ID } };

/** The game log of a player or a team, and the totals by window. */
function logs({ stats, season: current }: Means, { of, tag, subject }: Subject): ReadRoute[] {
  const pages = {
    order: { rule: choice(ORDERS), about: "By date." },
    ...{ ...SEASON, ...MOMENT },
    page_size: {
      rule: wholeOf(GetGameLogRequestSchema.field.pageSize),
      about: "How many are wanted. Default: 100.",
    },
    page_token: { rule: textOf(GetGameLogRequestSchema.field.pageToken), about: PAGE_TOKEN_ABOUT },
  };
  type Asked = SeasonAsked &
    MomentAsked & {
      readonly playerId?: string | undefined;
      readonly teamId?: string | undefined;
      readonly order?: Order | undefined;
      readonly page_size?: number | undefined;
      readonly page_token?: string | undefined;
    };
  const requestFor = ({ playerId = "", teamId = "", ...asked }: Asked, readAfter: string) => {
    const { season, maxAgeS } = seasonFor(asked, current);
    const page = { pageSize: asked.page_size ?? 0, pageToken: asked.page_token ?? "" };
    const whose =
      of === "player"
        ? { case: "playerId" as const, value: playerId }
        : { case: "teamId" as const, value: teamId };
    const when = { readAfter, asOf: asOf(asked, readAfter) };
    const request = { season, subject: whose, order: orderOnWire(asked.order), ...page, ...when };
    return { request, maxAgeS };
  };
  const name = of === "player" ? "Player" : "Team";
  return [
    read({
      path: `/api/v1/${of}s/{${of}Id}/games`,
      id: `get${name}Games`,
      tag,
      summary: `The games of a ${of} in one season, or in a window of it, the newest first.`,
      parameters: { ...subject, ...WINDOW, ...pages },
      answers: GetGameLogResponseSchema,
      async reply(asked, { readAfter, options }) {
        const { request, maxAgeS } = requestFor(asked, readAfter);
        const window = windowIn(asked);
        return { message: await stats.getGameLog({ ...request, window }, options), maxAgeS };
      },
    }),
    read({
      path: `/api/v1/${of}s/{${of}Id}/windows`,
      id: `list${name}Windows`,
      tag,
      summary: `The totals of a ${of} by day, week or month of one season, the oldest first.`,
      parameters: {
        ...subject,
        by: {
          rule: choice(WINDOW_KINDS),
          about: "What the season is divided into. Weeks begin on Monday.",
          example: "month",
          isRequired: true,
        },
        ...pages,
      },
      answers: ListWindowsResponseSchema,
      async reply({ by = "month", ...asked }, { readAfter, options }) {
        const { request, maxAgeS } = requestFor(asked, readAfter);
        const kind = windowKindOnWire(by);
        return { message: await stats.listWindows({ ...request, kind }, options), maxAgeS };
      },
    }),
  ];
}

function leaders({ leaderboard, season: current }: Means): ReadRoute[] {
  const board = { statistic: STATISTIC, ...SEASON, ...WINDOW, ...MOMENT };
  type Asked = SeasonAsked &
    WindowAsked & { readonly statistic?: (typeof STATISTICS)[number] | undefined };
  const boardFor = ({ statistic = "points", ...asked }: Asked) => {
    const { season, maxAgeS } = seasonFor(asked, current);
    const window = windowIn(asked);
    return { board: { season, statistic: statisticOnWire(statistic), window }, maxAgeS };
  };
  return [
    read({
      path: "/api/v1/leaders/{statistic}",
      id: "listLeaders",
      tag: "Leaders",
      summary:
        "The players of a season, or of a window of it, ranked by one statistic, best first.",
      parameters: {
        ...board,
        page_size: {
          rule: wholeOf(ListStandingsRequestSchema.field.pageSize),
          about: "How many rows are wanted. Default: 25.",
        },
        page_token: {
          rule: textOf(ListStandingsRequestSchema.field.pageToken),
          about: PAGE_TOKEN_ABOUT,
        },
      },
      answers: ListStandingsResponseSchema,
      async reply({ page_size: pageSize = 0, page_token: pageToken = "", ...asked }, call) {
        const { board, maxAgeS } = boardFor(asked);
        const { readAfter, options } = call;
        const request = { board, pageSize, pageToken, readAfter, asOf: asOf(asked, readAfter) };
        return { message: await leaderboard.listStandings(request, options), maxAgeS };
      },
    }),
    read({
      path: "/api/v1/leaders/{statistic}/around/{playerId}",
      id: "listAround",
      tag: "Leaders",
      summary: "The rows of a board above and below one player.",
      parameters: {
        ...board,
        playerId: PLAYER_ID,
        each_side: {
          rule: wholeOf(ListAroundRequestSchema.field.eachSide),
          about: "How many rows above and how many below are wanted. Default: 5.",
        },
      },
      answers: ListAroundResponseSchema,
      async reply({ playerId: memberId = "", each_side: eachSide = 0, ...asked }, call) {
        const { board, maxAgeS } = boardFor(asked);
        const { readAfter, options } = call;
        const request = { board, memberId, eachSide, readAfter, asOf: asOf(asked, readAfter) };
        return { message: await leaderboard.listAround(request, options), maxAgeS };
      },
    }),
    read({
      path: "/api/v1/leaders/{statistic}/players",
      id: "getStandings",
      tag: "Leaders",
      summary: "Where certain players stand on a board, in the order asked for.",
      parameters: { ...board, player_ids: { ...PLAYER_IDS, isRequired: true } },
      answers: GetStandingsResponseSchema,
      async reply({ player_ids: memberIds = [], ...asked }, { readAfter, options }) {
        const { board, maxAgeS } = boardFor(asked);
        const request = {
          board,
          memberIds: [...memberIds],
          readAfter,
          asOf: asOf(asked, readAfter),
        };
        return { message: await leaderboard.getStandings(request, options), maxAgeS };
      },
    }),
  ];
}

function categoryLeaders({ leaderboard, season: current }: Means): ReadRoute {
  return read({
    path: "/api/v1/leaders",
    id: "listCategoryLeaders",
    tag: "Leaders",
    summary: "The players of a season ranked by what is derived of their totals, best first.",
    parameters: {
      category: {
        rule: choice(LEADER_CATEGORIES),
        about:
          "What is ranked by. The lowest turnoverPercentage is best, of all others the highest.",
        example: "trueShootingPercentage",
        isRequired: true,
      },
      ...{ ...MINIMUM, ...SEASON, ...MOMENT },
      page_size: {
        rule: wholeOf(ListLeadersRequestSchema.field.pageSize),
        about: "How many rows are wanted. Default: 25.",
      },
      page_token: {
        rule: textOf(ListLeadersRequestSchema.field.pageToken),
        about: PAGE_TOKEN_ABOUT,
      },
    },
    answers: ListLeadersResponseSchema,
    async reply({ category = "pointsPerGame", ...asked }, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const { page_size: pageSize = 0, page_token: pageToken = "" } = asked;
      const minimum = minimumIn(asked);
      const request = {
        ...{ season, category: categoryOnWire(category), pageSize, pageToken },
        ...(minimum && { minimum }),
        ...{ readAfter, asOf: asOf(asked, readAfter) },
      };
      return { message: await leaderboard.listLeaders(request, options), maxAgeS };
    },
  });
}

type MinimumAsked = {
  readonly minimum?: "league" | "none" | undefined;
  readonly min_games?: number | undefined;
  readonly min_minutes?: number | undefined;
  readonly min_made?: number | undefined;
  readonly min_attempted?: number | undefined;
};

/** The minimum asked for; undefined for the league's. */
function minimumIn({ minimum, ...own }: MinimumAsked) {
  const { min_games: games, min_minutes: minutes, min_made: made, min_attempted: attempted } = own;
  const [first] = Object.entries(own).filter(
    ([name, value]) => name.startsWith("min_") && value !== undefined,
  );
  if (first === undefined) return minimum === "none" ? {} : undefined;
  if (minimum !== undefined)
    throw wrong([{ field: first[0], description: "goes without minimum" }]);
  return {
    games: games ?? 0,
    secondsPlayed: 60 * (minutes ?? 0),
    made: made ?? 0,
    attempted: attempted ?? 0,
  };
}

function teamStandings({ leaderboard, season: current }: Means): ReadRoute {
  return read({
    path: "/api/v1/standings",
    id: "listTeamStandings",
    tag: "Teams",
    summary: "The teams of a season by games won, best first.",
    parameters: { ...SEASON, ...MOMENT },
    answers: ListTeamStandingsResponseSchema,
    async reply(asked, { readAfter, options }) {
      const { season, maxAgeS } = seasonFor(asked, current);
      const request = { season, readAfter, asOf: asOf(asked, readAfter) };
      return { message: await leaderboard.listTeamStandings(request, options), maxAgeS };
    },
  });
}

const TOP_DEFAULT = 10;

function watches({ stats, leaderboard, season: current }: Means): WatchRoute[] {
  return [
    watch({
      path: "/api/v1/games/{gameId}/watch",
      id: "watchGame",
      tag: "Watching",
      summary: "The box score of one game, and then what changes.",
      parameters: { gameId: GAME_ID, ...WATCHED_SEASON },
      answers: WatchGameResponseSchema,
      watch({ gameId = "", ...asked }, { resumeAfter, options }) {
        const season = gameSeasonFor(asked, gameId, current);
        return stats.watchGame({ season, gameId, resumeAfter }, options);
      },
    }),
    watch({
      path: "/api/v1/players/watch",
      id: "watchPlayers",
      tag: "Watching",
      summary: "Several players' totals of one season, and then what changes.",
      parameters: { player_ids: { ...PLAYER_IDS, isRequired: true }, ...SEASON },
      answers: WatchPlayersResponseSchema,
      watch({ player_ids: playerIds = [], ...asked }, { resumeAfter, options }) {
        const { season } = seasonFor(asked, current);
        return stats.watchPlayers({ season, playerIds: [...playerIds], resumeAfter }, options);
      },
    }),
    watch({
      path: "/api/v1/leaders/{statistic}/watch",
      id: "watchLeaders",
      tag: "Watching",
      summary: "The best of a board, or the rows around one player, and then what changes.",
      parameters: {
        statistic: STATISTIC,
        ...SEASON,
        top: {
          rule: wholeOf(WatchStandingsRequestSchema.field.top),
          about: `So many of the best. Default: ${TOP_DEFAULT}.`,
        },
        around: { ...PLAYER_ID, about: "The rows around this player, in place of the best." },
        each_side: {
          rule: wholeOf(NeighbourhoodSchema.field.eachSide),
          about: "How many rows above and below that player are wanted. Default: 5.",
        },
      },
      answers: WatchStandingsResponseSchema,
      watch({ statistic = "points", top, around, each_side: eachSide, ...asked }, call) {
        const { season } = seasonFor(asked, current);
        if (around !== undefined && top !== undefined) {
          throw wrong([{ field: "top", description: "goes without around" }]);
        }
        if (around === undefined && eachSide !== undefined) {
          throw wrong([{ field: "each_side", description: "goes with around" }]);
        }
        const board = { season, statistic: statisticOnWire(statistic) };
        const { resumeAfter, options } = call;
        const part =
          around === undefined
            ? { case: "top" as const, value: top ?? TOP_DEFAULT }
            : { case: "around" as const, value: { memberId: around, eachSide: eachSide ?? 0 } };
        return leaderboard.watchStandings({ board, part, resumeAfter }, options);
      },
    }),
  ];
}

type MomentAsked = {
  readonly timestamp?: number | undefined;
  readonly known_at?: number | undefined;
  readonly at_position?: string | undefined;
};

/**
 * The moment to look back to; undefined for now. What had been recorded up to a position is never what a
 * reader has seen who names a later one.
 */
function asOf(
  { timestamp, known_at: knownAt, at_position: position }: MomentAsked,
  readAfter: string,
) {
  if (timestamp === undefined && knownAt === undefined && position === undefined) return undefined;
  if (position !== undefined && isBefore(position, readAfter)) {
    throw wrong([
      { field: "at_position", description: "is before read_after" },
      { field: "read_after", description: "is after at_position" },
    ]);
  }
  return {
    ...(timestamp !== undefined && { happenedTime: timestampFromMs(timestamp) }),
    ...(knownAt !== undefined && { knownTime: timestampFromMs(knownAt) }),
    position: position ?? "",
  };
}

/** Whether both are positions of one season's log, and the second one is further. */
function isBefore(token: string, other: string): boolean {
  const [one, two] = [positionOf(token), positionOf(other)];
  return one !== undefined && one.slot === two?.slot && one.endOffset < two.endOffset;
}

type WindowAsked = { readonly [Kind in Window["kind"]]?: string | undefined };

/** The window asked for; undefined for the whole season. */
function windowIn(asked: WindowAsked) {
  const [window, other] = WINDOW_KINDS.flatMap((kind) => {
    const date = asked[kind];
    return date === undefined ? [] : [{ kind, date }];
  });
  if (window === undefined) return undefined;
  if (other !== undefined) {
    throw wrong([{ field: other.kind, description: `goes without ${window.kind}` }]);
  }
  return { kind: windowKindOnWire(window.kind), date: window.date };
}

type SeasonAsked = {
  readonly league?: string | undefined;
  readonly season?: string | undefined;
  readonly type?: SeasonType | undefined;
};

/** What is asked for as a message has it: what is not said stays so. */
function seasonOnWireOf({ league = "", season = "", type }: SeasonAsked) {
  if (type === undefined) return { league, season, type: OnWire.UNSPECIFIED };
  return seasonOnWire({ league, season, type });
}

/** The season of a game: the one asked for, else that of its id, else the current one. */
function gameSeasonFor(asked: SeasonAsked, gameId: string, current: string) {
  const named = seasonOnWireOf(asked);
  return seasonOfGameAsked(named, gameId) === undefined ? { ...named, season: current } : named;
}

/** The season asked for, else the current one, and how long an answer about it may be kept. */
function seasonFor(asked: SeasonAsked, current: string) {
  const season = asked.season || current;
  return {
    season: seasonOnWireOf({ ...asked, season }),
    maxAgeS: seasonMaxAgeS(season, current),
  };
}
