import { join } from "node:path";
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Disk } from "#client";
import { type Season, SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";

/** Who owns a game at a relay, or did. */
export type Owner = {
  /** Which owner it is, from 1: the relay's own count. */
  readonly epoch: number;
  readonly source: string;
  /** Empty for a source that has no stream. */
  readonly instance: string;
  readonly season: Season | undefined;
  /** Whether it took the game over. */
  readonly takeOver: boolean;
  /** How far the relay's clock is ahead of its, in ms; undefined if it did not say. */
  readonly clockOffsetMs: number | undefined;
};

/** What a relay knows of a game beside its lines. Stands in `gate.json` in the game's folder. */
export type Gate = {
  readonly league: string;
  readonly gameId: string;
  /** The epoch that was given last; 0 before the first. */
  readonly epoch: number;
  /** Those whose lines may be on this disk, oldest first; the last is the owner. */
  readonly owners: readonly Owner[];
  /** Since when all is forwarded and nobody sends, in ms since 1970; undefined while that is not so. */
  readonly settledAt: number | undefined;
  /** Whether the lines were removed since then. */
  readonly trimmed: boolean;
};

const FORMAT = 1;

/** The gate of a game that nobody owned yet. */
export function newGate(league: string, gameId: string): Gate {
  return { league, gameId, epoch: 0, owners: [], settledAt: undefined, trimmed: false };
}

/** The gate that a folder holds; undefined if it has none. */
export async function readGate(disk: Disk, folder: string): Promise<Gate | undefined> {
  const bytes = await disk.readFile(fileIn(folder));
  if (bytes === undefined) return undefined;
  const { format, owners, ...gate } = JSON.parse(bytes.toString());
  if (format !== FORMAT) throw new Error(`${fileIn(folder)} has format ${format}, not ${FORMAT}.`);
  const seasonOf = (json: JsonValue | undefined) => json && fromJson(SeasonSchema, json);
  return {
    settledAt: undefined,
    ...gate,
    owners: owners.map((owner: { season?: JsonValue }) => ({
      ...owner,
      season: seasonOf(owner.season),
    })),
  };
}

/** Replaces it, durably. */
export function writeGate(disk: Disk, folder: string, gate: Gate): Promise<void> {
  const owners = gate.owners.map((owner) => ({
    ...owner,
    season: owner.season && toJson(SeasonSchema, create(SeasonSchema, owner.season)),
  }));
  const text = JSON.stringify({ format: FORMAT, ...gate, owners }, null, 2);
  return disk.replaceFile(fileIn(folder), Buffer.from(`${text}\n`));
}

function fileIn(folder: string): string {
  return join(folder, "gate.json");
}
