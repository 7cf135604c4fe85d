import { journalInPostgres } from "#stores/journal";
import { journalSuite } from "../integration/journal.suite.ts";
import { AT_ONCE } from "./network.ts";
import { type Log, SimulatedPostgres } from "./postgres.ts";

journalSuite("in the simulation's Postgres", async () => {
  const postgres = new SimulatedPostgres("none");
  const harm = (slot: string, change: (rows: Log["rows"]) => Log["rows"]) => {
    const log = postgres.logOf(slot);
    postgres.database.harm(`head ${slot}`, { ...log, rows: change(log.rows) });
  };
  return {
    journal: journalInPostgres(postgres.poolOver(AT_ONCE)),
    other: journalInPostgres(postgres.poolOver(AT_ONCE)),
    async corrupt(slot, firstOffset) {
      harm(slot, (rows) =>
        rows.map((row) => {
          if (row.first_offset !== firstOffset) return row;
          const body = Buffer.from(row.body);
          body[10] = (body[10] ?? 0) ^ 1;
          return { ...row, body };
        }),
      );
    },
    async lose(slot, firstOffset) {
      harm(slot, (rows) => rows.filter((row) => row.first_offset !== firstOffset));
    },
  };
});
