import type { MessageInitShape } from "@bufbuild/protobuf";
import type { NewLine } from "#client";
import { playedGame } from "#domain/plays";
import type { GameSchema } from "#gen/courtside/game/v1/game_pb.ts";
import { finalFact, liveFact } from "../../../cli/replay/game-facts.ts";
import { uploadedLine } from "../../../cli/replay/uploaded-line.ts";
import type { AskedSeason } from "../../../cli/seasons.ts";
import { realGames } from "../../integration/real-games.fixture.ts";
import type { History } from "../history.ts";
import type { FaultMesh } from "../mesh.ts";

/** What every kind of load stands on. */
export type Ground = {
  readonly mesh: FaultMesh;
  readonly history: History;
  /** A season that no other run has. */
  readonly season: AskedSeason;
  readonly games: readonly ShippedGame[];
  /** Draws from the seed of the run: 0 to below 1. */
  readonly random: () => number;
  /** For spools. */
  readonly folder: string;
  /** What is under way, for those who read. */
  readonly seen: Seen;
  /** Aborts when nothing new is to be begun. */
  readonly stopping: AbortSignal;
};

/** What those who write tell those who read. */
export type Seen = {
  /** Games of which something was acknowledged, newest last. */
  readonly gameIds: string[];
  /** The position of the newest ack. */
  position: string;
};

/** A real game that ships, to be played under an id of the run's own. */
export type ShippedGame = {
  readonly lines: readonly NewLine[];
  readonly playerIds: readonly string[];
  readonly teamIds: readonly string[];
  readonly live: MessageInitShape<typeof GameSchema>;
  readonly final: MessageInitShape<typeof GameSchema>;
};

let shipped: Promise<ShippedGame[]> | undefined;

/** The games that ship; read once a process. */
export function shippedGames(): Promise<ShippedGame[]> {
  shipped ??= read();
  return shipped;
}

const GAMES = 20;

async function read(): Promise<ShippedGame[]> {
  return (await realGames(GAMES)).map((game) => {
    const played = playedGame(game.plays, game.tipOff, game.isOver);
    const players = played.lines.filter((line) => line.kind === "player");
    return {
      lines: played.lines.map(uploadedLine),
      playerIds: [...new Set(players.map(({ playerId }) => playerId))],
      teamIds: [...new Set(players.map(({ teamId }) => teamId))],
      live: liveFact(game).game,
      final: finalFact(game, played).game,
    };
  });
}

/** One of some. */
export function oneOf<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}
