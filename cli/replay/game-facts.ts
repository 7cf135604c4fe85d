import type { MessageInitShape } from "@bufbuild/protobuf";
import { elapsedMs, type GameClock, type PlayedGame } from "#domain/plays";
import {
  type DidNotPlaySchema,
  type GameSchema,
  GameStatus,
} from "#gen/courtside/game/v1/game_pb.ts";
import type { GamePlays, ScheduledGame } from "../files/index.ts";

/** What a replay says about a game, and the number of that fact. */
export type NumberedFact = {
  readonly revision: bigint;
  readonly game: MessageInitShape<typeof GameSchema>;
  readonly didNotPlay?: MessageInitShape<typeof DidNotPlaySchema>;
};

// The numbers are those of the game and never of the run, so that a second run says nothing new. They
// rise with the game, and stay below those of people, which are microseconds since the epoch.
const SCHEDULED = 1n;
const LIVE = 2n;
const CLOCK_FROM = 10n;
const FINAL = 10_000_000n;

const REGULAR_PERIOD_MS = 720_000;

/** The game is planned. */
export function scheduledFact(game: ScheduledGame): NumberedFact {
  return { revision: SCHEDULED, game: { ...planOf(game), status: GameStatus.SCHEDULED } };
}

/** The game begins. */
export function liveFact(game: GamePlays): NumberedFact {
  const clock = { period: 1, clockLeftMs: REGULAR_PERIOD_MS };
  // Who is on the bench may come in yet.
  const inactive = game.didNotPlay?.filter((player) => player.inactive);
  return {
    revision: LIVE,
    game: { ...planOf(game), status: GameStatus.LIVE, ...clock },
    ...(inactive && { didNotPlay: { players: inactive } }),
  };
}

/** The game has come so far: at most one fact a second of the game, and one for a period's end. */
export function clockFact(gameId: string, { period, clockLeftMs }: GameClock): NumberedFact {
  const elapsedS = Math.floor(elapsedMs({ period, clockLeftMs }) / 1000);
  // A period's end and the next one's beginning are the same second: periods come in between.
  const revision = CLOCK_FROM + BigInt(elapsedS + period);
  return { revision, game: { gameId, period, clockLeftMs } };
}

/** The game has ended after so many periods, with this score. */
export function finalFact(
  game: GamePlays,
  { periods, score }: Pick<PlayedGame, "periods" | "score">,
): NumberedFact {
  const clock = periods === 0 ? {} : { period: periods, clockLeftMs: 0 };
  const scores = { homeScore: score.home, awayScore: score.away };
  const { didNotPlay } = game;
  return {
    revision: FINAL,
    game: { ...planOf(game), status: GameStatus.FINAL, ...clock, ...scores },
    ...(didNotPlay && { didNotPlay: { players: [...didNotPlay] } }),
  };
}

function planOf({ gameId, date, tipOff, home, away }: GamePlays | ScheduledGame) {
  return {
    gameId,
    date,
    tipOffTime: tipOff === undefined ? undefined : timestampOf(tipOff),
    homeTeamId: home?.teamId,
    awayTeamId: away?.teamId,
  };
}

/** Milliseconds since the epoch as a Timestamp. */
export function timestampOf(ms: number): { seconds: bigint; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1_000_000 };
}
