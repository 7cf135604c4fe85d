/**
 * How many of so many reads (the argument; 5,000 unless given) miss the write whose position they
 * name, which must be none, and how long they take, in ms.
 *
 * A mesh of real processes on this machine with two of stats and two of leaderboard, and 64 writers:
 * each writes a line, and reads it at once by its position from one of the readers in turn, be that a
 * box score, a player, a team, a rank or the gateway. Sixteen real games are uploaded meanwhile. Prints
 * one JSON line; exits with 1 if any read missed.
 */
import { readYourWrites } from "../test/integration/read-your-writes.fixture.ts";

const WRITERS = 64;

const { writes, misses, refused, reads, seconds, waitsMs, linesBeside } = await readYourWrites(
  Number(process.argv[2] ?? 5_000),
  WRITERS,
);
const at = (q: number) => Math.round(waitsMs[Math.floor(q * (waitsMs.length - 1))] ?? Number.NaN);
const rates = {
  writesPerSecond: Math.round(writes / seconds),
  linesPerSecondBeside: Math.round(linesBeside / seconds),
};
const found = {
  writes,
  misses: misses.length,
  refused,
  ...rates,
  median: at(0.5),
  p99: at(0.99),
  max: at(1),
};
for (const miss of misses.slice(0, 10)) console.error(miss);
console.log(
  JSON.stringify({ bench: "read-your-writes", unit: "ms", ...found, reads, node: process.version }),
);
process.exitCode = misses.length > 0 ? 1 : 0;
