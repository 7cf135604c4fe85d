import { journalInPostgres } from "#stores/journal";
import { journalSuite } from "./journal.suite.ts";
import { freshDatabase, poolOn } from "./stores.fixture.ts";

const FLIP = `
  update journal_row set body = set_byte(body, 10, get_byte(body, 10) # 1)
  where slot = $1 and first_offset = $2`;

const LOSE = "delete from journal_row where slot = $1 and first_offset = $2";

journalSuite("in Postgres", async () => {
  const url = await freshDatabase();
  const pool = poolOn(url);
  return {
    journal: journalInPostgres(pool),
    other: journalInPostgres(poolOn(url)),
    async corrupt(slot, firstOffset) {
      await pool.query(FLIP, [slot, firstOffset]);
    },
    async lose(slot, firstOffset) {
      await pool.query(LOSE, [slot, firstOffset]);
    },
  };
});
