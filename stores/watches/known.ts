import type { Slot } from "#domain/slots";
import { Outage } from "#runtime/outage";
import type { Journal } from "#stores/journal";
import type { SeasonReads } from "#stores/reads";

/** Where something of a slot may be. */
type Places = {
  readonly hot: Pick<SeasonReads, "progress">;
  readonly archive: Pick<SeasonReads, "progress">;
  readonly journal: Pick<Journal, "terms">;
};

/**
 * Tells whether anything was ever recorded of a slot. The hot store says so in most cases; what it has
 * not, or cannot say, archive and journal decide. Where they cannot say it either, it may have been. Who asks
 * while another does is content with a yes, since watchers come in crowds.
 */
export function knownIn({ hot, archive, journal }: Places): (slot: Slot) => Promise<boolean> {
  const asking = new Map<Slot, Promise<boolean>>();

  async function isKnown(slot: Slot): Promise<boolean> {
    const asked = [
      { ask: async () => (await hot.progress(slot)).cursor !== undefined, ifAway: false },
      { ask: async () => (await archive.progress(slot)).cursor !== undefined, ifAway: true },
      { ask: async () => (await journal.terms(slot)).length > 0, ifAway: true },
    ];
    for (const { ask, ifAway } of asked) {
      if (await orIfAway(ask, ifAway)) return true;
    }
    return false;
  }

  return async (slot) => {
    // A no may be older than what was recorded just before this question.
    const others = asking.get(slot);
    if (others !== undefined && (await others)) return true;
    const own = isKnown(slot).finally(() => asking.delete(slot));
    asking.set(slot, own);
    return own;
  };
}

async function orIfAway(ask: () => Promise<boolean>, ifAway: boolean): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Outage) return ifAway;
    throw error;
  }
}
