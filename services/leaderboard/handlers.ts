import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Standing } from "#domain/ranking";
import { slotOf } from "#domain/slots";
import type { Statistic } from "#domain/statistics";
import type {
  LeaderboardService,
  SeasonBoard,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { badRequest, failure } from "#runtime/rpc";
import type { Answered, FoundIn, Reader, ReadsWithFallback, When } from "#stores/reads";
import type { Names, RosterCache } from "#stores/roster";
import { statisticOf } from "#wire/lines";
import { seasonAsked } from "#wire/seasons";
import { known, waitOf } from "./reading.ts";

const PAGE_SIZE_DEFAULT = 25;
/** Rows on each side of a member, where the request does not say. */
export const EACH_SIDE_DEFAULT = 5;

/** What the handlers work on. */
type Means = { readonly read: Reader; readonly names: RosterCache };

/** The RPCs of boards that answer once. */
type Boards = Pick<
  ServiceImpl<typeof LeaderboardService>,
  "listStandings" | "getStandings" | "listAround"
>;

/** The RPCs of boards. The validation interceptor has enforced the rules in the .proto by now. */
export function leaderboardHandlers({ read: find, names }: Means): Boards {
  const read = bounded(find);
  return {
    async listStandings({ board: asked, pageSize, pageToken, ...when }, context) {
      const board = boardOf(asked);
      const from = placeOf(pageToken);
      const count = pageSize || PAGE_SIZE_DEFAULT;
      const found = await read(board, when, context, (reads) =>
        reads.standings(board.slot, board.statistic, from, count),
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
      const board = boardOf(asked);
      const found = await read(board, when, context, (reads) =>
        reads.standingsOf(board.slot, board.statistic, memberIds),
      );
      const roster = names.of(board.league);
      return {
        standings: found.value.flatMap((row) => (row ? [standingOf(row, roster)] : [])),
        unknownMemberIds: memberIds.filter((_, at) => found.value[at] === undefined),
        ...found.from,
      };
    },

    async listAround({ board: asked, memberId, eachSide, ...when }, context) {
      const board = boardOf(asked);
      const found = await read(board, when, context, (reads) =>
        reads.standingsAround(board.slot, board.statistic, memberId, eachSide || EACH_SIDE_DEFAULT),
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

/** One board of a season. */
export type Board = {
  readonly league: string;
  readonly slot: string;
  readonly statistic: Statistic;
};

/** The board that a request names. */
export function boardOf(asked: SeasonBoard | undefined): Board {
  const season = seasonAsked(asked?.season);
  const statistic = statisticOf(asked?.statistic ?? 0);
  return { league: season.league, slot: slotOf(season), statistic };
}

/** A reader of boards that waits no longer than a call may, and knows the season or fails. */
function bounded(read: Reader) {
  return async <Value>(
    { slot }: Board,
    when: When,
    context: HandlerContext,
    find: (from: ReadsWithFallback) => Promise<FoundIn<Value>>,
  ): Promise<Answered<Value>> => known(slot, await read(slot, when, waitOf(context), find));
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
