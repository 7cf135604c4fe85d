import { randomBytes } from "node:crypto";
import { join } from "node:path";
import {
  create,
  fromJson,
  type JsonObject,
  type MessageInitShape,
  toJson,
} from "@bufbuild/protobuf";
import { type Season, SeasonSchema } from "#gen/courtside/game/v1/game_pb.ts";
import type { Disk } from "./spool/index.ts";

/** Which upload the lines of a spool belong to. Stands beside them in `upload.json`. */
export type Identity = {
  readonly source: string;
  /** Which of the source's machines or runs this is: random unless it was given. */
  readonly instance: string;
  readonly gameId: string;
  readonly season: Season | undefined;
  /** Number n of the spool is number n - base of the upload. */
  readonly base: number;
  /** Which owner of the game the upload is; 0 until the service said so. */
  readonly epoch: number;
  /** Set while the next connection is to take the game over. */
  readonly takeOver: TakeOver | undefined;
};

/** Why a game is to be taken over: for a hole, or because somebody wants it. */
export type TakeOver = { readonly hole?: Hole };

/** Consecutive numbers of an upload that the service asked for and nobody has any more. */
export type Hole = { readonly firstNumber: number; readonly lastNumber: number };

/** Who an uplink is to be. */
export type Who = {
  readonly source: string;
  readonly gameId: string;
  readonly season?: MessageInitShape<typeof SeasonSchema>;
  readonly instance?: string;
  /** True to take the game over now; "once" to do so if the folder is new. */
  readonly takeOver?: boolean | "once";
};

/** A folder holds the spool of another upload. */
export class OtherUpload extends Error {
  override readonly name = "OtherUpload";
}

const FORMAT = 1;

/** The identity that a folder holds; undefined if it has none yet. */
export async function readIdentity(disk: Disk, folder: string): Promise<Identity | undefined> {
  const bytes = await disk.readFile(fileIn(folder));
  if (bytes === undefined) return undefined;
  const { format, season, ...identity } = JSON.parse(bytes.toString());
  if (format !== FORMAT) throw new Error(`${fileIn(folder)} has format ${format}, not ${FORMAT}.`);
  return { ...identity, season: season && fromJson(SeasonSchema, season) };
}

/** Replaces it, durably. */
export function writeIdentity(disk: Disk, folder: string, identity: Identity): Promise<void> {
  const season = identity.season && (toJson(SeasonSchema, identity.season) as JsonObject);
  const text = JSON.stringify({ format: FORMAT, ...identity, season }, null, 2);
  return disk.replaceFile(fileIn(folder), Buffer.from(`${text}\n`));
}

/** The identity of an upload that begins. */
export function newIdentity({ source, gameId, season, instance, takeOver }: Who): Identity {
  return {
    ...{ source, gameId },
    instance: instance ?? randomBytes(12).toString("base64url"),
    season: season && create(SeasonSchema, season),
    base: 0,
    epoch: 0,
    takeOver: takeOver ? {} : undefined,
  };
}

/** Throws OtherUpload unless the folder's identity is that of whom it is opened for. */
export function expectSame(folder: string, found: Identity, who: Who): void {
  for (const field of ["source", "gameId", "instance"] as const) {
    if (who[field] === undefined || who[field] === found[field]) continue;
    throw new OtherUpload(
      `${folder} holds the upload with ${field} ${found[field]}, not ${who[field]}.`,
    );
  }
}

function fileIn(folder: string): string {
  return join(folder, "upload.json");
}
