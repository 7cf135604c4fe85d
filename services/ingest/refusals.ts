import { failure } from "#runtime/rpc";
import type { AppendVerdict, OpenVerdict } from "#stores/journal";

/** The failure of a caller who does not own the game, or names the wrong season. */
export function notOpened(gameId: string, verdict: Exclude<OpenVerdict, { verdict: "open" }>) {
  if (verdict.verdict === "wrong_slot") return wrongSeason(gameId, verdict.slot);
  const message = `Game ${gameId} is uploaded by ${verdict.owner}.`;
  return failure("NOT_OWNER", message, { metadata: { game_id: gameId, owner: verdict.owner } });
}

/** The failure that a refused append means. */
export function notAppended(gameId: string, refused: AppendVerdict) {
  const { verdict, expectedNumber, epoch } = refused;
  switch (verdict) {
    case "fenced":
      return fenced(gameId, epoch);
    case "gap":
      return numberGap(gameId, expectedNumber);
    case "not_final":
      return failure("GAME_NOT_FINAL", `Game ${gameId} has not ended, as far as is known.`, {
        metadata: { game_id: gameId },
      });
    case "wrong_slot":
      return wrongSeason(gameId);
    default:
      return new Error(`an append that was ${verdict} is no failure`);
  }
}

/** The failure of a former owner of the game, which is at `epoch` by now. */
export function fenced(gameId: string, epoch: number) {
  return failure("UPLOAD_FENCED", `Another owner has taken game ${gameId} over.`, {
    metadata: { game_id: gameId, epoch: String(epoch) },
  });
}

/** The failure of an owner whom the journal has lost in a failover: the upload is to be opened anew. */
export function ownerLost(gameId: string, epoch: number) {
  const message = `The journal has lost who owned game ${gameId} after owner ${epoch}.`;
  return failure("STORE_UNREACHABLE", message, {
    metadata: { store: "postgres" },
    retryAfterMs: 0,
  });
}

/** The failure of a line whose number was taken before with another content; digests as hex. */
export function numberReused(gameId: string, number: number, sent: string, known: string) {
  const message = `Line ${number} of game ${gameId} was another one when it was first taken.`;
  return failure("NUMBER_REUSED", message, {
    metadata: { game_id: gameId, number: String(number), sent, known },
  });
}

/** The failure of a batch that left numbers out. */
export function numberGap(gameId: string, expected: number) {
  const message = `Number ${expected} of game ${gameId} is expected next.`;
  return failure("NUMBER_GAP", message, {
    metadata: { game_id: gameId, expected: String(expected) },
  });
}

function wrongSeason(gameId: string, slot?: string) {
  const message = `Game ${gameId} belongs to another season${slot ? `: ${slot}` : ""}.`;
  return failure("SEASON_MISMATCH", message, { metadata: { game_id: gameId } });
}
