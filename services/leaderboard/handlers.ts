import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Standing } from "#domain/ranking";
import type { Window } from "#domain/season";
import { slotOf } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import type {
  LeaderboardService,
  SeasonBoard,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { badRequest, failure } from "#runtime/rpc";
import type { Answered, FoundIn, PastReader, Reader, ReadsWithFallback, When } from "#stores/reads";
import type { Names, RosterCache } from "#stores/roster";
import { statisticOf } from "#wire/lines";
import { seasonAsked } from "#wire/seasons";
import { windowAsked } from "#wire/windows";
import { known, waitOf } from "./reading.ts";

const PAGE_SIZE_DEFAULT = 25;
/** Rows on each side of a member, where the request does not say. */
export const EACH_SIDE_DEFAULT = 5;

/** What the handlers work on. */
type Means = {
  readonly read: Reader;
  /** Reads the boards of windows, which the hot store does not have. */
  readonly readPast: PastReader;
  readonly names: RosterCache;
};

/** The RPCs of boards that answer once. */
type Boards = Pick<
  ServiceImpl<typeof LeaderboardService>,
  "listStandings" | "getStandings" | "listAround"
>;

/** The RPCs of boards. The validation interceptor has enforced the rules in the .proto by now. */
export function leaderboardHandlers({ read: find, readPast, names }: Means): Boards {
  /**
   * What is asked for of a board, by a reader that waits no longer than a call may, and knows the season
   * or fails: of a season as the stores have it, of a window cut out of the whole board.
   */
  async function read<Value>(
    { slot, statistic, window }: WindowBoard,
    when: When,
    context: HandlerContext,
    ofSeason: (from: ReadsWithFallback) => Promise<FoundIn<Value>>,
    ofWindow: (board: readonly Standing[]) => Value,
  ): Promise<Answered<Value>> {
    const wait = waitOf(context);
    if (window === undefined) return known(slot, await find(slot, when, wait, ofSeason));
    const found = await readPast(slot, when, wait, (from) =>
      from.windowBoard(slot, statistic, window),
    );
    return known(slot, { ...found, value: ofWindow(found.value) });
  }

  return {
    async listStandings({ board: asked, pageSize, pageToken, ...when }, context) {
      const board = windowBoardOf(asked);
      const from = placeOf(pageToken);
      const count = pageSize || PAGE_SIZE_DEFAULT;
      const found = await read(
        board,
        when,
        context,
        (reads) => reads.standings(board.slot, board.statistic, from, count),
        (rows) => ({ total: rows.length, rows: rows.slice(from, from + count) }),
      );
      const { total, rows } = found.value;
      const roster = names.of(board.league);
      return {
        standings: rows.map((row) => standingOf(row, roster)),
        nextPageToken: from + count < total ? String(from + count) : "",
        total,
        ...found.from,
      };
    },

    async getStandings({ board: asked, memberIds, ...when }, context) {
      const board = windowBoardOf(asked);
      const found = await read<(Standing | undefined)[]>(
        board,
        when,
        context,
        (reads) => reads.standingsOf(board.slot, board.statistic, memberIds),
        (rows) => memberIds.map((id) => rows.find(({ member }) => member === id)),
      );
      const roster = names.of(board.league);
      return {
        standings: found.value.flatMap((row) => (row ? [standingOf(row, roster)] : [])),
        unknownMemberIds: memberIds.filter((_, at) => found.value[at] === undefined),
        ...found.from,
      };
    },

    async listAround({ board: asked, memberId, eachSide, ...when }, context) {
      const board = windowBoardOf(asked);
      const each = eachSide || EACH_SIDE_DEFAULT;
      const found = await read(
        board,
        when,
        context,
        (reads) => reads.standingsAround(board.slot, board.statistic, memberId, each),
        (rows) => {
          const place = rows.findIndex(({ member }) => member === memberId);
          return place < 0 ? [] : rows.slice(Math.max(0, place - each), place + each + 1);
        },
      );
      if (found.value.length === 0) {
        const message = `${memberId} is not on the board.`;
        throw failure("MEMBER_UNKNOWN", message, { metadata: { member_id: memberId } });
      }
      const roster = names.of(board.league);
      return {
        standings: found.value.map((row) => standingOf(row, roster)),
        ...found.from,
      };
    },
  };
}

/** A board of a season, or of a window of it. */
type WindowBoard = Board & { readonly window: Window | undefined };

/** The board that a request names. */
function windowBoardOf(asked: SeasonBoard | undefined): WindowBoard {
  const season = seasonAsked(asked?.season);
  const statistic = statisticOf(asked?.statistic ?? 0);
  const window = windowAsked(asked?.window, "board.window");
  return { league: season.league, slot: slotOf(season), statistic, window };
}

/** One board of a season. */
export type Board = {
  readonly league: string;
  readonly slot: string;
  readonly statistic: Statistic;
};

/** The board of a whole season that a request names. Throws INVALID_ARGUMENT when it has a window. */
export function boardOf(asked: SeasonBoard | undefined): Board {
  const { window, ...board } = windowBoardOf(asked);
  if (window === undefined) return board;
  throw badRequest([{ field: "board.window", description: "must not be set: it is not watched" }]);
}

/** A row of a board as an answer has it. */
export function standingOf({ rank, member, score }: Standing, { players }: Names) {
  return {
    rank,
    memberId: member,
    name: players.get(member)?.name ?? member,
    score: BigInt(score),
  };
}

/** The 0-based place at which the page begins. */
function placeOf(pageToken: string): number {
  if (pageToken === "") return 0;
  const place = Number(pageToken);
  if (Number.isSafeInteger(place) && place > 0) return place;
  const description = "Pass next_page_token as it was returned.";
  throw badRequest([{ field: "page_token", description }]);
}
