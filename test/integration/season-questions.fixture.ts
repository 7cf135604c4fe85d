import { isDeepStrictEqual } from "node:util";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Statistic } from "#domain/statistics";
import { LeaderboardService } from "#gen/courtside/leaderboard/v1/leaderboard_service_pb.ts";
import type { Served } from "#gen/courtside/read/v1/served_pb.ts";
import { StatsService } from "#gen/courtside/stats/v1/stats_service_pb.ts";
import { reasonOf } from "#runtime/rpc";
import { statisticOnWire } from "#wire/lines";
import type { AskedSeason } from "../../cli/seasons.ts";

/** Who answers about a season. */
export type Answerers = {
  readonly stats: Client<typeof StatsService>;
  readonly leaderboard: Client<typeof LeaderboardService>;
};

/** What every answer about a season says of itself. */
export type Answer = { readonly position: string; readonly served?: Served };

/** A question about a season. */
export type Question = {
  /** For people. */
  readonly name: string;
  /** Who answers it. */
  readonly of: keyof Answerers;
  /** Asks once, for an answer that reflects a position where one is named: nothing is repeated. */
  ask(whom: Answerers, readAfter?: string): Promise<Answer>;
};

/** The services at these addresses, asked without any help: nothing is repeated. */
export function answerersAt(
  addresses: { stats: string; leaderboard: string },
  defaultTimeoutMs = 5_000,
): Answerers {
  const to = (address: string) =>
    createGrpcTransport({ baseUrl: `http://${address}`, defaultTimeoutMs });
  return {
    stats: createClient(StatsService, to(addresses.stats)),
    leaderboard: createClient(LeaderboardService, to(addresses.leaderboard)),
  };
}

/** The questions about a season. */
export function questionsOf(season: AskedSeason) {
  const boardOf = (statistic: Statistic) => ({ season, statistic: statisticOnWire(statistic) });
  return {
    boxScore: (gameId: string): Question => ({
      name: `box score ${gameId}`,
      of: "stats",
      ask: ({ stats }, readAfter) => stats.getBoxScore({ season, gameId, readAfter }),
    }),
    players: (playerIds: string[]): Question => ({
      name: `players ${playerIds.join(" ")}`,
      of: "stats",
      ask: ({ stats }, readAfter) => stats.batchGetPlayerSeasons({ season, playerIds, readAfter }),
    }),
    team: (teamId: string): Question => ({
      name: `team ${teamId}`,
      of: "stats",
      ask: ({ stats }, readAfter) => stats.getTeamSeason({ season, teamId, readAfter }),
    }),
    board: (statistic: Statistic, pageSize: number): Question => ({
      name: `board of ${statistic}`,
      of: "leaderboard",
      ask: ({ leaderboard }, readAfter) =>
        leaderboard.listStandings({ board: boardOf(statistic), pageSize, readAfter }),
    }),
    ranks: (statistic: Statistic, memberIds: string[]): Question => ({
      name: `ranks by ${statistic} of ${memberIds.join(" ")}`,
      of: "leaderboard",
      ask: ({ leaderboard }, readAfter) =>
        leaderboard.getStandings({ board: boardOf(statistic), memberIds, readAfter }),
    }),
    around: (statistic: Statistic, memberId: string, eachSide: number): Question => ({
      name: `${statistic} around ${memberId}`,
      of: "leaderboard",
      ask: ({ leaderboard }, readAfter) =>
        leaderboard.listAround({ board: boardOf(statistic), memberId, eachSide, readAfter }),
    }),
  };
}

/** What is wrong with an answer, or with none for want of knowledge; empty when nothing is. */
export async function faultIn(
  question: Question,
  answer: Answer | undefined,
  oracle: Answerers,
): Promise<string> {
  const found = withoutSource(answer);
  const right = withoutSource(await question.ask(oracle).catch(unlessUnknown));
  if (isDeepStrictEqual(found, right)) return "";
  return `${question.name}:\n  ${textOf(found)}\n  is not\n  ${textOf(right)}`;
}

function unlessUnknown(error: unknown): undefined {
  if (reasonOf(error).code !== Code.NotFound) throw error;
}

/** The same, whichever store it came from. */
function withoutSource(answer: Answer | undefined): Answer | undefined {
  return answer && { ...answer, served: undefined };
}

function textOf(answer: Answer | undefined): string {
  return JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? Number(value) : value));
}
