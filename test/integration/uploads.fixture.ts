import { randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type {
  OpenUploadSchema,
  UploadedLineSchema,
  UploadLinesResponse,
} from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import type { TestMesh } from "./mesh.fixture.ts";

/** A league that no other test has, and its season. */
export function freshSeason() {
  return { league: `t${randomBytes(6).toString("hex")}`, season: "2023-24" };
}

/** A player's line. */
export const playerLine = (
  playerId: string,
  points: number,
  more: { teamId?: string; seconds?: number } = {},
) => ({
  of: {
    case: "player" as const,
    value: {
      playerId,
      teamId: more.teamId ?? "t1",
      happenedTime: timestampFromMs(1_700_000_000_000),
      totals: { points, ...(more.seconds === undefined ? {} : { secondsPlayed: more.seconds }) },
    },
  },
});

/** A team's line. */
export const teamLine = (teamId: string, teamTurnovers: number) => ({
  of: {
    case: "team" as const,
    value: { teamId, happenedTime: timestampFromMs(1_700_000_000_000), totals: { teamTurnovers } },
  },
});

/** A game of a season of its own. */
export const game = (name = "g1") => ({ season: freshSeason(), source: "arena", gameId: name });
export type Game = ReturnType<typeof game>;

/** What an upload says when it is opened, beside its game. */
export type OpenAs = Omit<MessageInitShape<typeof OpenUploadSchema>, "$typeName">;

type Answer = UploadLinesResponse["message"];

/** An open upload: writes messages, and gives each answer in turn. */
export function openUpload(mesh: Pick<TestMesh, "ingest">, of: Game, open: OpenAs = {}) {
  const stream = mesh.ingest.uploadLines();
  const answers = stream.responses[Symbol.asyncIterator]();
  const { source, season, gameId } = of;
  const value = { source, instance: "a", season, gameId, ...open };
  // What breaks a write is told by the answers.
  const write = (...message: Parameters<typeof stream.write>) =>
    void stream.write(...message).catch(() => {});
  write({ message: { case: "open", value } });
  let through = 0n;

  async function nextOfAny(): Promise<Answer | undefined> {
    const { value } = await answers.next();
    return (value as UploadLinesResponse | undefined)?.message;
  }
  return {
    nextOfAny,
    /** The next answer that is more than the news that something was folded. */
    async next(): Promise<Answer | undefined> {
      for (;;) {
        const answer = await nextOfAny();
        // What was durable before this upload may be folded only now.
        if (answer?.case === "opened") through = answer.value.nextNumber - 1n;
        if (answer?.case !== "ack") return answer;
        if (answer.value.through === through && answer.value.results.length === 0) continue;
        ({ through } = answer.value);
        return answer;
      }
    },
    send: (firstNumber: number, ...lines: MessageInitShape<typeof UploadedLineSchema>[]) =>
      write({
        message: { case: "batch", value: { firstNumber: BigInt(firstNumber), lines } },
      }),
    finish: (lastNumber = 0) => {
      write({ message: { case: "finish", value: { lastNumber: BigInt(lastNumber) } } });
      stream.end();
    },
    cut: () => stream.cancel(),
  };
}
