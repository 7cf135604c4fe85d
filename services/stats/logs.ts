import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectError, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { inOrder } from "#domain/games";
import {
  asSeenBy,
  byWindow,
  gamesIn,
  type LoggedGame,
  type PlayerGame,
  playerSeasonOver,
  type Side,
  type Tally,
  type TeamGame,
  teamSeason,
} from "#domain/season";
import { type Season, type Slot, slotOf } from "#domain/slots";
import {
  GameResult,
  type GetGameLogRequest,
  type ListWindowsRequest,
  type LoggedGameSchema,
  type StatsService,
} from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { failure } from "#runtime/rpc";
import {
  type Answered,
  type FoundIn,
  listNamed,
  pageOf,
  placeAsked,
  type Reader,
  type ReadsWithFallback,
  readPinned,
} from "#stores/reads";
import type { Names, RosterCache } from "#stores/roster";
import { gameOnWire, orderOf } from "#wire/games";
import { totalsOnWire } from "#wire/lines";
import { momentAsked } from "#wire/moments";
import { seasonAsked } from "#wire/seasons";
import { windowAsked, windowKindOf, windowOnWire } from "#wire/windows";
import { teamOf } from "./names.ts";
import { bounded } from "./reading.ts";

type Asked = GetGameLogRequest | ListWindowsRequest;

/** What the handlers work on. */
type Means = { readonly read: Reader; readonly names: RosterCache };

const ROWS_PER_PAGE_DEFAULT = 100;

/** Whose games are asked for: how they are read, and what an answer says of them. */
type Subject<Game> = {
  find(from: ReadsWithFallback): Promise<FoundIn<Game[]>>;
  /** The failure when no line counts in the season. */
  unknown(): ConnectError;
  rowOf(game: Game): Row;
  totalsOf(games: readonly Game[]): Totals;
};

type Row = MessageInitShape<typeof LoggedGameSchema>;
type Totals = {
  readonly gamesPlayed: number;
  readonly totals: ReturnType<typeof totalsOnWire>;
  readonly teamTotals?: Side["team"];
  readonly live: ReturnType<typeof liveOf>;
};

/** The RPCs that answer from game logs. The validation interceptor has enforced the rules in the .proto. */
export function logHandlers({
  read: find,
  names,
}: Means): Pick<ServiceImpl<typeof StatsService>, "getGameLog" | "listWindows"> {
  const read = bounded(find);

  /** One page of what a game log comes to. */
  async function page<Game, Item>(
    season: Season,
    request: Asked,
    context: HandlerContext,
    subject: Subject<Game>,
    how: readonly unknown[],
    itemsOf: (games: readonly Game[]) => readonly Item[],
  ) {
    const { readAfter, asOf, pageToken, pageSize } = request;
    const slot = slotOf(season);
    const { case: of, value: id } = request.subject;
    const list = listNamed(slot, of, id, momentAsked(asOf, slot), ...how);
    const place = placeAsked(pageToken, list);
    const found: Answered<Game[]> = await readPinned(place, { readAfter, asOf }, (when) =>
      read(season, when, context, (from) => subject.find(from)),
    );
    if (found.value.length === 0) throw subject.unknown();
    const items = itemsOf(found.value);
    const start = { from: 0, pin: found.from.position, ...place };
    const { rows, nextPageToken } = pageOf(items, start, pageSize || ROWS_PER_PAGE_DEFAULT, list);
    return { rows, nextPageToken, total: items.length, ...found.from };
  }

  /** What is answered of the player or the team of a request. */
  function forSubject<Answer>(
    season: Season,
    { subject: { case: of, value: id = "" } }: Asked,
    answer: <Game extends LoggedGame>(subject: Subject<Game>) => Promise<Answer>,
  ): Promise<Answer> {
    const slot = slotOf(season);
    const roster = names.of(season.league);
    return of === "playerId"
      ? answer(playerSubject(slot, id, roster))
      : answer(teamSubject(slot, id, roster));
  }

  return {
    async getGameLog(request, context) {
      const season = seasonAsked(request.season);
      const window = windowAsked(request.window);
      const order = orderOf(request.order, "newest-first");
      const answer = async <Game extends LoggedGame>(subject: Subject<Game>) => {
        const how = ["games", window, order];
        const { rows, ...found } = await page(season, request, context, subject, how, (games) =>
          inOrder(window === undefined ? games : gamesIn(window, games), order),
        );
        return { games: rows.map((game) => subject.rowOf(game)), ...found };
      };
      return forSubject(season, request, answer);
    },

    async listWindows(request, context) {
      const season = seasonAsked(request.season);
      const kind = windowKindOf(request.kind);
      const order = orderOf(request.order, "oldest-first");
      const answer = async <Game extends LoggedGame>(subject: Subject<Game>) => {
        const how = ["windows", kind, order];
        const { rows, ...found } = await page(season, request, context, subject, how, (games) => {
          const windows = byWindow(kind, games);
          return order === "oldest-first" ? windows : windows.toReversed();
        });
        const windows = rows.map(({ window, games }) => {
          return { window: windowOnWire(window), ...subject.totalsOf(games) };
        });
        return { windows, ...found };
      };
      return forSubject(season, request, answer);
    },
  };
}

