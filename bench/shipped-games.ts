import { fileURLToPath } from "node:url";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { playedGame } from "#domain/plays";
import type { Totals } from "#domain/statistics";
import type { GameSchema } from "#gen/courtside/game/v1/game_pb.ts";
import { UploadLinesRequestSchema } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { indexGames, readGames } from "../cli/files/index.ts";
import { finalFact, liveFact } from "../cli/replay/game-facts.ts";
import { uploadedLine } from "../cli/replay/uploaded-line.ts";
import { framed } from "./frames.ts";

const EVENTS = fileURLToPath(new URL("../data/nba-2023-24/events", import.meta.url));

/** A game that ships with the repository, ready to be sent again and again as a new game. */
export type ShippedGame = {
  /** What to tell of it before its first line and after its last one. The game id is its own. */
  readonly live: MessageInitShape<typeof GameSchema>;
  readonly final: MessageInitShape<typeof GameSchema>;
  /** How many lines it has. */
  readonly lines: number;
  /** The messages of its upload, one behind the other as gRPC frames them. */
  readonly frames: Buffer;
  /** Where each message ends in `frames`, in bytes. */
  readonly ends: readonly number[];
  /** Each player's totals after so many lines, by player id. */
  totalsAfter(lines: number): Map<string, Required<Totals>>;
};

/** The games that ship, in messages of at most `batchLines` lines. */
export async function shippedGames(batchLines: number, gamesMax = 54): Promise<ShippedGame[]> {
  const games: ShippedGame[] = [];
  const index = (await indexGames(EVENTS)).slice(0, gamesMax);
  for await (const game of readGames(EVENTS, index)) {
    const played = playedGame(game.plays, game.tipOff, game.isOver);
    const { lines } = played;
    const frames: Buffer[] = [];
    const ends: number[] = [];
    for (let from = 0; from < lines.length; from += batchLines) {
      const part = lines.slice(from, from + batchLines).map(uploadedLine);
      const value = { firstNumber: BigInt(from + 1), lines: part };
      const frame = framed(UploadLinesRequestSchema, { message: { case: "batch", value } });
      frames.push(frame);
      ends.push((ends.at(-1) ?? 0) + frame.length);
    }
    games.push({
      live: liveFact(game).game,
      final: finalFact(game, played).game,
      lines: lines.length,
      frames: Buffer.concat(frames),
      ends,
      totalsAfter(count) {
        const players = lines.slice(0, count).filter((line) => line.kind === "player");
        return new Map(players.map(({ playerId, totals }) => [playerId, totals]));
      },
    });
  }
  return games;
}
