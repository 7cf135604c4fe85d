import { setTimeout as delay } from "node:timers/promises";
import type { ServiceImpl } from "@connectrpc/connect";
import { type Slot, slotOf } from "#domain/slots";
import type { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { readAfter, sharedLooks } from "#runtime/positions";
import { deadlineOf, failure } from "#runtime/rpc";
import type { ArchiveReads } from "#stores/archive";
import type { HotFolds } from "#stores/hotstore";
import type { Journal } from "#stores/journal";
import { seasonAsked } from "#wire/seasons";
import type { Fold } from "./fold.ts";
import type { HotFold } from "./hot-fold.ts";
import { verify } from "./verify.ts";

/** How long a caller waits for its position, in ms: without a deadline of its own, and at most. */
const WAIT_MS_DEFAULT = 5_000;
const WAIT_MS_MAX = 25_000;

type Means = {
  readonly journal: Journal;
  readonly hot: HotFold;
  readonly archive: Fold;
  readonly hotStore: HotFolds;
  readonly archived: ArchiveReads;
};

/** How long a rebuild waits for one that is under way, and how often it looks, in ms. */
const REBUILD_WAIT_MS = 3_000;
const REBUILD_LOOK_MS = 50;

/** When to ask again whether a slot has been made, in ms. */
const REBUILD_RETRY_MS = 500;

/** The projector's RPCs. They read the stores, so any projector answers for all. */
export function projectorHandlers({
  journal,
  hot,
  archive,
  hotStore,
  archived,
}: Means): ServiceImpl<typeof ProjectorService> {
  async function progressIn(slot: Slot) {
    const [heads, terms, hotCursors, archiveCursors] = await Promise.all([
      journal.heads(),
      journal.terms(slot),
      hot.cursors([slot]),
      archive.cursors([slot]),
    ]);
    // Before anything is there, its place is before the beginning.
    const hotStoreOffset = Math.max(0, hotCursors[0]?.endOffset ?? 0);
    const archiveOffset = archiveCursors[0]?.endOffset ?? 0;
    return {
      ...{ headOffset: heads.get(slot)?.endOffset ?? 0, hotStoreOffset, archiveOffset },
      bothFolds: {
        journalId: await journal.id(),
        terms,
        endOffset: Math.min(hotStoreOffset, archiveOffset),
      },
    };
  }
  const looks = sharedLooks(async (slot) => (await progressIn(slot)).bothFolds);

  return {
    async getProgress({ season, readAfter: token }, context) {
      const slot = slotOf(seasonAsked(season));
      const deadline = deadlineOf(context, WAIT_MS_DEFAULT, WAIT_MS_MAX);
      const found = await readAfter(
        { readAfter: token, slot, deadline },
        () => progressIn(slot),
        ({ bothFolds }) => bothFolds,
        looks,
      );
      return {
        headOffset: BigInt(found.headOffset),
        hotStoreOffset: BigInt(found.hotStoreOffset),
        archiveOffset: BigInt(found.archiveOffset),
      };
    },

    async rebuildSeason({ season }) {
      const slot = slotOf(seasonAsked(season));
      let rebuilt = await hot.rebuild(slot);
      // Whoever is at it is done in a moment, but for a large season.
      const until = performance.now() + REBUILD_WAIT_MS;
      while (rebuilt === undefined && performance.now() < until) {
        await delay(REBUILD_LOOK_MS);
        rebuilt = await hot.rebuild(slot);
      }
      if (rebuilt === undefined) {
        throw failure("REBUILD_UNDER_WAY", `${slot} is being made again already.`, {
          metadata: { slot },
          retryAfterMs: REBUILD_RETRY_MS,
        });
      }
      return {
        archivedEntries: BigInt(rebuilt.archived),
        tailEntries: BigInt(rebuilt.tail),
        games: rebuilt.games,
        elapsedMs: rebuilt.milliseconds,
      };
    },

    async *verifySeason({ season }, context) {
      const slot = slotOf(seasonAsked(season));
      yield* verify({ journal, hot: hotStore, archive: archived }, slot, context.signal);
    },
  };
}
