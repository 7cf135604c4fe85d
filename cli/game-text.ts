import { type Game, GameStatus } from "#gen/courtside/game/v1/game_pb.ts";
import type { Team } from "#gen/courtside/roster/v1/roster_pb.ts";

/** A game's status as people and programs read it; undefined when it is not known. */
export function statusWord(status: GameStatus | undefined): string | undefined {
  switch (status) {
    case GameStatus.SCHEDULED:
      return "scheduled";
    case GameStatus.LIVE:
      return "live";
    case GameStatus.FINAL:
      return "final";
    case GameStatus.POSTPONED:
      return "postponed";
    default:
      return undefined;
  }
}

/** How far a game has come: "final", "final/OT", "Q3 4:07", "scheduled". */
export function stageText(game: Game | undefined): string {
  const { status, period, clockLeftMs } = game ?? {};
  if (status === GameStatus.FINAL) {
    return period !== undefined && period > 4 ? `final/${periodText(period)}` : "final";
  }
  if (status === GameStatus.LIVE && period !== undefined) {
    return clockLeftMs === undefined
      ? periodText(period)
      : `${periodText(period)} ${gameClock(clockLeftMs)}`;
  }
  return statusWord(status) ?? "";
}

/** A period: Q1 to Q4, OT, 2OT and so on. */
export function periodText(period: number): string {
  if (period <= 4) return `Q${period}`;
  return period === 5 ? "OT" : `${period - 4}OT`;
}

/** What is left of a period, as a scoreboard shows it: minutes and seconds, and tenths at the end. */
export function gameClock(leftMs: number): string {
  if (leftMs < 60_000) return (Math.floor(leftMs / 100) / 10).toFixed(1);
  const seconds = Math.floor(leftMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A team's short name, else whatever is known of it. */
export function teamText(team: Team | undefined): string {
  return team?.tricode || team?.name || team?.teamId || "?";
}

/** A team's city and name, else whatever is known of it. */
export function wholeTeamText(team: Team | undefined): string {
  const name = [team?.city, team?.name].filter(Boolean).join(" ");
  return name || teamText(team);
}

/** A team for a program; null where a name is not known. */
export function teamJson(team: Team | undefined) {
  if (team === undefined) return null;
  const { teamId, tricode, city, name } = team;
  return { teamId, tricode: tricode || null, city: city || null, name: name || null };
}

/** What is known of a game, for a program; null where it is not. */
export function gameJson(game: Game | undefined) {
  const tipOff = game?.tipOffTime;
  return {
    gameId: game?.gameId ?? null,
    date: game?.date ?? null,
    tipOffTime: tipOff ? new Date(Number(tipOff.seconds) * 1000).toISOString() : null,
    homeTeamId: game?.homeTeamId ?? null,
    awayTeamId: game?.awayTeamId ?? null,
    status: statusWord(game?.status) ?? null,
    period: game?.period ?? null,
    clockLeftMs: game?.clockLeftMs ?? null,
  };
}
