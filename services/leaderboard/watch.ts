import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { changesBetween, isSameRows, type Rows } from "#domain/changes";
import type { Standing } from "#domain/ranking";
import {
  type LeaderboardService,
  StandingChangesSchema,
  StandingRowsSchema,
  type WatchStandingsRequest,
  type WatchStandingsResponseSchema,
} from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import { failure } from "#runtime/rpc";
import type { Names, RosterCache } from "#stores/roster";
import { madeOnce, type Subject, type Watches } from "#stores/watches";
import { type Board, boardOf, EACH_SIDE_DEFAULT, standingOf } from "./handlers.ts";
import { seasonUnknown } from "./reading.ts";

/** What the watch works on. */
type Means = { readonly names: RosterCache; readonly watches: Watches };

/** A part of a board as it is watched, by member. */
type Part = { readonly league: string; readonly rows: Rows<Standing> };

/** The watch of boards. The validation interceptor has enforced the rules in the .proto by now. */
export function watchHandlers({
  names,
  watches,
}: Means): Pick<ServiceImpl<typeof LeaderboardService>, "watchStandings"> {
  const content = madeOnce((was: Part | undefined, now: Part) =>
    contentOf(was, now, names.of(now.league)),
  );
  return {
    async *watchStandings({ board: asked, part, resumeAfter }, { signal }) {
      const subject = partSubject(boardOf(asked), part);
      for await (const step of watches.follow(subject, { resumeAfter, signal })) {
        yield { position: step.position, content: content(step.was, step.now) };
      }
    },
  };
}

function partSubject(
  { league, slot, statistic }: Board,
  part: WatchStandingsRequest["part"],
): Subject<Part> {
  const member = part.case === "around" ? part.value.memberId : undefined;
  const count =
    part.case === "around" ? part.value.eachSide || EACH_SIDE_DEFAULT : Number(part.value);
  return {
    key: `board ${slot} ${statistic} ${count} ${member ?? ""}`,
    slot,
    async read(from) {
      const { cursor, value } =
        member === undefined
          ? await from.standings(slot, statistic, 0, count)
          : await from.standingsAround(slot, statistic, member, count);
      const rows = "rows" in value ? value.rows : value;
      return { cursor, value: { league, rows: new Map(rows.map((row) => [row.member, row])) } };
    },
    // Whose total moves may pass others, or come from far below.
    isTouchedBy: ({ players }) => players.size > 0,
    isSame: (a, b) => isSameRows(a.rows, b.rows),
    unknownSlot: () => seasonUnknown(slot),
    unknown({ rows }) {
      if (member === undefined || rows.size > 0) return undefined;
      const message = `${member} is not on the board.`;
      return failure("MEMBER_UNKNOWN", message, { metadata: { member_id: member } });
    },
  };
}

function contentOf(
  was: Part | undefined,
  now: Part,
  roster: Names,
): MessageInitShape<typeof WatchStandingsResponseSchema>["content"] {
  const onWire = (rows: Rows<Standing>) => [...rows.values()].map((row) => standingOf(row, roster));
  // Made here, and so once for all watchers.
  if (was === undefined) {
    return { case: "full", value: create(StandingRowsSchema, { standings: onWire(now.rows) }) };
  }
  const { upserts, removed } = changesBetween(was.rows, now.rows);
  const value = { standings: onWire(upserts), removedMemberIds: [...removed] };
  return { case: "changes", value: create(StandingChangesSchema, value) };
}
