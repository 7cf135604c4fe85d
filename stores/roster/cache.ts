import type { Log } from "#runtime/log";
import type { Names, Roster } from "./roster.ts";

/** The names as a process keeps them: at most half a second old while Postgres answers. */
export type RosterCache = {
  /** The names of a league; none for a league that has none. Never waits. */
  of(league: string): Names;
  stop(): void;
};

const NO_NAMES: Names = { version: 0, teams: new Map(), players: new Map() };

/** How often to ask whether names have changed. */
const LOOK_EVERY_MS = 500;

/**
 * Keeps all names in memory. Without Postgres it goes on with what it has, which may be nothing: names
 * are an ornament, and answers without them are still right.
 */
export async function rosterCache(roster: Roster, log: Log): Promise<RosterCache> {
  const leagues = new Map<string, Names>();
  let failing = false;

  async function refresh(): Promise<void> {
    try {
      for (const [league, version] of await roster.versions()) {
        if (leagues.get(league)?.version !== version)
          leagues.set(league, await roster.names(league));
      }
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, "names cannot be refreshed");
      failing = true;
    }
  }
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const loop = async () => {
    await refresh();
    if (!stopped) timer = setTimeout(loop, LOOK_EVERY_MS);
  };
  await loop();
  return {
    of: (league) => leagues.get(league) ?? NO_NAMES,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
