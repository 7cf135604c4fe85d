import { expect, it } from "vitest";
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

it("P4: begins a term that no timeline before had, also where those of the last ones were lost", async () => {
  const pool = poolOn(await freshDatabase());
  const after = async (term: number, timeline: string) => {
    const text = "select journal_term_after($1, $2) as term";
    return (await pool.query<{ term: number }>(text, [term, timeline])).rows[0]?.term;
  };

  expect(await after(0, "00000001")).toBe(1);
  expect(await after(1, "00000003")).toBe(3);
  expect(await after(1, "0000000A")).toBe(10);
  expect(await after(7, "00000002")).toBe(8);
});
