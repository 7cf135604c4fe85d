import type pg from "pg";
import type { Slot } from "#domain/slots";
import { asOutage } from "#stores/postgres";

/** The channel that tells which logs have grown. */
export const CHANNEL = "courtside_journal";

/** The channel that tells which games have been taken over. */
export const OWNERS = "courtside_owners";

/** A wake is sent at once, and then at most so often, in ms: under load the folds begin less often. */
const NOTIFY_EVERY_MS = 25;

/** Postgres refuses a payload of 8,000 bytes; more names than fit are sent as "any". */
const PAYLOAD_BYTES_MAX = 7_000;

const NOTIFY = "select pg_notify($1, $2)";

/**
 * Tells readers which logs have grown, in a transaction of its own after the commit: inside the
 * append, NOTIFY would serialise all commits through the wait for the standby.
 */
export function notifier(pool: pg.Pool): (slots: readonly Slot[]) => void {
  const grown = new Set<Slot>();
  let sent = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  async function send(): Promise<void> {
    sent = performance.now();
    const payload = JSON.stringify([...grown]);
    grown.clear();
    const text = payload.length > PAYLOAD_BYTES_MAX ? "" : payload;
    try {
      await pool.query({ name: "journal_notify", text: NOTIFY, values: [CHANNEL, text] });
    } catch {
      // A wake that is lost costs a reader one polling interval.
    }
    timer = undefined;
    if (grown.size > 0) schedule();
  }
  function schedule(): void {
    if (timer !== undefined) return;
    const early = sent + NOTIFY_EVERY_MS - performance.now();
    timer = setTimeout(() => void send(), Math.max(0, early));
  }
  return (slots) => {
    for (const slot of slots) grown.add(slot);
    if (grown.size > 0) schedule();
  };
}

/**
 * Listens on one connection of the pool until stopped, and gives what is told as JSON. A lost connection
 * is opened again after a second; every new one tells undefined, as something may have been missed.
 */
export async function watchIn<Told>(
  pool: pg.Pool,
  channel: string,
  wake: (told: Told | undefined) => void,
): Promise<{ stop(): Promise<void> }> {
  let client: pg.PoolClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = false;

  async function listen(): Promise<void> {
    const fresh = await pool.connect();
    if (stopped) return fresh.release(true);
    client = fresh;
    const again = () => {
      if (client !== fresh) return;
      client = undefined;
      fresh.release(true);
      if (!stopped) later();
    };
    fresh.on("error", again);
    fresh.on("end", again);
    fresh.on("notification", ({ payload }) => wake(payload ? JSON.parse(payload) : undefined));
    try {
      await fresh.query(`listen ${channel}`);
    } catch (error) {
      client = undefined;
      fresh.release(true);
      throw error;
    }
    wake(undefined);
  }
  function later(): void {
    retry = setTimeout(() => void listen().catch(later), 1_000);
  }

  try {
    await listen();
  } catch (error) {
    throw asOutage(error);
  }
  return {
    async stop() {
      stopped = true;
      clearTimeout(retry);
      const last = client;
      client = undefined;
      last?.release(true);
    },
  };
}
