import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import { Outage } from "#runtime/outage";
import type { Position } from "#runtime/positions";
import { answeredFloors, type Floors } from "./floors.ts";
import type { Found, SeasonReads } from "./reads.ts";

/** The store that gave an answer. */
export type StoreName = "hot store" | "archive";

/** What was found, and where. */
export type FoundIn<Value> = Found<Value> & { readonly store: StoreName };

/** {@link SeasonReads} whose answers name their store. */
export type ReadsWithFallback = {
  readonly [Name in keyof SeasonReads]: SeasonReads[Name] extends (
    slot: Slot,
    ...args: infer Args
  ) => Promise<Found<infer Value>>
    ? (slot: Slot, ...args: Args) => Promise<FoundIn<Value>>
    : never;
};

/** {@link SeasonReads} of the archive alone. */
export function archiveOnly(archive: SeasonReads): ReadsWithFallback {
  const named =
    <Args extends unknown[], Value>(read: (slot: Slot, ...args: Args) => Promise<Found<Value>>) =>
    async (slot: Slot, ...args: Args): Promise<FoundIn<Value>> => ({
      ...(await read(slot, ...args)),
      store: "archive",
    });
  return {
    progress: named(archive.progress),
    game: named(archive.game),
    games: named(archive.games),
    players: named(archive.players),
    team: named(archive.team),
    totals: named(archive.totals),
    playerGames: named(archive.playerGames),
    teamGames: named(archive.teamGames),
    standings: named(archive.standings),
    standingsOf: named(archive.standingsOf),
    standingsAround: named(archive.standingsAround),
  };
}

/**
 * Reads from the hot store; from the archive while the hot store is out of reach, being made again, or
 * behind what this process had answered (`floors`) when the read began. Where the archive is behind that too, it
 * throws an Outage: rather no answer than numbers that shrink.
 */
export function withFallback(
  hot: SeasonReads,
  archive: SeasonReads,
  log: Log,
  floors: Floors = answeredFloors(),
): ReadsWithFallback {
  let degraded = false;

  async function fromHot<Value>(
    slot: Slot,
    floor: Position | undefined,
    read: () => Promise<Found<Value>>,
  ) {
    try {
      const found = await read();
      return found.cursor && floors.keeps(slot, floor, found.cursor) ? found : undefined;
    } catch (error) {
      if (error instanceof Outage) return undefined;
      throw error;
    }
  }

  async function first<Value>(
    slot: Slot,
    fromHotStore: () => Promise<Found<Value>>,
    fromArchive: () => Promise<Found<Value>>,
  ): Promise<FoundIn<Value>> {
    const floor = floors.of(slot);
    const found = await fromHot(slot, floor, fromHotStore);
    if (found !== undefined) {
      if (degraded) log.info({ slot }, "reading from the hot store again");
      degraded = false;
      return { ...found, store: "hot store" };
    }
    const archived = await fromArchive();
    if (archived.cursor !== undefined && !floors.keeps(slot, floor, archived.cursor)) {
      throw new Outage("hot store", { cause: new Error(`no store is up to date in ${slot}`) });
    }
    if (archived.cursor === undefined && floor !== undefined) {
      throw new Outage("archive", { cause: new Error(`no store knows ${slot}`) });
    }
    if (!degraded && archived.cursor !== undefined) {
      log.warn({ slot }, "reading from the archive: the hot store is away, behind or being made");
      degraded = true;
    }
    return { ...archived, store: "archive" };
  }

  const both =
    <Args extends unknown[], Value>(
      name: (reads: SeasonReads) => (slot: Slot, ...args: Args) => Promise<Found<Value>>,
    ) =>
    (slot: Slot, ...args: Args) =>
      first(
        slot,
        () => name(hot)(slot, ...args),
        () => name(archive)(slot, ...args),
      );
  return {
    progress: both((reads) => reads.progress),
    game: both((reads) => reads.game),
    games: both((reads) => reads.games),
    players: both((reads) => reads.players),
    team: both((reads) => reads.team),
    totals: both((reads) => reads.totals),
    playerGames: both((reads) => reads.playerGames),
    teamGames: both((reads) => reads.teamGames),
    standings: both((reads) => reads.standings),
    standingsOf: both((reads) => reads.standingsOf),
    standingsAround: both((reads) => reads.standingsAround),
  };
}
