import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import type { GameFacts } from "#domain/boxscore";
import { inOrder } from "#domain/games";
import { coefficientsOf } from "#domain/metrics";
import { playersMatching, teamsMatching } from "#domain/roster";
import type { PlayerSeason } from "#domain/season";
import {
  PLAYER_FORMULAS,
  playerMetrics,
  type SeasonContext,
  TEAM_FORMULAS,
  teamMetrics,
} from "#domain/season-metrics";
import { type Season, seasonOfSlot, slotOf } from "#domain/slots";
import type { Season as SeasonOnWire } from "#gen/courtside/game/v1/game_pb.ts";
import {
  type GameSummarySchema,
  GetBoxScoreResponseSchema,
  type PlayerSeasonSchema,
  type StatsService,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { failure, takesBinary, withEncoded } from "#runtime/rpc";
import type { Journal } from "#stores/journal";
import {
  type GameInList,
  listNamed,
  pageExpired,
  pageOf,
  placeAsked,
  type Reader,
  readPinned,
} from "#stores/reads";
import type { Names, RosterCache } from "#stores/roster";
import { gameOnWire, orderOf, statusOf } from "#wire/games";
import { totalsOnWire } from "#wire/lines";
import { formulasOnWire } from "#wire/metrics";
import { momentAsked } from "#wire/moments";
import { leagueOf, seasonAsked, seasonOfGameAsked, seasonOnWire } from "#wire/seasons";
import { windowAsked, windowOnWire } from "#wire/windows";
import { encodedBox, teamBoxesOf } from "./box.ts";
import { liveOf, logHandlers, playerUnknown, teamUnknown } from "./logs.ts";
import { boxMetrics, playersReader } from "./metrics.ts";
import { nameOf, teamOf } from "./names.ts";
import { bounded, teamIn } from "./reading.ts";

const GAMES_PER_PAGE_DEFAULT = 100;
const PLAYERS_DEFAULT = 25;
const TEAMS_MAX = 500;

/** What the handlers work on. */
type Means = {
  readonly read: Reader;
  readonly names: RosterCache;
  readonly slotOfGame: Journal["slotOfGame"];
};

/** The RPCs that answer once: all but the watches. */
type Unary = Omit<ServiceImpl<typeof StatsService>, "watchGame" | "watchPlayers">;

/** The statistics RPCs. The validation interceptor has enforced the rules in the .proto by now. */
export function statsHandlers({ read: find, names, slotOfGame }: Means): Unary {
  const read = bounded(find);
  const readPlayers = playersReader(find);

  /** The season of a game: what the request or the id tells, else where the game was recorded. */
  async function placeOf(asked: SeasonOnWire | undefined, gameId: string): Promise<Season> {
    const told = seasonOfGameAsked(asked, gameId);
    if (told !== undefined) return told;
    const league = leagueOf(asked?.league);
    const known = seasonOfSlot((await slotOfGame(league, gameId)) ?? "");
    if (known === undefined) throw gameUnknown(league, gameId);
    const { season, type } = seasonOnWire(known);
    return seasonAsked({ league, season, type: asked?.type || type });
  }

  return {
    ...logHandlers({ read: find, names }),

    async getBoxScore({ season: asked, gameId, withMetrics, ...when }, context) {
      const season = await placeOf(asked, gameId);
      const slot = slotOf(season);
      const { value: box, from } = await read(season, when, context, (from) =>
        from.game(slot, gameId),
      );
      if (box === undefined) throw gameUnknown(slot, gameId);
      const roster = names.of(season.league);
      if (!withMetrics && takesBinary(context)) {
        return withEncoded(GetBoxScoreResponseSchema, from, encodedBox(gameId, box, roster));
      }
      const metrics = withMetrics ? boxMetrics(box, season.league) : undefined;
      const teams = teamBoxesOf(box, roster, metrics);
      const formulas = metrics?.formulas;
      return { game: gameOnWire(gameId, box.facts), teams, formulas, ...from };
    },

    async getPlayerSeason({ season: asked, playerId, window: of, withMetrics, ...when }, context) {
      const season = seasonAsked(asked);
      const window = windowAsked(of);
      const wanted = { playerIds: [playerId], window, withMetrics };
      const found = await readPlayers(season, wanted, when, context);
      const { players, context: against } = found.value;
      const [player] = players;
      if (player === undefined) throw playerUnknown(slotOf(season), playerId);
      return {
        player: playerSeasonOf(playerId, player, names.of(season.league), against),
        window: window && windowOnWire(window),
        formulas: against && formulasOnWire(PLAYER_FORMULAS, against.coefficients),
        ...found.from,
      };
    },

    async batchGetPlayerSeasons(
      { season: asked, playerIds, window: of, withMetrics, ...when },
      context,
    ) {
      const season = seasonAsked(asked);
      const window = windowAsked(of);
      const wanted = { playerIds, window, withMetrics };
      const found = await readPlayers(season, wanted, when, context);
      const { players, context: against } = found.value;
      const roster = names.of(season.league);
      return {
        players: playerIds.flatMap((playerId, at) => {
          const player = players[at];
          return player === undefined ? [] : [playerSeasonOf(playerId, player, roster, against)];
        }),
        unknownPlayerIds: playerIds.filter((_, at) => players[at] === undefined),
        window: window && windowOnWire(window),
        formulas: against && formulasOnWire(PLAYER_FORMULAS, against.coefficients),
        ...found.from,
      };
    },

    async getTeamSeason({ season: asked, teamId, window: of, withMetrics, ...when }, context) {
      const season = seasonAsked(asked);
      const slot = slotOf(season);
      const window = windowAsked(of);
      const found = await read(season, when, context, (from) => teamIn(from, slot, teamId, window));
      if (found.value === undefined) throw teamUnknown(slot, teamId);
      const { players, team, live, opponents } = found.value;
      const coefficients = coefficientsOf(season.league);
      return {
        team: teamOf(teamId, names.of(season.league)),
        gamesPlayed: players.games,
        totals: totalsOnWire(players.totals),
        teamTotals: team,
        live: liveOf(live),
        window: window && windowOnWire(window),
        ...(withMetrics && {
          metrics: teamMetrics({ own: found.value, opponents }, coefficients),
          formulas: formulasOnWire(TEAM_FORMULAS, coefficients),
        }),
        ...found.from,
      };
    },

    async listGames(request, context) {
      const { season: asked, date, teamId, pageSize, pageToken, readAfter, asOf } = request;
      const season = seasonAsked(asked);
      const slot = slotOf(season);
      const status = statusOf(request.status);
      const order = orderOf(request.order, "oldest-first");
      const moment = momentAsked(asOf, slot);
      const list = listNamed("games", slot, date, status, teamId, order, moment);
      const place = placeAsked(pageToken, list);
      const found = await readPinned(place, { readAfter, asOf }, (when) =>
        read(season, when, context, (from) => from.games(slot)),
      );
      const games = [...found.value]
        .map(([gameId, game]) => ({ gameId, ...game }))
        .filter(({ facts }) => date === "" || facts.date === date)
        .filter(({ facts }) => status === undefined || facts.status === status)
        .filter(({ facts }) => teamId === "" || isOf(teamId, facts));
      const { rows, nextPageToken } = pageOf(
        inOrder(games, order),
        { from: 0, pin: found.from.position, ...place },
        pageSize || GAMES_PER_PAGE_DEFAULT,
        list,
      );
      const roster = names.of(season.league);
      return {
        games: rows.map((game) => summaryOf(game.gameId, game, roster)),
        nextPageToken,
        ...found.from,
      };
    },

    async listPlayers({ league, query, pageSize, pageToken }) {
      const { players, version } = names.of(leagueOf(league));
      const list = listNamed("players", leagueOf(league), query);
      const pin = String(version);
      const place = placeAsked(pageToken, list);
      if (place !== undefined && place.pin !== pin) {
        throw pageExpired("Names have changed since the first page.");
      }
      const found = playersMatching([...players.values()], query);
      const size = pageSize || PLAYERS_DEFAULT;
      const { rows, nextPageToken } = pageOf(found, { from: 0, pin, ...place }, size, list);
      return {
        players: rows.map(({ playerId, name, aliases }) => {
          return { playerId, name, aliases: [...aliases] };
        }),
        total: found.length,
        version: BigInt(version),
        nextPageToken,
      };
    },

    async listTeams({ league, query }) {
      const { teams, version } = names.of(leagueOf(league));
      const found = teamsMatching([...teams.values()], query);
      return { teams: found.slice(0, TEAMS_MAX), version: BigInt(version) };
    },
  };
}

/** The failure of who asks for a game that there is nothing of. */
export function gameUnknown(where: string, gameId: string) {
  const message = `Nothing was recorded of game ${gameId} in ${where}.`;
  return failure("GAME_UNKNOWN", message, { metadata: { game_id: gameId } });
}

/** A player's season as an answer has it: with metrics where what these are weighed against is given. */
export function playerSeasonOf(
  playerId: string,
  { all, byTeam, live }: PlayerSeason,
  roster: Names,
  against?: SeasonContext,
): MessageInitShape<typeof PlayerSeasonSchema> {
  const teams = [...byTeam].sort(
    ([a, { games: ga }], [b, { games: gb }]) => gb - ga || (a < b ? -1 : 1),
  );
  return {
    playerId,
    name: nameOf(playerId, roster),
    gamesPlayed: all.games,
    totals: totalsOnWire(all.totals),
    teams: teams.map(([teamId, tally]) => ({
      team: teamOf(teamId, roster),
      gamesPlayed: tally.games,
      totals: totalsOnWire(tally.totals),
      metrics: against && playerMetrics(new Map([[teamId, tally]]), against),
    })),
    live: liveOf(live),
    metrics: against && playerMetrics(byTeam, against),
  };
}

function summaryOf(
  gameId: string,
  { facts, points }: GameInList,
  roster: Names,
): MessageInitShape<typeof GameSummarySchema> {
  const side = (teamId: string | undefined) =>
    teamId === undefined ? undefined : teamOf(teamId, roster);
  return {
    game: gameOnWire(gameId, facts),
    home: side(facts.homeTeamId),
    away: side(facts.awayTeamId),
    homePoints: points.get(facts.homeTeamId ?? "") ?? 0,
    awayPoints: points.get(facts.awayTeamId ?? "") ?? 0,
  };
}

function isOf(teamId: string, { homeTeamId, awayTeamId }: GameFacts): boolean {
  return teamId === homeTeamId || teamId === awayTeamId;
}
