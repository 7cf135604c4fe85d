import type { Counting } from "#domain/statistics";
import type { Play } from "./index.ts";
import { type PlayedLine, playedGame } from "./index.ts";

/** The five of each team that begin the games of the tests; bench players are h6, a6 and so on. */
export const TEN = ["h1", "h2", "h3", "h4", "h5", "a1", "a2", "a3", "a4", "a5"];

/** Half past seven in the evening in New York, on the first day of the season. */
export const TIP_OFF_MS = Date.parse("2023-10-24T23:30:00Z");

/** Minutes and seconds left, "11:42" or "0:04.5", in milliseconds. */
export function left(clock: string): number {
  const [minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return Math.round((minutes * 60 + seconds) * 1000);
}

/**
 * A play with the number and clock given ("1 11:42" is period 1); the team is the one that the
 * player's id begins with. Without more it is a timeout of the home team.
 */
export function playOf(actionNumber: number, at: string, over: Partial<Play> = {}): Play {
  const [period, clock = "0:00"] = at.split(" ");
  const teamId = over.playerId?.startsWith("a") ? "away" : "home";
  return {
    actionNumber,
    period: Number(period),
    clockLeftMs: left(clock),
    action: "timeout",
    description: "",
    teamId,
    made: false,
    onCourt: TEN,
    score: { home: 0, away: 0 },
    ...over,
  };
}

/** A substitution as the feed says it; `onCourt` is who is then on court. */
export function substitution(
  actionNumber: number,
  at: string,
  way: "in" | "out",
  playerId: string,
  onCourt: readonly string[] = TEN,
): Play {
  const action = "substitution";
  return playOf(actionNumber, at, { action, playerId, description: `SUB ${way}: X`, onCourt });
}

/** The ten with some exchanged: `exchanged({ h1: "h6" })`. */
export function exchanged(players: Readonly<Record<string, string>>): string[] {
  return TEN.map((playerId) => players[playerId] ?? playerId);
}

/** The lines of a game that begins at {@link TIP_OFF_MS}. */
export function linesOf(...plays: readonly Play[]): readonly PlayedLine[] {
  // Lists of players do not say the team, so each of the ten is seen to act once, in no countable way.
  const cast = TEN.map((playerId, i) =>
    playOf(9000 + i, "1 12:00", { action: "jumpball", playerId }),
  );
  return playedGame([...plays, ...cast], TIP_OFF_MS).lines;
}

/** Each line of the reason given as "player: what is not zero", in order; time on court left out. */
export function said(lines: readonly PlayedLine[], reason: string): string[] {
  return lines
    .filter((line) => line.kind === "player" && line.reason === reason)
    .map((line) => {
      const { secondsPlayed: _, ...counts } = { secondsPlayed: 0, ...line.totals };
      const counted = Object.entries(counts).filter(([, count]) => count !== 0);
      const who = line.kind === "player" ? line.playerId : line.teamId;
      return `${who}: ${counted.map(([statistic, n]) => `${n} ${statistic}`).join(", ")}`;
    });
}

/** The player's newest line's value of one statistic. */
export function last(
  lines: readonly PlayedLine[],
  playerId: string,
  statistic: Counting | "secondsPlayed",
): number | undefined {
  const own = lines.filter((line) => line.kind === "player" && line.playerId === playerId);
  const line = own.at(-1);
  return line?.kind === "player" ? line.totals[statistic] : undefined;
}
