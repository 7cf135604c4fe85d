/** Rows by key: what a watcher sees of a box score, of some seasons, of a board. */
export type Rows<Row> = ReadonlyMap<string, Row>;

/** What leads from one set of rows to the next. */
export type Changes<Row> = {
  /** The rows that are new or different, whole. */
  readonly upserts: Rows<Row>;
  /** The keys that are gone, in no order. */
  readonly removed: readonly string[];
};

/** The changes from `was` to `now`: none for rows that say the same. */
export function changesBetween<Row>(was: Rows<Row>, now: Rows<Row>): Changes<Row> {
  const upserts = new Map<string, Row>();
  for (const [key, row] of now) {
    if (!was.has(key) || !isSame(was.get(key), row)) upserts.set(key, row);
  }
  return { upserts, removed: [...was.keys()].filter((key) => !now.has(key)) };
}

/** The rows after the changes. */
export function applied<Row>(rows: Rows<Row>, { upserts, removed }: Changes<Row>): Rows<Row> {
  const after = new Map([...rows, ...upserts]);
  for (const key of removed) after.delete(key);
  return after;
}

/** Whether two sets of rows say the same. */
export function isSameRows(a: Rows<unknown>, b: Rows<unknown>): boolean {
  return isSame(a, b);
}

/**
 * Whether two values say the same: plain objects, arrays and maps by what is in them, all others by
 * Object.is. A field that is undefined is as good as absent.
 */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map) || a.size !== b.size) return false;
    for (const [key, value] of a) if (!b.has(key) || !isSame(value, b.get(key))) return false;
    return true;
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Fields;
  const right = b as Fields;
  for (const key in left) if (!isSame(left[key], right[key])) return false;
  for (const key in right) if (!(key in left) && right[key] !== undefined) return false;
  return true;
}

type Fields = Readonly<Record<string, unknown>>;
