import { slotOf } from "#domain/slots";
import { createLog } from "#runtime/log";
import { archiveReadsIn } from "#stores/archive";
import { encodeEntries, journalInPostgres } from "#stores/journal";
import { postgresPool } from "#stores/postgres";
import type { Fault } from "../fault.ts";
import { USUAL } from "./usual.ts";

const GAME = { league: "poisoned", gameId: "poison" };
const SLOT = slotOf({ league: GAME.league, season: "2023-24", type: "regular" });

/** Faults of what is recorded. */
export const OF_ENTRIES: readonly Fault[] = [
  {
    ...USUAL,
    name: "poison-entry",
    what: "an entry that no fold can take stands in the log of another season",
    lastsS: 5,
    // It stays there.
    spoils: true,
    inject: async ({ mesh }) => {
      const log = createLog("test", "silent");
      const url = mesh.stores.writerUrl;
      const pool = postgresPool({ url, connectionsMax: 1, log, name: "poison" });
      const journal = journalInPostgres(pool);
      const { gameId } = GAME;
      // Neither a line nor anything else.
      const body = encodeEntries([{ gameId, source: "nobody" }]);
      const fact = { kind: "facts", slot: SLOT, revision: 1, final: undefined } as const;
      await journal.append([{ ...GAME, ...fact, entries: 1, body }]);
      let head = 0;
      let archived = 0;
      return {
        target: SLOT,
        async heal() {
          head = (await journal.heads()).get(SLOT)?.endOffset ?? 0;
          archived = (await archiveReadsIn(pool).progress(SLOT)).cursor?.endOffset ?? 0;
          await pool.end();
        },
        isEvident: () => head === 1,
        complaints: () => (archived === 0 ? [] : ["the entry was skipped"]),
      };
    },
  },
];
