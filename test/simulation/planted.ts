import { setTimeout as delay } from "node:timers/promises";
import { BEGINNING, headsOf, type Journal, type JournalRow } from "#stores/journal";
import { answers } from "#stores/redis";
import { queueOf, type UploadResponse } from "../../client/in-process.fixture.ts";
import type { ReadRow } from "../../services/projector/entries.ts";
import { cursorText } from "../../stores/hotstore/cursor.ts";
import { buildingKey, cursorKey } from "../../stores/hotstore/keys.ts";
import { writesOf } from "../../stores/hotstore/writes.ts";
import type { Check } from "./checks.ts";
import { planOfSeed } from "./shrink.ts";
import { simulate, type Variant } from "./world.ts";

/** A bug that the design is there to avoid, put in the place of the real thing. */
export type Planted = {
  readonly bug: string;
  /** How the checks begin that may find it. */
  readonly foundBy: readonly string[];
  readonly variant: Variant;
};

/** The checks that see a store that is not what the journal says, whichever comes first. */
const OF_STORES = ["I2", "I5"];

/** Rows that are seen so long after those behind them, in ms. */
const LATE_MS = 30;

export const PLANTED: readonly Planted[] = [
  {
    bug: "a duplicate is acknowledged without a fence",
    foundBy: ["I1"],
    variant: { postgres: { repeatsUnfenced: true } },
  },
  {
    bug: "the number expected next is read without a fence",
    foundBy: ["I1"],
    variant: { postgres: { opensUnfenced: true } },
  },
  {
    bug: "notice 01000 is taken for success",
    foundBy: ["I1"],
    variant: { postgres: { hidesNotices: true } },
  },
  {
    bug: "the ack is sent before the commit",
    foundBy: ["I1"],
    variant: { postgres: { answersEarly: true } },
  },
  {
    bug: "a former epoch is taken after a take-over",
    foundBy: ["I4"],
    variant: { postgres: { takesFormerEpochs: true } },
  },
  {
    bug: "terms are counted, not named after timelines",
    foundBy: ["I7"],
    variant: { postgres: { countsTerms: true } },
  },
  {
    bug: "rows are read behind the last one seen, over gaps",
    foundBy: OF_STORES,
    variant: { journal: (journal, time) => overGaps(journal, time.now) },
  },
  {
    bug: "a cursor is an offset without a digest",
    foundBy: [...OF_STORES, "I10"],
    variant: { journal: withoutDigests },
  },
  {
    bug: "the newest line is that of the highest clock",
    foundBy: OF_STORES,
    variant: { journal: byTheClock },
  },
  {
    bug: "the archive takes what the journal has lost",
    foundBy: ["I10"],
    variant: { archive: { trustsItsReader: true } },
  },
  {
    bug: "the fold writes without comparing the cursor",
    foundBy: OF_STORES,
    variant: { redis: { comparesCursor: false } },
  },
  {
    bug: "the fold adds increments",
    foundBy: OF_STORES,
    variant: {
      hot: (hot, redis) => ({
        ...hot,
        async move({ slot, building }, from, to) {
          const key = building === undefined ? cursorKey(slot) : buildingKey(slot, building);
          const pipeline = redis.pipeline();
          for (const { key, command, args } of writesOf(slot, to.cursor, from.state, to.state)) {
            if (command !== "ZADD") pipeline.call(command, key, ...args);
            else
              for (let at = 0; at < args.length; at += 2) {
                const member = args[at + 1]!;
                const statistic = key.split(":").at(-1) as "points";
                const was = from.state.seasons.players.get(member)?.all.totals[statistic] ?? 0;
                pipeline.zincrby(key, Number(args[at]) + was, member);
              }
          }
          await answers(pipeline.set(key, cursorText(to.cursor)).exec());
          return undefined;
        },
      }),
    },
  },
  {
    bug: "a slot is read while it is made again",
    foundBy: OF_STORES,
    variant: {
      hot: (hot, redis) => ({
        ...hot,
        async build(slot, cursor, parts) {
          await redis.set(cursorKey(slot), cursorText(cursor));
          await delay(10);
          return hot.build(slot, cursor, parts);
        },
      }),
    },
  },
  {
    bug: "a game changes and keeps its version",
    foundBy: ["I5", "I6"],
    variant: { redis: { movesVersions: false } },
  },
  {
    bug: "acks queue up for a sender who does not read",
    foundBy: ["I9"],
    variant: { answers: queued },
  },
];

/** Some rows are committed a little later than rows behind them, and are passed over. */
function overGaps(journal: Journal, now: () => number): Journal {
  const seenAt = new Map<string, number>();
  const isSeen = ({ digest }: JournalRow) => {
    const at = seenAt.get(digest) ?? now();
    seenAt.set(digest, at);
    return digest.charCodeAt(0) % 4 > 0 || now() - at > LATE_MS;
  };
  return {
    ...journal,
    read: async (...asked) => (await journal.read(...asked)).filter(isSeen),
  };
}

function withoutDigests(journal: Journal): Journal {
  return {
    ...journal,
    async read(slot, { endOffset }, entriesMax) {
      const rows = await journal.read(slot, BEGINNING, 1_000_000);
      const next = rows.filter((row) => row.firstOffset >= endOffset);
      return next.filter((row) => row.firstOffset < endOffset + Math.max(entriesMax, 500));
    },
  };
}

function byTheClock(journal: Journal): Journal {
  const newest = new Map<string, number>();
  return {
    ...journal,
    async read(...asked) {
      const rows: ReadRow[] = await journal.read(...asked);
      for (const row of rows) {
        row.heads = headsOf(row).map((head) => {
          const line = `${head.gameId} ${head.subjectId}`;
          const isOld = (head.happenedAt ?? Number.POSITIVE_INFINITY) < (newest.get(line) ?? 0);
          if (!isOld) newest.set(line, head.happenedAt ?? 0);
          return isOld ? { ...head, kind: "quarantined" as const } : head;
        });
      }
      return rows;
    },
  };
}

async function* queued(answers: AsyncIterable<UploadResponse>) {
  const queue = queueOf<UploadResponse>();
  (async () => {
    for await (const answer of answers) queue.push(answer);
    queue.end();
  })().catch(queue.fail);
  yield* queue.items();
}

/** How a planted bug was found. */
export type Found = {
  readonly bug: string;
  readonly by: Check | undefined;
  readonly seed: number;
  readonly steps: number;
  /** Whether a check found it that is there for it. */
  readonly isRight: boolean;
};

/** Runs the seeds until one finds the bug. */
export async function find({ bug, foundBy, variant }: Planted, seedsMax: number): Promise<Found> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violation, steps } = await simulate(await planOfSeed(seed), variant);
    if (violation === undefined) continue;
    const isRight = foundBy.some((check) => violation.check.startsWith(`${check} `));
    return { bug, by: violation.check, seed, steps, isRight };
  }
  return { bug, by: undefined, seed: seedsMax, steps: 0, isRight: false };
}
