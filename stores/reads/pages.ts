import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { MomentSchema } from "#gen/courtside/read/v1/moment_pb.ts";
import { badRequest, failure, reasonOf } from "#runtime/rpc";
import type { Answered, When } from "./answered.ts";

/** Where a page begins, and in what. */
export type Place = {
  /** What all pages of the list are of, such as a position. */
  readonly pin: string;
  /** The 0-based place of its first row in the whole list. */
  readonly from: number;
};

/** Names a list by all that decides which rows it has in which order: another name is another list. */
export function listNamed(...asked: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url").slice(0, 8);
}

/**
 * Where the page of a token begins; undefined for the first page. Throws INVALID_ARGUMENT for a token
 * that is none, or that of another list.
 */
export function placeAsked(pageToken: string, list: string): Place | undefined {
  if (pageToken === "") return undefined;
  const [pin, from, of] = partsOf(pageToken);
  if (typeof pin !== "string" || !Number.isSafeInteger(from) || Number(from) < 1) {
    throw wrongToken("Pass next_page_token as it was returned.");
  }
  if (of !== list) throw wrongToken("Pass it with the same fields as the page before.");
  return { pin, from: Number(from) };
}

/** So many rows of a list from a place on, and the token of the next page; empty on the last one. */
export function pageOf<Row>(
  rows: readonly Row[],
  { pin, from }: Place,
  size: number,
  list: string,
): { readonly rows: readonly Row[]; readonly nextPageToken: string } {
  const next = from + size;
  const token = Buffer.from(JSON.stringify([pin, next, list])).toString("base64url");
  return { rows: rows.slice(from, next), nextPageToken: next < rows.length ? token : "" };
}

/**
 * Reads what a page is of: for the first one what was asked for, for others what the first one was of,
 * from the archive's history where the season has moved on. Throws PAGE_EXPIRED when the journal has
 * lost that.
 */
export async function readPinned<Value>(
  place: Place | undefined,
  when: When,
  read: (when: When) => Promise<Answered<Value>>,
): Promise<Answered<Value>> {
  if (place === undefined) return read(when);
  const { pin } = place;
  try {
    if (when.asOf === undefined) {
      const present = await read({ readAfter: pin });
      if (present.from.position === pin) return present;
    }
    const { happenedTime, knownTime } = when.asOf ?? {};
    const asOf = create(MomentSchema, { happenedTime, knownTime, position: pin });
    return await read({ readAfter: "", asOf });
  } catch (error) {
    if (reasonOf(error).reason !== "POSITION_LOST") throw error;
    throw pageExpired("The journal no longer holds what the first page was of.");
  }
}

/** The failure of a page of what is not there any more. */
export function pageExpired(why: string) {
  return failure("PAGE_EXPIRED", `${why} List again from the first page.`);
}

function partsOf(pageToken: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(pageToken, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function wrongToken(description: string) {
  return badRequest([{ field: "page_token", description }]);
}
