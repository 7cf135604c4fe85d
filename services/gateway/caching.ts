import { createHash } from "node:crypto";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Game, GameStatus } from "#gen/courtside/game/v1/game_pb.ts";

/** How long an answer may be kept, in seconds. */
const LIVE_S = 1;
/** What changes with the next game alone, or once in a while: past seasons, names, old games. */
const SETTLED_S = 60;

// Scorers edit for hours after the buzzer and the league corrects for days; after that, rarely.
const SETTLED_AFTER_MS = 3 * 24 * 3_600_000;

/** How long a game may be kept by a cache, in seconds: one that was final for days, a minute. */
export function gameMaxAgeS(game: Game | undefined, nowMs: number): number {
  if (game?.status !== GameStatus.FINAL) return LIVE_S;
  const began = game.tipOffTime ? timestampMs(game.tipOffTime) : Date.parse(game.date ?? "");
  return nowMs - began > SETTLED_AFTER_MS ? SETTLED_S : LIVE_S;
}

/** The same of totals and boards of a season: only the current one moves with every play. */
export function seasonMaxAgeS(season: string, current: string): number {
  return season < current ? SETTLED_S : LIVE_S;
}

/** The same of names. */
export const NAMES_MAX_AGE_S = SETTLED_S;

/**
 * The entity tag of a body: its digest, so that names and corrections change it, and lines of other
 * games, which move the season's position, do not.
 */
export function etagOf(body: string | Buffer): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** Whether If-None-Match names this tag, compared weakly (RFC 9110, 13.1.2). */
export function isNamedIn(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
