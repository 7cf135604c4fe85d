import type pg from "pg";
import type { Slot } from "#domain/slots";
import type { Cursor } from "#stores/journal";
import type { StoreProgress } from "#stores/reads";

/** How far the archive has come in a slot. */
export type ArchiveCursor = Cursor & StoreProgress;

const CURSOR = `
  select c.end_offset, c.digest, c.recorded_at, j.id,
    array(
      select array[t.term, t.first_offset] from journal_term t
      where t.slot = c.slot and t.first_offset < c.end_offset
      order by t.term
    ) as terms
  from archive_cursor c cross join journal j
  where c.slot = $1`;

/** How far the archive has come in a slot; undefined when it has nothing of it. */
export async function archiveCursorIn(
  client: pg.PoolClient,
  slot: Slot,
): Promise<ArchiveCursor | undefined> {
  const statement = { name: "archive_cursor", text: CURSOR, values: [slot] };
  const { rows } = await client.query<StoredCursor>(statement);
  return rows[0] && cursorOf(rows[0]);
}

type StoredCursor = {
  end_offset: string;
  digest: Buffer;
  recorded_at: Date | number;
  id: string;
  terms: (string | number)[][];
};

function cursorOf(stored: StoredCursor): ArchiveCursor {
  return {
    endOffset: Number(stored.end_offset),
    digest: stored.digest.toString("hex"),
    journalId: stored.id.replaceAll("-", ""),
    recordedAt: stored.recorded_at instanceof Date ? stored.recorded_at.getTime() : 0,
    terms: stored.terms.map(([term, firstOffset]) => ({
      term: Number(term),
      firstOffset: Number(firstOffset),
    })),
  };
}