function playerSubject(slot: Slot, playerId: string, roster: Names): Subject<PlayerGame> {
  return {
    async find(from) {
      const found = await from.playerGames(slot, [playerId]);
      return { ...found, value: found.value.flat() };
    },
    unknown: () => playerUnknown(slot, playerId),
    rowOf({ line: { teamId, totals, official }, ...game }) {
      return { ...rowOf(teamId, game, roster), totals: totalsOnWire(totals), official };
    },
    totalsOf(games) {
      const { all, live } = playerSeasonOver(games);
      return { gamesPlayed: all.games, totals: totalsOnWire(all.totals), live: liveOf(live) };
    },
  };
}

function teamSubject(slot: Slot, teamId: string, roster: Names): Subject<TeamGame> {
  return {
    find: (from) => from.teamGames(slot, teamId),
    unknown: () => teamUnknown(slot, teamId),
    rowOf({ own, ...game }) {
      const totals = totalsOnWire(own.players.totals);
      return { ...rowOf(teamId, game, roster), totals, teamTotals: own.team };
    },
    totalsOf(games) {
      const { players, team, live } = teamSeason(games);
      const totals = totalsOnWire(players.totals);
      return { gamesPlayed: players.games, totals, teamTotals: team, live: liveOf(live) };
    },
  };
}

const RESULTS = { won: GameResult.WON, lost: GameResult.LOST };

function rowOf(teamId: string, game: LoggedGame, roster: Names) {
  const { opponentId, atHome, points, opponentPoints, result } = asSeenBy(teamId, game);
  return {
    game: gameOnWire(game.gameId, game.facts),
    team: teamOf(teamId, roster),
    opponent: opponentId === undefined ? undefined : teamOf(opponentId, roster),
    atHome,
    points,
    opponentPoints,
    result: result === undefined ? GameResult.UNSPECIFIED : RESULTS[result],
  };
}

/** What of some totals is of games going on, as an answer has it. */
export function liveOf({ games, totals }: Tally) {
  return games === 0 ? undefined : { games, totals: totalsOnWire(totals) };
}

/** The failure of a request about a player of whom no line counts. */
export function playerUnknown(slot: Slot, playerId: string): ConnectError {
  const message = `No line of player ${playerId} counts in ${slot}.`;
  return failure("PLAYER_UNKNOWN", message, { metadata: { player_id: playerId } });
}

/** The failure of a request about a team of which no line counts. */
export function teamUnknown(slot: Slot, teamId: string): ConnectError {
  const message = `No line of team ${teamId} counts in ${slot}.`;
  return failure("TEAM_UNKNOWN", message, { metadata: { team_id: teamId } });
}
