import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Absence, GameFacts, GameStatus } from "#domain/boxscore";
import {
  type Game,
  GameStatus as OnWire,
  type Absence as OnWireAbsence,
} from "#gen/courtside/game/v1/game_pb.ts";

// By the value on the wire; the unspecified one is not among them.
const STATUSES: Readonly<Record<number, GameStatus>> = {
  [OnWire.SCHEDULED]: "scheduled",
  [OnWire.LIVE]: "live",
  [OnWire.FINAL]: "final",
  [OnWire.POSTPONED]: "postponed",
};

/** What a message says of a game; only the facts that it has. */
export function factsOf(game: Game): GameFacts {
  const { date, tipOffTime, homeTeamId, awayTeamId, period, clockLeftMs } = game;
  const { homeScore, awayScore } = game;
  const facts = {
    date,
    tipOff: tipOffTime && timestampMs(tipOffTime),
    homeTeamId,
    awayTeamId,
    status: statusOf(game.status),
    period,
    clockLeftMs,
    homeScore,
    awayScore,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** What a message says of a player who does not play. */
export function absenceOf({
  playerId,
  teamId,
  inactive,
  reason,
  description,
}: OnWireAbsence): Absence {
  return { playerId, teamId, inactive, reason, description };
}

/** A game's facts as a message has them. */
export function gameOnWire(gameId: string, facts: GameFacts) {
  const { tipOff, status, ...others } = facts;
  return {
    gameId,
    ...others,
    tipOffTime: tipOff === undefined ? undefined : timestampFromMs(tipOff),
    status: statusOnWire(status),
  };
}

/** The status that a message names; undefined for none. */
export function statusOf(status: OnWire): GameStatus | undefined {
  return STATUSES[status];
}

/** A status as a message has it. */
export function statusOnWire(status: GameStatus | undefined): OnWire {
  const found = Object.entries(STATUSES).find(([, word]) => word === status);
  return Number(found?.[0] ?? OnWire.UNSPECIFIED) as OnWire;
}
