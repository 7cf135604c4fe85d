import type { Slot } from "#domain/slots";
import type { Log } from "#runtime/log";
import type { Recorded } from "#stores/archive";
import type { NewOwner } from "#stores/journal";

/** What an open upload is told from outside its stream. */
export type News =
  | { readonly news: "draining"; readonly returnAfterMs: number }
  | { readonly news: "fenced"; readonly epoch: number }
  | { readonly news: "folded"; readonly endOffset: number };

/** An upload as it is registered. */
export type Registered = {
  /** Asks to be told by "folded" how far the folds have come, until they have come this far. */
  awaitFolds(endOffset: number): void;
  /** Ends the registration. */
  leave(): void;
};

/** The uploads that are open in this process. */
export type OpenUploads = {
  enter(upload: Named, tell: (news: News) => void): Registered;
  /** Tells the former owner of a game. */
  takenOver(owner: NewOwner): void;
  /** Tells all that this process goes away, each another time to come back. */
  drain(): void;
  stop(): void;
};

type Named = NewOwner & { readonly slot: Slot };

/** How often the folds are asked how far they are, while anyone waits for them. */
const FOLDS_EVERY_MS = 100;

/** Keeps the uploads of a process. So many of them come back a second after a drain. */
export function openUploads(
  recorded: Pick<Recorded, "endOffsets">,
  returnsPerSecond: number,
  log: Log,
): OpenUploads {
  type Entry = Named & { readonly tell: (news: News) => void; awaited: number };
  const uploads = new Set<Entry>();
  const byGame = new Map<string, Set<Entry>>();
  const keyOf = ({ league, gameId }: Pick<Named, "league" | "gameId">) => `${league} ${gameId}`;
  let asking = false;

  async function askFolds(): Promise<void> {
    const waiting = [...uploads].filter(({ awaited }) => awaited > 0);
    if (asking || waiting.length === 0) return;
    asking = true;
    try {
      const ends = await recorded.endOffsets([...new Set(waiting.map(({ slot }) => slot))]);
      for (const upload of waiting) {
        const endOffset = ends.get(upload.slot) ?? 0;
        if (endOffset >= upload.awaited) upload.awaited = 0;
        upload.tell({ news: "folded", endOffset });
      }
    } catch (error) {
      log.debug({ err: error }, "how far the folds are is not known");
    } finally {
      asking = false;
    }
  }
  const timer = setInterval(() => void askFolds(), FOLDS_EVERY_MS);

  return {
    enter(named, tell) {
      const entry: Entry = { ...named, tell, awaited: 0 };
      const ofGame = byGame.get(keyOf(named)) ?? new Set();
      uploads.add(entry);
      byGame.set(keyOf(named), ofGame.add(entry));
      return {
        awaitFolds(endOffset) {
          entry.awaited = endOffset;
        },
        leave() {
          uploads.delete(entry);
          ofGame.delete(entry);
          if (ofGame.size === 0) byGame.delete(keyOf(named));
        },
      };
    },
    takenOver(owner) {
      for (const { epoch, tell } of byGame.get(keyOf(owner)) ?? []) {
        if (epoch < owner.epoch) tell({ news: "fenced", epoch: owner.epoch });
      }
    },
    drain() {
      let at = 0;
      for (const { tell } of uploads) {
        // A little off its slot each, so that clocks that tick alike do not meet.
        const returnAfterMs = Math.round((1_000 * (at + Math.random())) / returnsPerSecond);
        tell({ news: "draining", returnAfterMs });
        at += 1;
      }
      if (at > 0) log.info({ uploads: at, returnsPerSecond }, "told uploads when to come back");
    },
    stop: () => clearInterval(timer),
  };
}
