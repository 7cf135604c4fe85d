import { describe, expect, it } from "vitest";
import { readYourWrites } from "./read-your-writes.fixture.ts";

const WRITES = 2_000;
const WRITERS = 64;

describe("a read that names a write's position", () => {
  it("P4: has what was written, whichever process it asks, while others upload", {
    timeout: 120_000,
  }, async () => {
    const { writes, misses, refused, reads, seconds, linesBeside } = await readYourWrites(
      WRITES,
      WRITERS,
    );

    console.log(
      `${writes} writes read in ${seconds.toFixed(1)} s, ${refused} refused, ${linesBeside} lines beside`,
    );
    expect(misses.slice(0, 5)).toEqual([]);
    expect(writes).toBeGreaterThanOrEqual(WRITES);
    expect(refused).toBeLessThan(WRITES / 100);
    expect(Object.keys(reads)).toHaveLength(12);
    expect(linesBeside).toBeGreaterThan(0);
  });
});
