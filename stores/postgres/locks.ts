import type pg from "pg";
import { fewAtOnce } from "./few-at-once.ts";
import { asOutage } from "./pool.ts";

const TRY_LOCK = "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked";
const UNLOCK = "select pg_advisory_unlock(hashtextextended($1, 0))";

const alone = fewAtOnce();

/**
 * Does the work while no other process does work of the same name; returns undefined without doing it
 * when one does. It saves work and no more: who must be alone for safety compares and sets. The lock is a
 * connection's: of one pool, two are held at a time.
 */
export function whileAlone<Result>(
  pool: pg.Pool,
  name: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  return alone(pool, () => holdingLock(pool, name, work));
}

async function holdingLock<Result>(
  pool: pg.Pool,
  name: string,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw asOutage(error);
  }
  let left = true;
  try {
    const { rows } = await client.query<{ locked: boolean }>(TRY_LOCK, [name]);
    if (!rows[0]?.locked) {
      left = false;
      return undefined;
    }
    const result = await work();
    await client.query(UNLOCK, [name]);
    left = false;
    return result;
  } catch (error) {
    throw asOutage(error);
  } finally {
    // A session that ends lets go of its locks, whatever state it is in.
    client.release(left);
  }
}
