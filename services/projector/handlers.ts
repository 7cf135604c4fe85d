import type { ServiceImpl } from "@connectrpc/connect";
import { slotOf } from "#domain/slots";
import type { ProjectorService } from "#gen/courtside/projector/v1/projector_service_pb.ts";
import { readAfter } from "#runtime/positions";
import { deadlineOf } from "#runtime/rpc";
import type { Journal } from "#stores/journal";
import { seasonAsked } from "#wire/seasons";
import type { Fold } from "./fold.ts";

/** How long a caller waits for its position, in ms: without a deadline of its own, and at most. */
const WAIT_MS_DEFAULT = 5_000;
const WAIT_MS_MAX = 25_000;

type Means = { readonly journal: Journal; readonly hot: Fold; readonly archive: Fold };

/** The projector's RPCs. They read the stores, so any projector answers for all. */
export function projectorHandlers({
  journal,
  hot,
  archive,
}: Means): ServiceImpl<typeof ProjectorService> {
  return {
    async getProgress({ season, readAfter: token }, context) {
      const slot = slotOf(seasonAsked(season));
      const deadline = deadlineOf(context, WAIT_MS_DEFAULT, WAIT_MS_MAX);
      const asked = { readAfter: token, slot, ...deadline };
      const read = async () => {
        const [heads, terms, hotCursors, archiveCursors] = await Promise.all([
          journal.heads(),
          journal.terms(slot),
          hot.cursors([slot]),
          archive.cursors([slot]),
        ]);
        return {
          terms,
          headOffset: heads.get(slot)?.endOffset ?? 0,
          hotStoreOffset: hotCursors[0]?.endOffset ?? 0,
          archiveOffset: archiveCursors[0]?.endOffset ?? 0,
        };
      };
      const journalId = await journal.id();
      const found = await readAfter(asked, read, ({ terms, hotStoreOffset, archiveOffset }) => ({
        journalId,
        terms,
        endOffset: Math.min(hotStoreOffset, archiveOffset),
      }));
      return {
        headOffset: BigInt(found.headOffset),
        hotStoreOffset: BigInt(found.hotStoreOffset),
        archiveOffset: BigInt(found.archiveOffset),
      };
    },
  };
}
